/** Text of others on this terminal: it can not move the cursor, and its width is known. */
import { stripVTControlCharacters } from 'node:util'

/** One line without control characters or marks that turn the direction of writing. */
export function toPlainLine(text: string): string {
  return stripVTControlCharacters(text).replace(
    /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu,
    ' ',
  )
}

const wide =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u

/** The columns of a terminal that a line takes. */
export function measureWidth(text: string): number {
  // Most text is plain, and segmenting costs much more than this question.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const { segment } of new Intl.Segmenter().segment(text)) width += wide.test(segment) ? 2 : 1
  return width
}

/** As much of a line as fits, with `…` where something is left out. */
export function cutToWidth(text: string, columns: number): string {
  if (measureWidth(text) <= columns) return text
  let cut = ''
  let width = 0
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    width += measureWidth(segment)
    if (width > columns - 1) break
    cut += segment
  }
  return `${cut}…`
}
