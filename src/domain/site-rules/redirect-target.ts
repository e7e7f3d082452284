/** Where a redirect leads, as in `/articles/:year/:splat` or `https://example.org/`. */
import { limits } from '../limits.ts'
import { quote, RuleMistake } from './rule-lines.ts'
import type { PathPattern, PathPiece, RedirectTarget } from './site-rules.ts'

const origin = /^https?:\/\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?(?=[/?#]|$)/i

/** What the pattern has met can be named in it. Throws `RuleMistake`. */
export function parseTarget(text: string, from: PathPattern): RedirectTarget {
  const start = findOrigin(text)
  const parts = text.slice(start.length).split(/(:[A-Za-z][A-Za-z0-9_]*)/)
  const pieces = parts.map((part, index) =>
    index % 2 === 0
      ? { kind: 'text' as const, text: encode(part, text) }
      : findPlaceholder(part.slice(1), from),
  )
  const [first, ...others] = pieces
  const path = first?.kind === 'text' ? first.text : ''
  const target = [{ kind: 'text' as const, text: start + path }, ...others.filter(isFilled)]
  const length = target.reduce(
    (sum, piece) => sum + (piece.kind === 'text' ? piece.text.length : 1),
    0,
  )
  if (length <= limits.redirectTargetLengthMax) return target
  throw new RuleMistake(`${quote(text)} has more than ${limits.redirectTargetLengthMax} characters`)
}

/** Empty for a path of the site. */
function findOrigin(text: string): string {
  if (/^\/(?!\/)/.test(text)) return ''
  const [found] = origin.exec(text) ?? []
  if (found !== undefined) return found.toLowerCase()
  throw new RuleMistake(
    `${quote(text)} leads nowhere; a redirect leads to a path as "/new", or to a URL as "https://example.org/"`,
  )
}

function findPlaceholder(name: string, from: PathPattern): PathPiece {
  const found = from.find((piece) =>
    piece.kind === 'segment' ? piece.name === name : piece.kind === 'rest' && name === 'splat',
  )
  if (found !== undefined) return found
  const remedy = name === 'splat' ? 'no "*" at its end' : `no ":${name}"`
  throw new RuleMistake(`":${name}" stands for nothing: the path in front has ${remedy}`)
}

/** Into the characters of RFC 3986, without `$`, which would be a variable to nginx. */
function encode(text: string, target: string): string {
  const problem = text.includes('*')
    ? 'holds "*"; what the "*" of the path has met is called ":splat" here'
    : /%(?![0-9A-Fa-f]{2})/.test(text)
      ? 'has a "%" that is followed by no character; write %25'
      : /\p{Cc}/u.test(text)
        ? 'holds a control character'
        : null
  if (problem !== null) throw new RuleMistake(`${quote(target)} ${problem}`)
  return text.replace(/[^A-Za-z0-9\-._~:/?#[\]@!&'()+,;=%]/gu, encodeURIComponent)
}

function isFilled(piece: PathPiece): boolean {
  return piece.kind !== 'text' || piece.text !== ''
}
