/**
 * How text from outside enters code: as a literal, in the position of an expression, and in no
 * other way. Never in comments, JSX text, template literals or regular expressions.
 */

/**
 * A JavaScript literal of a plain value. The body of a string keeps letters, digits, blanks,
 * `_ . , : ; -` and marks that no language of the web knows (`’ « » …`); all else is `\uXXXX`, so
 * that it is inert also where it is misplaced: in JSX, an attribute, a template literal or HTML.
 * Keys are computed, since a plain `"__proto__":` would set the prototype. Throws for what is no
 * JSON.
 */
export function lit(value: unknown): string {
  if (typeof value === 'string') return stringLiteral(value)
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  if (Array.isArray(value)) return `[${value.map(lit).join(', ')}]`
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter(([, entry]) => entry !== undefined)
    if (entries.length === 0) return '{}'
    return `{ ${entries.map(([key, entry]) => `${keyOf(key)}: ${lit(entry)}`).join(', ')} }`
  }
  throw new TypeError(`there is no literal of a ${typeof value}`)
}

/** Keys that Slipway chose read as a person would write them. */
function keyOf(key: string): string {
  return /^[a-z][A-Za-z0-9]*$/.test(key) && key !== 'constructor' ? key : `[${stringLiteral(key)}]`
}

function stringLiteral(text: string): string {
  const body = text.toWellFormed().replace(/[^\p{L}\p{N} _.,:;‘’“”«»…–—€°-]/gu, escapeUnits)
  return `'${body}'`
}

function escapeUnits(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('')
}
