/** One line of an object in generated code, or two where prettier would make two. */
import type { Json } from '../../domain/schema/app-schema.ts'
import { lit } from '../code.ts'

const lineWidth = 100

/** `key` is a name of ours. */
export function renderEntry(key: string, value: Json, indent: string): readonly string[] {
  const line = `${indent}${key}: ${lit(value)},`
  if (typeof value !== 'string' || widthOf(line) <= lineWidth) return [line]
  return [`${indent}${key}:`, `${indent}  ${lit(value)},`]
}

/** Letters of East Asia take two columns. */
function widthOf(line: string): number {
  return (
    line.length +
    (line.match(/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff]/g) ?? []).length
  )
}
