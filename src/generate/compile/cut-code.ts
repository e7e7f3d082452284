/**
 * Finds where bundled code names other files, by the parser of the language: texts of users may hold
 * anything, also what looks like an import.
 */
import { parseSync } from 'rolldown/utils'

export interface CutCode {
  /** The code in order; between the texts stands what depends on other files. */
  readonly pieces: readonly (string | Address)[]
}

export type Address =
  /** A whole statement that imports from a package, or from the kit as if it was one. */
  | { readonly kind: 'package'; readonly specifier: string; readonly names: readonly ImportName[] }
  /** A whole expression that imports a page when it is needed. */
  | { readonly kind: 'page'; readonly path: string }

export interface ImportName {
  /** `default` for the default. */
  readonly imported: string
  readonly local: string
}

/** What stands before the path of a page, so that it can be told from a package. */
export const pagePrefix = '#page/'

/** Throws where the code can't be read, or names a file in a way that templates must not. */
export function cutAtAddresses(path: string, code: string): CutCode {
  const { module, errors } = parseSync(`${path}.js`, code)
  const [error] = errors
  if (error !== undefined) throw new Error(`${path}: ${error.message}`)
  if (module.importMetas.length > 0) throw new Error(`${path}: import.meta is left in the code`)
  for (const { entries } of module.staticExports) refuseExportedPackage(path, entries)
  const file = { path, code }
  const cuts = [
    ...module.staticImports.map((found) => cutImport(found, file)),
    ...module.dynamicImports.map((found) => cutPage(found, file)),
  ]
  return { pieces: cut(code, cuts) }
}

interface File {
  readonly path: string
  readonly code: string
}

interface Cut {
  readonly start: number
  readonly end: number
  /** Null where the statement is left out. */
  readonly address: Address | null
}

function cut(code: string, cuts: readonly Cut[]): readonly (string | Address)[] {
  const inOrder = cuts.toSorted((one, other) => one.start - other.start)
  const pieces: (string | Address)[] = []
  let end = 0
  for (const next of inOrder) {
    pieces.push(code.slice(end, next.start))
    if (next.address !== null) pieces.push(next.address)
    end = next.end
  }
  return [...pieces, code.slice(end)]
}

type Module = ReturnType<typeof parseSync>['module']

function cutImport(found: Module['staticImports'][number], { path }: File): Cut {
  const { start, end, moduleRequest, entries } = found
  const specifier = moduleRequest.value
  // Style sheets are in the page.
  if (entries.length === 0 && specifier.endsWith('.css')) return { start, end, address: null }
  const names = entries.map(({ importName, localName }) => {
    const imported = importName.kind === 'Default' ? 'default' : importName.name
    if (imported === null) throw new Error(`${path}: imports all of "${specifier}" as one`)
    return { imported, local: localName.value }
  })
  return { start, end, address: { kind: 'package', specifier, names } }
}

function cutPage(found: Module['dynamicImports'][number], { path, code }: File): Cut {
  const request = code.slice(found.moduleRequest.start, found.moduleRequest.end)
  const specifier = /^(["'`])([^"'`\\$]*)\1$/.exec(request)?.[2]
  if (specifier?.startsWith(pagePrefix) !== true) {
    throw new Error(`${path}: imports what is no page when it runs`)
  }
  const address = { kind: 'page', path: specifier.slice(pagePrefix.length) } as const
  return { start: found.start, end: found.end, address }
}

function refuseExportedPackage(
  path: string,
  entries: Module['staticExports'][number]['entries'],
): void {
  const [request] = entries.flatMap(({ moduleRequest }) => moduleRequest ?? [])
  if (request !== undefined) throw new Error(`${path}: exports what is in "${request.value}"`)
}
