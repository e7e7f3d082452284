/** Names of a project's own variables, and how their values are kept out of what people read. */
import { SlipwayError } from './errors.ts'

declare const brand: unique symbol
/** An upper-case name that is none of Slipway's, the sandbox's or the tools' own. */
export type VariableName = string & { readonly [brand]: 'VariableName' }

/** What a build is given by Slipway, or what would change the tools themselves. */
export const reservedVariables = [
  'SLIPWAY_*',
  'NPM_CONFIG_*',
  'LD_*',
  'PATH',
  'HOME',
  'TMPDIR',
  'LANG',
  'CI',
  'NODE_ENV',
  'NODE_OPTIONS',
  'NODE_PATH',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
] as const

/** Throws `variable_name_invalid` or `variable_name_reserved`. */
export function parseVariableName(text: string): VariableName {
  if (!/^[A-Z_][A-Z0-9_]{0,254}$/.test(text)) {
    throw new SlipwayError('variable_name_invalid', { name: text.slice(0, 80) })
  }
  const isReserved = reservedVariables.some((name) =>
    name.endsWith('*') ? text.startsWith(name.slice(0, -1)) : text === name,
  )
  if (isReserved) throw new SlipwayError('variable_name_reserved', { name: text })
  return text as VariableName
}

const hidden = '[hidden]'
/** What is shorter stands in every text, and hiding it would tell what it is. */
const lengthMin = 4

/**
 * Hides the values in any line, the longest first; of a value of several lines, each of its lines.
 * Where a line was cut, so is a value at its end: its beginning is hidden too.
 */
export function createMask(values: readonly string[]): (line: string) => string {
  const lines = values.flatMap((value) => [value, ...value.split(/\r\n|\n|\r/)])
  const parts = [...new Set([...lines, ...lines.map(showControls)])]
    .filter(({ length }) => length >= lengthMin)
    .toSorted((a, b) => b.length - a.length)
  if (parts.length === 0) return (line) => line
  return (line) => {
    const masked = parts.reduce((text, part) => text.replaceAll(part, hidden), line)
    return masked.endsWith('…') ? hideBeginning(masked, parts) : masked
  }
}

/** As a line of a log shows it. */
function showControls(text: string): string {
  return text.replaceAll('\t', '    ').replace(/\p{Cc}/gu, '')
}

function hideBeginning(line: string, parts: readonly string[]): string {
  const text = line.slice(0, -1)
  const starts = parts.flatMap((part) => {
    const found: number[] = []
    const head = part.slice(0, lengthMin)
    for (let at = text.indexOf(head); at >= 0; at = text.indexOf(head, at + 1)) {
      if (part.startsWith(text.slice(at))) found.push(at)
    }
    return found
  })
  return starts.length === 0 ? line : `${text.slice(0, Math.min(...starts))}${hidden}…`
}
