/** One line of an object in generated code, or two where prettier would make two. */
import type { Json } from '../../domain/schema/app-schema.ts'
import { lit } from '../code.ts'

const lineWidth = 100
/** After a shorter key, a new line would win next to nothing. */
const breakableKeyLength = 5

/** `key` is a name of ours. */
export function renderEntry(key: string, value: Json, indent: string): readonly string[] {
  const line = `${indent}${key}: ${lit(value)},`
  const isBreakable = typeof value === 'string' && key.length >= breakableKeyLength
  if (!isBreakable || widthOf(line) <= lineWidth) return [line]
  return [`${indent}${key}:`, `${indent}  ${lit(value)},`]
}

/** Letters of East Asia take two columns. */
const isWide =
  /[\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\uff01-\uff60\u{16fe0}-\u{1b2ff}\u{20000}-\u{3ffff}]/u

function widthOf(line: string): number {
  return Array.from(line).reduce((width, character) => width + (isWide.test(character) ? 2 : 1), 0)
}
