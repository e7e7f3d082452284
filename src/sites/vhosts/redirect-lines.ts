/**
 * Redirects of a project as the entries of a map, which is looked at for what would be answered
 * with 404 only, unless a redirect goes before the files. (An `if` for each would be eight times as
 * large in memory, and looked at for every request.)
 */
import type {
  RedirectRule,
  RedirectStatus,
  RedirectTarget,
} from '../../domain/site-rules/site-rules.ts'
import { captureOf, captureSent, matchDecoded } from './match-path.ts'
import { quotePattern, quoteWord, type WordPiece } from './nginx-text.ts'

/** Rules, and the word by which `$slipway_rules` says that they are those of the request. */
export interface RedirectVariant {
  readonly id: number
  readonly redirects: readonly RedirectRule[]
}

export interface RedirectLines {
  /** The first that matches counts. What is looked at has the path as it was sent, and decoded. */
  readonly entries: readonly string[]
  /** Those that occur, in order. */
  readonly statuses: readonly RedirectStatus[]
  readonly hasForced: boolean
}

export function renderRedirects(variants: readonly RedirectVariant[]): RedirectLines {
  const rules = variants.flatMap(({ redirects }) => redirects)
  return {
    entries: variants.flatMap(({ id, redirects }) =>
      redirects.map((rule) => renderEntry(id, rule)),
    ),
    statuses: [...new Set(rules.map(({ status }) => status))].toSorted((a, b) => a - b),
    hasForced: rules.some(({ isForced }) => isForced),
  }
}

function renderEntry(id: number, rule: RedirectRule): string {
  const { from, to, status, isForced } = rule
  const takesPart = to.some(({ kind }) => kind !== 'text')
  const restIsNeeded = hasOpenBeginning(to)
  const sent = takesPart ? captureSent(from, { restIsNeeded }) : '[^ ]*'
  const source = `(?s)^${id} ${sent} ${matchDecoded(from)}\\z`
  const target = to.map((piece): string | WordPiece =>
    piece.kind === 'text' ? piece.text : { variable: captureOf(from, piece) },
  )
  const hasQuery = to.some((piece) => piece.kind === 'text' && /[?#]/.test(piece.text))
  const query: readonly WordPiece[] = hasQuery
    ? []
    : [{ variable: 'is_args' }, { variable: 'args' }]
  const value = quoteWord(`${status}${isForced ? '!' : ''} `, ...target, ...query)
  return `${quotePattern(`~${source}`)} ${value};`
}

/** As `/:splat/about`: where the rest is empty, it would begin with two slashes and lead to any host. */
function hasOpenBeginning([first, ...others]: RedirectTarget): boolean {
  const next = others.find(({ kind }) => kind !== 'rest')
  return (
    first?.kind === 'text' &&
    first.text === '/' &&
    others[0]?.kind === 'rest' &&
    next?.kind === 'text' &&
    next.text.startsWith('/')
  )
}
