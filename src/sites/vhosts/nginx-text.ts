/**
 * How text of strangers enters nginx's configuration. nginx knows no way of writing a `$`, reads a
 * backslash in two ways, and takes no word that is longer than its buffer of 4096 bytes.
 */

const wordBytesMax = 4_000

/**
 * A word in quotes that stands for exactly these characters; the number of a capture stands for
 * what it has met, and a name for a variable. Throws where nginx could read anything else: what is
 * given was checked before.
 */
export function quoteWord(...pieces: readonly (string | WordPiece)[]): string {
  const word = pieces
    .map((piece) => (typeof piece === 'string' ? escapeText(piece) : showVariable(piece)))
    .join('')
  if (word.length > wordBytesMax) throw new Error('nginx takes no word of that length')
  return `"${word}"`
}

/** A name, or the number of a capture from 1 to 9. */
export interface WordPiece {
  readonly variable: string | number
}

/** The regular expression that only this text matches, by its bytes in UTF-8. */
export function escapePattern(text: string): string {
  return [...Buffer.from(text, 'utf8')]
    .map((byte) => {
      const character = String.fromCharCode(byte)
      const isPlain = /[A-Za-z0-9/_-]/.test(character)
      return isPlain ? character : `\\x${byte.toString(16).padStart(2, '0')}`
    })
    .join('')
}

function showVariable({ variable }: WordPiece): string {
  return typeof variable === 'number' ? `$${variable}` : `\${${variable}}`
}

function escapeText(text: string): string {
  if (!/^[ -~]*$/.test(text) || text.includes('$')) {
    throw new Error(`nginx can not be given ${JSON.stringify(text.slice(0, 100))}`)
  }
  return text.replace(/[\\"]/g, '\\$&')
}
