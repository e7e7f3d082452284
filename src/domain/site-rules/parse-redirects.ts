/** Reads `_redirects`: `from to [status]` a line, as Netlify and Cloudflare Pages have it. */
import { limits } from '../limits.ts'
import { matchesPath, parsePath } from './path-pattern.ts'
import { parseTarget } from './redirect-target.ts'
import { quote, readLines, RuleMistake, type RuleProblem } from './rule-lines.ts'
import type { PathPattern, RedirectRule, RedirectStatus } from './site-rules.ts'

export interface ParsedRedirects {
  readonly rules: readonly RedirectRule[]
  /** `/* /index.html 200` stands there, by which paths without a file show the first page. */
  readonly hasSpaFallback: boolean
  /** In the order of the lines. Where there are any, the rules are not all that the file says. */
  readonly problems: readonly RuleProblem[]
}

const statuses: readonly RedirectStatus[] = [301, 302, 303, 307, 308]

/** Throws nothing, whatever the text is. */
export function parseRedirects(text: string): ParsedRedirects {
  const rules: RedirectRule[] = []
  const lineOf = new Map<string, number>()
  let hasSpaFallback = false
  const problems = readLines(text, (line, number) => {
    const words = splitWords(line)
    if (words.join(' ') === '/* /index.html 200') {
      hasSpaFallback = true
      return
    }
    const rule = parseRule(words)
    const key = keyOf(rule.from)
    const earlier = lineOf.get(key)
    if (earlier !== undefined) {
      throw new RuleMistake(`line ${earlier} says already where ${quote(words[0] ?? '')} leads`)
    }
    if (rules.length === limits.redirectRulesMax) {
      throw new RuleMistake(`there are more than ${limits.redirectRulesMax} redirects`)
    }
    lineOf.set(key, number)
    rules.push(rule)
  })
  return { rules, hasSpaFallback, problems }
}

/** What follows a `#` is a comment, unless it is part of a word. */
function splitWords(line: string): readonly string[] {
  const words = line.trim().split(/[ \t]+/)
  const comment = words.findIndex((word) => word.startsWith('#'))
  return comment === -1 ? words : words.slice(0, comment)
}

function parseRule([from, to, status = '301', ...conditions]: readonly string[]): RedirectRule {
  if (from === undefined || to === undefined) {
    throw new RuleMistake('a redirect is "from to", or "from to status", as in "/old /new 302"')
  }
  if (/^[^/]*=/.test(to)) {
    throw new RuleMistake(
      `${quote(to)} asks for a part of the query, which is not compared; a redirect depends on the path only`,
    )
  }
  const path = parsePath(from)
  refuseWellKnown(path, from)
  const target = { from: path, to: parseTarget(to, path), ...parseStatus(status) }
  if (conditions.length > 0) {
    throw new RuleMistake(
      `${quote(conditions.join(' '))} is a condition, and there are none; a redirect is for everybody`,
    )
  }
  refuseCircle(target, to)
  return target
}

function refuseWellKnown([first]: PathPattern, from: string): void {
  if (first?.kind !== 'text' || !/^\/\.well-known(?:\/|$)/.test(first.text)) return
  throw new RuleMistake(`${quote(from)} is never redirected: certificates depend on /.well-known/`)
}

function parseStatus(text: string): Pick<RedirectRule, 'status' | 'isForced'> {
  const isForced = text.endsWith('!')
  const status = statuses.find((known) => String(known) === (isForced ? text.slice(0, -1) : text))
  if (status !== undefined) return { status, isForced }
  throw new RuleMistake(
    `${quote(text)} ${explainStatus(text)}; one of ${statuses.join(', ')} can stand there, and "!" after it`,
  )
}

function explainStatus(text: string): string {
  if (/^200!?$/.test(text)) {
    return 'would show one path at another, which only "/* /index.html 200" can, and /api/ leads to the backend by itself'
  }
  if (/^404!?$/.test(text)) return 'is what a path without a file has already, with your /404.html'
  return 'is no status of a redirect'
}

/** One that leads to where it was met would never end. Without `!` a file may be there to end it. */
function refuseCircle({ from, isForced }: RedirectRule, to: string): void {
  const path = /^\/[^?#]*/.exec(to)?.[0]
  const isMetAlways = isForced || from.length === 1
  if (path === undefined || !isMetAlways || !matchesPath(from, path)) return
  throw new RuleMistake(`it leads to itself: ${quote(to)} is redirected again`)
}

/** Equal where the same paths are met, whatever the placeholders are called. */
function keyOf(from: PathPattern): string {
  return JSON.stringify(from.map((piece) => (piece.kind === 'text' ? piece.text : [piece.kind])))
}
