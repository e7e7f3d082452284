/** Which names tables and fields may have, and what is told about the others. */
import { showValue } from './findings.ts'

/** Safe in a path, in a URL and as a route. */
export const namePattern = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/

/** Every object of JavaScript has these, so a look-up by such a name finds what nobody put there. */
const ofEveryObject = new Set(Object.getOwnPropertyNames(Object.prototype))

/** Words of Python, JavaScript or SQL are names like others: they are data everywhere. */
export function isName(text: string): boolean {
  return namePattern.test(text) && !ofEveryObject.has(text)
}

/** Why a text is no name, and one that would be. */
export function describeName(text: string): string {
  if (ofEveryObject.has(text)) return `is "${text}", which can not be used; choose another name`
  const folded = foldName(text)
  const example = folded === '' ? '' : `, for example "${folded}"`
  return `is ${showValue(text)}; a name has up to 63 of A-Z, a-z, 0-9 and _, and no digit in front${example}`
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
  return isName(folded) ? folded : ''
}
