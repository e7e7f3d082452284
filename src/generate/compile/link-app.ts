/**
 * Joins the compiled files of an app: each gets the names of those that it imports, and then its
 * own, which is made from its bytes. A file is compiled again only when it changes itself, and
 * packed again only when it or one below it does.
 */
import { basename, dirname, join } from 'node:path/posix'
import type { StoreFile } from '../../contracts/generate.ts'
import { limits } from '../../domain/limits.ts'
import type { Prebuilt } from '../prebuilt.ts'
import { Recent } from '../recent.ts'
import type { Compile } from './compiler.ts'
import type { Address, CutCode } from './cut-code.ts'
import { makeStoreFile, nameBytes } from './store-file.ts'

export interface AppSources {
  readonly entry: string
  readonly sources: ReadonlyMap<string, string>
}

export interface LinkedApp {
  readonly entry: string
  /** What the entry needs at once, in the order to be fetched; the last is the entry. */
  readonly eager: readonly string[]
  readonly files: readonly StoreFile[]
  /** The paths of the sources that were not known from before. */
  readonly compiled: readonly string[]
}

export type LinkApp = (app: AppSources, prebuilt: Pick<Prebuilt, 'vendor' | 'kit'>) => LinkedApp

/** Remembers what it has compiled and packed, within the limits. */
export function createLinker(compile: Compile): LinkApp {
  const known: Known = {
    compile,
    compiled: new Recent(limits.compiledBytesMax, weighCode),
    packed: new Recent(limits.compiledBytesMax, weighFile),
  }
  return (app, prebuilt) => {
    const run: Run = { ...app, ...known, prebuilt, linked: new Map(), fresh: [] }
    const entry = linkFile(app.entry, run)
    const files = new Map<string, StoreFile>()
    for (const linked of run.linked.values()) {
      if (linked !== null) files.set(linked.file.name, linked.file)
    }
    return {
      entry: entry.file.name,
      eager: [...new Set([prebuilt.vendor.name, prebuilt.kit, ...entry.eager])],
      files: [...files.values()],
      compiled: run.fresh,
    }
  }
}

interface Known {
  readonly compile: Compile
  readonly compiled: Recent<CutCode>
  readonly packed: Recent<StoreFile>
}

interface Run extends AppSources, Known {
  readonly prebuilt: Pick<Prebuilt, 'vendor' | 'kit'>
  /** Null for those that wait for what they import. */
  readonly linked: Map<string, Linked | null>
  readonly fresh: string[]
}

interface Linked {
  readonly file: StoreFile
  readonly eager: readonly string[]
}

function linkFile(path: string, run: Run): Linked {
  const before = run.linked.get(path)
  if (before === null) throw new Error(`${path} imports itself by a detour`)
  if (before !== undefined) return before
  run.linked.set(path, null)
  const eager: string[] = []
  const text = compileOnce(path, run)
    .pieces.map((piece) => (typeof piece === 'string' ? piece : renderAddress(piece)))
    .join('')
  const file = packOnce(text, run)
  const linked = { file, eager: [...eager, file.name] }
  run.linked.set(path, linked)
  return linked
  function renderAddress(address: Address): string {
    if (address.kind === 'package') {
      return renderVendorImport(address, run.prebuilt.vendor)
    }
    const target = join(dirname(path), address.specifier)
    if (target === kitPath) return JSON.stringify(`./${run.prebuilt.kit}`)
    const linkedTarget = linkFile(target, run)
    if (!address.isLazy) eager.push(...linkedTarget.eager)
    return JSON.stringify(`./${linkedTarget.file.name}`)
  }
}

export const kitPath = 'src/kit/index.ts'

/** All packages are in one file, where their exports have names that differ. */
export function renderVendorImport(
  { specifier, names }: Extract<Address, { kind: 'package' }>,
  vendor: Prebuilt['vendor'],
): string {
  const exported = new Map(Object.entries(vendor.exports[specifier] ?? {}))
  const bindings = names.map(({ imported, local }) => {
    const name = exported.get(imported)
    if (name === undefined) throw new Error(`${imported} of "${specifier}" is not in the template`)
    return `${name} as ${local}`
  })
  const clause = bindings.length === 0 ? '' : `{${bindings.join(',')}}from`
  return `import${clause}${JSON.stringify(`./${vendor.name}`)};`
}

function compileOnce(path: string, { sources, compile, compiled, fresh }: Run): CutCode {
  const source = sources.get(path)
  if (source === undefined) throw new Error(`there is no ${path}`)
  // The name of the file is in what is made of a component, its folder is not.
  const key = `${basename(path)}\0${source}`
  const before = compiled.get(key)
  if (before !== undefined) return before
  const code = compile(basename(path), source)
  compiled.set(key, code)
  fresh.push(path)
  return code
}

function packOnce(text: string, { packed }: Run): StoreFile {
  const name = nameBytes(Buffer.from(text), 'js')
  const before = packed.get(name)
  if (before !== undefined) return before
  const file = makeStoreFile(text, 'js', 'quick')
  packed.set(name, file)
  return file
}

function weighCode({ pieces }: CutCode, key: string): number {
  const texts = pieces.filter((piece) => typeof piece === 'string')
  return 2 * texts.reduce((sum, { length }) => sum + length, key.length) + 1_000
}

function weighFile({ bytes, brotli, gzip }: StoreFile): number {
  return bytes.length + (brotli?.length ?? 0) + (gzip?.length ?? 0) + 1_000
}
