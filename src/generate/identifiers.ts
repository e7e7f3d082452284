/** Names in code and of files for names from outside: `user_group` becomes `UserGroup`. */
import { toPascalCase } from '../domain/schema/identifiers.ts'

/**
 * One identifier a name, in PascalCase, of `A-Za-z0-9_`: none is a word of the language, of the
 * template or a file name that Windows refuses, and no two differ in case only.
 */
export function nameIdentifiers(names: readonly string[]): ReadonlyMap<string, string> {
  const used = new Set<string>()
  const named = new Map<string, string>()
  for (const name of names) {
    const pascal = toPascalCase(name)
    let identifier = pascal
    for (let count = 2; used.has(identifier.toLowerCase()); count += 1) {
      identifier = `${pascal}_${count}`
    }
    used.add(identifier.toLowerCase())
    named.set(name, identifier)
  }
  return named
}
