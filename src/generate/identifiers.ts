/** Names in code and of files for names from outside: `user_group` becomes `UserGroup`. */

const reserved = new Set(
  `break case catch class const continue debugger default delete do else enum export extends false
   finally for function if import in instanceof new null return super switch this throw true try
   typeof var void while with yield let static await async implements interface package private
   protected public arguments eval undefined nan infinity object array string number boolean symbol
   map set promise error date react vue con prn aux nul fragment suspense app router link outlet
   component kit index main list form detail model table field page pages routes`
    .trim()
    .split(/\s+/),
)

/**
 * One identifier a name, in PascalCase, at most 40 characters of `A-Za-z0-9_`: none is a word of the
 * language, of the template or a file name that Windows refuses, and no two differ in case only.
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

export function toPascalCase(name: string): string {
  const words = name.normalize('NFKD').match(/[A-Za-z0-9]+/g) ?? []
  const pascal = words
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
    .slice(0, 40)
  const isUnfit = pascal === '' || /^[0-9]/.test(pascal) || reserved.has(pascal.toLowerCase())
  return isUnfit ? `T${pascal}` : pascal
}
