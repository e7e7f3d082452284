/** Names from outside as a developer would write them in code: `user_group` becomes `UserGroup`. */

const lengthMax = 40

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

/**
 * PascalCase of at most 40 characters `A-Za-z0-9`; a `T` stands in front of what is a word of the
 * language, of the template or a file name that Windows refuses.
 */
export function toPascalCase(name: string): string {
  const pascal = joinWords(name).slice(0, lengthMax)
  const isUnfit = pascal === '' || /^[0-9]/.test(pascal) || reserved.has(pascal.toLowerCase())
  return isUnfit ? `T${pascal}` : pascal
}

/** Equal for two names that are the same in PascalCase, whatever their length and their case. */
export function componentKey(name: string): string {
  return joinWords(name).toLowerCase()
}

/** What people read where nobody says more: `first_name` and `firstName` become `First name`. */
export function toLabel(name: string): string {
  const words = name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').match(/[A-Za-z0-9]+/g) ?? [name]
  const [first = '', ...others] = words.map((word) =>
    /^[A-Z0-9]+$/.test(word) ? word : word.toLowerCase(),
  )
  return capitalise([first, ...others].join(' '))
}

/** As Django shows its verbose names, which are written small. */
export function capitalise(text: string): string {
  const [first = ''] = text
  const large = first.toUpperCase()
  // A letter that becomes two, as ß does, stays as it is.
  return large.length === first.length ? large + text.slice(first.length) : text
}

function joinWords(name: string): string {
  const words = name.normalize('NFKD').match(/[A-Za-z0-9]+/g) ?? []
  return words.map((word) => capitalise(word)).join('')
}
