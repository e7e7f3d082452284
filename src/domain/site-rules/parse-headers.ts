/**
 * Reads `_headers`: a path at the margin, and indented below it a header a line, as Netlify and
 * Cloudflare Pages have it. `! Name` takes one away.
 */
import { limits } from '../limits.ts'
import { parseHeaderName } from './header-names.ts'
import { parsePath } from './path-pattern.ts'
import { quote, readLines, RuleMistake, type RuleProblem } from './rule-lines.ts'
import type { HeaderRule, HeaderValue, PathPattern } from './site-rules.ts'

export interface ParsedHeaders {
  readonly rules: readonly HeaderRule[]
  /** In the order of the lines. Where there are any, the rules are not all that the file says. */
  readonly problems: readonly RuleProblem[]
}

/** A path, and what is below it so far. */
interface Block {
  readonly line: number
  /** Null for one that is a mistake. What is below it is looked at all the same. */
  path: PathPattern | null
  lines: number
  readonly set: HeaderValue[]
  readonly unset: string[]
}

/** Throws nothing, whatever the text is. */
export function parseHeaders(text: string): ParsedHeaders {
  const blocks: Block[] = []
  const names = new Set<string>()
  const problems = readLines(text, (line, number) => {
    if (/^[ \t]/.test(line)) addHeader(blocks.at(-1), names, line.trim())
    else openBlock(blocks, line, number)
  })
  const empty = blocks
    .filter(({ path, lines }) => path !== null && lines === 0)
    .map(({ line }): RuleProblem => {
      return { line, detail: 'no header is below this path; "Name: value" follows it, indented' }
    })
  return {
    rules: blocks.flatMap(toRule),
    problems: [...problems, ...empty].toSorted((one, other) => one.line - other.line),
  }
}

function openBlock(blocks: Block[], line: string, number: number): void {
  if (/^(?:!|[A-Za-z0-9-]+:(?!\/\/))/.test(line)) {
    throw new RuleMistake('a header is indented, below the path that it is for')
  }
  const block: Block = { line: number, path: null, lines: 0, set: [], unset: [] }
  blocks.push(block)
  if (blocks.length > limits.headerRulesMax) {
    throw new RuleMistake(`there are more than ${limits.headerRulesMax} paths`)
  }
  block.path = parsePath(line)
}

function addHeader(block: Block | undefined, names: Set<string>, line: string): void {
  if (block === undefined) throw new RuleMistake('a path comes first, at the margin, as "/*"')
  block.lines += 1
  const isTakenAway = line.startsWith('!')
  const colon = isTakenAway ? line.length : line.indexOf(':')
  if (colon === -1) {
    throw new RuleMistake(
      `${quote(line)} is neither "Name: value" nor "! Name"; a path has no space in front`,
    )
  }
  const name = parseHeaderName(line.slice(isTakenAway ? 1 : 0, colon).trim())
  if (block.unset.includes(name) || block.set.some((known) => known.name === name)) {
    throw new RuleMistake(`${name} is below this path twice; join its values by a comma`)
  }
  if (names.size === limits.headerNamesMax && !names.has(name)) {
    throw new RuleMistake(`there are more than ${limits.headerNamesMax} different headers`)
  }
  names.add(name)
  if (isTakenAway) block.unset.push(name)
  else block.set.push({ name, value: parseValue(name, line.slice(colon + 1).trim()) })
}

function parseValue(name: string, value: string): string {
  const lengthMax = limits.headerValueLengthMax
  const problem =
    value === ''
      ? `is empty; "! ${name}" takes it away`
      : value.length > lengthMax
        ? `has more than ${lengthMax} characters`
        : value.includes('$')
          ? 'holds "$", which nginx can not send'
          : /^[ -~]+$/.test(value)
            ? null
            : 'holds a character that is not visible ASCII'
  if (problem !== null) throw new RuleMistake(`the value of ${name} ${problem}`)
  return value
}

function toRule({ path, set, unset }: Block): readonly HeaderRule[] {
  return path === null || set.length + unset.length === 0 ? [] : [{ path, set, unset }]
}
