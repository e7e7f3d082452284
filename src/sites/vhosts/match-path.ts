/**
 * The regular expressions by which nginx finds the paths of rules. What a visitor may write in two
 * ways is compared decoded; what becomes a part of an answer is taken as it was sent, so that
 * nothing in it means more there than it did in the question.
 */
import type { PathPattern, PathPiece } from '../../domain/site-rules/site-rules.ts'
import { escapePattern } from './nginx-text.ts'

/** Visible ASCII without `\`, which browsers take for a slash. */
const sentClass = '[!-\\[\\]-~]'
const sentSegment = '[!-.0-\\[\\]-~]+'

/** Of the path as `$uri` has it; a slash at the end makes no difference. */
export function matchDecoded(pattern: PathPattern): string {
  return matchPieces(pattern, { text: escapePattern, segment: '[^/]+', rest: '.*' })
}

/**
 * Of the path as it was sent, with a capture for each placeholder. A rest that begins with a slash
 * is met by none: put at the beginning of a target, it would lead to any host.
 */
export function matchSent(pattern: PathPattern): string {
  const rest = `(|${sentSegment.slice(0, -1)}${sentClass}*)`
  return matchPieces(pattern, { text: escapeSent, segment: `(${sentSegment})`, rest })
}

/** The number of the capture that `matchSent` has for it. */
export function captureOf(pattern: PathPattern, piece: PathPiece): number {
  const placeholders = pattern.filter(({ kind }) => kind !== 'text')
  const index = placeholders.findIndex((one) =>
    one.kind === 'segment' && piece.kind === 'segment'
      ? one.name === piece.name
      : one.kind === piece.kind,
  )
  if (index === -1) throw new Error('a target names what its pattern does not have')
  return index + 1
}

interface Ways {
  readonly text: (text: string) => string
  readonly segment: string
  readonly rest: string
}

function matchPieces(pattern: PathPattern, { text, segment, rest }: Ways): string {
  const sources = pattern.map((piece, index) => {
    if (piece.kind === 'segment') return segment
    if (piece.kind === 'rest') return `(?:/${rest})?`
    return text(pattern[index + 1]?.kind === 'rest' ? piece.text.slice(0, -1) : piece.text)
  })
  return pattern.at(-1)?.kind === 'rest' ? sources.join('') : `${sources.join('')}/?`
}

/** As browsers send it: what is not ASCII or has a meaning of its own as `%` and two digits. */
function escapeSent(text: string): string {
  return text
    .split(/([^!-~]+|["#%<>?`{}]+)/u)
    .map((part, index) => {
      if (index % 2 === 0) return escapePattern(part)
      const digits = Buffer.from(part, 'utf8').toString('hex').toUpperCase()
      return `(?i:${digits.replace(/../g, '%$&')})`
    })
    .join('')
}
