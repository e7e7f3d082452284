/** Which names tables and fields may have, and what is told about the others. */
import { showValue } from './findings.ts'

/** Safe in a path, in a URL and as a route. */
export const namePattern = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/

/** Every object of JavaScript has these, so a look-up by such a name finds what nobody put there. */
const ofEveryObject = new Set(Object.getOwnPropertyNames(Object.prototype))

/** Null where it may be used. Words of Python, JavaScript or SQL may: they are data everywhere. */
export function findNameMistake(name: string): string | null {
  if (ofEveryObject.has(name)) return `is "${name}", which can not be used; choose another name`
  if (namePattern.test(name)) return null
  const folded = foldName(name)
  const example = folded === '' ? '' : `, for example "${folded}"`
  return `is ${showValue(name)}; a name has up to 63 of A-Z, a-z, 0-9 and _, and no digit in front${example}`
}

/** The nearest name that could be one: `Clients VIP` → `clients_vip`; '' where there is none. */
function foldName(text: string): string {
  const folded = text
    .slice(0, 200)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[0-9_]+|_+$/g, '')
    .slice(0, 63)
  return namePattern.test(folded) ? folded : ''
}
