/**
 * The regular expressions by which nginx finds the paths of rules. Paths are compared as nginx has
 * decoded them. What becomes a part of an answer is taken from the path as it was sent, so that
 * nothing in it means more there than it did in the question.
 */
import type { PathPattern, PathPiece } from '../../domain/site-rules/site-rules.ts'
import { escapePattern } from './nginx-text.ts'

/** Visible ASCII but `/`, and but `\`, which browsers take for a slash. */
const sentCharacter = '[!-.0-\\[\\]-~]'
/** Does not begin with a slash: at the beginning of a target it would lead to any host. */
const sentRest = `${sentCharacter}[!-\\[\\]-~]*`

/** Of the path as `$uri` has it; a slash at the end makes no difference. */
export function matchDecoded(pattern: PathPattern): string {
  const sources = pattern.map((piece, index) => {
    if (piece.kind === 'segment') return '[^/]+'
    if (piece.kind === 'rest') return '(?:/.*)?'
    const isBeforeRest = pattern[index + 1]?.kind === 'rest'
    return escapePattern(isBeforeRest ? piece.text.slice(0, -1) : piece.text)
  })
  return isOpen(pattern) ? sources.join('') : `${sources.join('')}/?`
}

/** Of the path as it was sent: what stands where, with a capture for each placeholder. */
export function captureSent(
  pattern: PathPattern,
  { restIsNeeded }: { readonly restIsNeeded: boolean },
): string {
  const sources = pattern.map((piece, index) => {
    if (piece.kind === 'segment') return `(${sentCharacter}+)`
    if (piece.kind === 'rest') return restIsNeeded ? `/(${sentRest})` : `(?:/(|${sentRest}))?`
    const isBeforePiece = index + 1 < pattern.length
    const names = piece.text.split('/').filter((name) => name !== '').length
    const slash = isBeforePiece && pattern[index + 1]?.kind !== 'rest' ? '/' : ''
    return `${names === 0 ? '' : `(?:/[^/ ]+){${names}}`}${slash}`
  })
  return isOpen(pattern) ? sources.join('') : `${sources.join('')}/?`
}

/** The number of the capture that `captureSent` has for it. */
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

function isOpen(pattern: PathPattern): boolean {
  return pattern.at(-1)?.kind === 'rest'
}
