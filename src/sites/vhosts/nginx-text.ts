/**
 * How text of strangers enters nginx's configuration. nginx knows no way of writing a `$`, reads a
 * backslash in two ways, and takes no word that is longer than its buffer of 4096 bytes.
 */

const wordBytesMax = 4_080

/**
 * A word in quotes that stands for exactly these characters; the number of a capture stands for
 * what it has met, and a name for a variable. Throws where nginx could read anything else: what is
 * given was checked before.
 */
export function quoteWord(...pieces: readonly (string | WordPiece)[]): string {
  const escaped = pieces.map((piece) => {
    if (typeof piece !== 'string') return showVariable(piece)
    if (piece.includes('$')) throw new Error('nginx can not be given a "$"')
    return escapeText(piece)
  })
  return enclose(escaped.join(''))
}

/** The same of a regular expression, in which a `$` is no variable to nginx. */
export function quotePattern(source: string): string {
  return enclose(escapeText(source))
}

/** A name, or the number of a capture from 1 to 9. */
export interface WordPiece {
  readonly variable: string | number
}

/** The regular expression that only this text matches, in the bytes of UTF-8. */
export function escapePattern(text: string): string {
  return text.replace(/[!-~]/g, (character) =>
    /[A-Za-z0-9/_-]/.test(character) ? character : `\\${character}`,
  )
}

function showVariable({ variable }: WordPiece): string {
  return typeof variable === 'number' ? `$${variable}` : `\${${variable}}`
}

function escapeText(text: string): string {
  if (/\p{Cc}/u.test(text)) throw new Error('nginx can not be given control characters')
  return text.replace(/[\\"]/g, '\\$&')
}

function enclose(word: string): string {
  if (Buffer.byteLength(word) > wordBytesMax) throw new Error('nginx takes no word of that length')
  return `"${word}"`
}
