/** What stands in generated code, read by a parser and not by expressions. */
import { parseSync, Visitor } from 'rolldown/utils'

export interface Code {
  /** What it imports, in whatever way. */
  readonly imports: readonly string[]
  /** The values of its strings, imports aside. */
  readonly strings: readonly string[]
  /** The text without the inside of its strings. */
  readonly bare: string
}

/** Throws where it is no code. */
export function readCode(path: string, text: string): Code {
  const { program, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${JSON.stringify(errors)}`)
  const imports: string[] = []
  const strings: { readonly value: string; readonly start: number; readonly end: number }[] = []
  const addImport = ({ source }: { readonly source: unknown }): void => {
    if (isText(source)) imports.push(source.value)
  }
  new Visitor({
    ImportDeclaration: addImport,
    ExportAllDeclaration: addImport,
    ExportNamedDeclaration: addImport,
    ImportExpression: addImport,
    Literal: (node) => {
      if (isText(node)) strings.push(node)
    },
  }).visit(program)
  const bare = strings
    .toSorted((one, other) => other.start - one.start)
    .reduce((rest, { start, end }) => `${rest.slice(0, start)}''${rest.slice(end)}`, text)
  return { imports, strings: strings.map(({ value }) => value), bare }
}

interface Text {
  readonly value: string
  readonly start: number
  readonly end: number
}

function isText(node: unknown): node is Text {
  return (
    typeof node === 'object' && node !== null && 'value' in node && typeof node.value === 'string'
  )
}
