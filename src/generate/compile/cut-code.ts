/**
 * Finds where code names other files, by the parser of the language: texts of users may hold
 * anything, also what looks like an import.
 */
import { parseSync } from 'rolldown/utils'

export interface CutCode {
  /** The code in order; between the texts stands what depends on other files. */
  readonly pieces: readonly (string | Address)[]
}

export type Address =
  /** A literal that names a file of the project. */
  | { readonly kind: 'file'; readonly specifier: string; readonly isLazy: boolean }
  /** A whole statement that imports from a package. */
  | { readonly kind: 'package'; readonly specifier: string; readonly names: readonly ImportName[] }

export interface ImportName {
  /** `default` for the default. */
  readonly imported: string
  readonly local: string
}

/** Throws where the code can't be read, or names a file in a way that templates must not. */
export function cutAtAddresses(path: string, code: string): CutCode {
  const { module, errors } = parseSync(`${path}.js`, code)
  const [error] = errors
  if (error !== undefined) throw new Error(`${path}: ${error.message}`)
  if (module.importMetas.length > 0) throw new Error(`${path}: import.meta is left in the code`)
  const file = { path, code }
  const cuts = [
    ...module.staticImports.map((found) => cutImport(found, file)),
    ...module.staticExports.flatMap((found) => cutExports(found, file)),
    ...module.dynamicImports.map((found) => cutLazyImport(found, file)),
  ]
  return { pieces: cut(code, cuts) }
}

interface File {
  readonly path: string
  readonly code: string
}

interface Cut {
  readonly start: number
  readonly end: number
  /** Null where the statement is left out. */
  readonly address: Address | null
}

function cut(code: string, cuts: readonly Cut[]): readonly (string | Address)[] {
  const inOrder = cuts.toSorted((one, other) => one.start - other.start)
  const pieces: (string | Address)[] = []
  let end = 0
  for (const next of inOrder) {
    pieces.push(code.slice(end, next.start))
    if (next.address !== null) pieces.push(next.address)
    end = next.end
  }
  return [...pieces, code.slice(end)]
}

type Module = ReturnType<typeof parseSync>['module']

function cutImport(found: Module['staticImports'][number], { path }: File): Cut {
  const { start, end, moduleRequest, entries } = found
  const specifier = moduleRequest.value
  if (isRelative(specifier)) {
    // Style sheets are in the page.
    const isStyle = entries.length === 0 && specifier.endsWith('.css')
    return isStyle ? { start, end, address: null } : cutRequest(moduleRequest, false)
  }
  const names = entries.map(({ importName, localName }) => {
    const imported = importName.kind === 'Default' ? 'default' : importName.name
    if (imported === null) throw new Error(`${path}: imports all of "${specifier}" as one`)
    return { imported, local: localName.value }
  })
  return { start, end, address: { kind: 'package', specifier, names } }
}

function cutExports(found: Module['staticExports'][number], { path }: File): readonly Cut[] {
  // All names of one statement come from the same file.
  const [request] = found.entries.flatMap(({ moduleRequest }) => moduleRequest ?? [])
  if (request === undefined) return []
  if (!isRelative(request.value)) throw new Error(`${path}: exports what is in "${request.value}"`)
  return [cutRequest(request, false)]
}

function cutLazyImport(found: Module['dynamicImports'][number], { path, code }: File): Cut {
  const { start, end } = found.moduleRequest
  const value = /^(["'`])(\.[\w./-]*)\1$/.exec(code.slice(start, end))?.[2]
  if (value === undefined) throw new Error(`${path}: imports a file that has no fixed name`)
  return cutRequest({ start, end, value }, true)
}

interface Request {
  readonly start: number
  readonly end: number
  readonly value: string
}

function cutRequest({ start, end, value }: Request, isLazy: boolean): Cut {
  return { start, end, address: { kind: 'file', specifier: value, isLazy } }
}

function isRelative(specifier: string): boolean {
  return specifier.startsWith('./') || specifier.startsWith('../')
}
