/**
 * Joins the chunks of an app: each gets the names of those that it imports, and then its own, which
 * is made from its bytes. A chunk is packed again only when its bytes are others.
 */
import { dirname } from 'node:path/posix'
import type { StoreFile } from '../../contracts/generate.ts'
import { limits } from '../../domain/limits.ts'
import type { Prebuilt } from '../prebuilt.ts'
import { Recent } from '../recent.ts'
import { type AppSources, cutIntoChunks, pageName } from './chunks.ts'
import { type CompileChunks, kitSpecifier } from './compile-chunks.ts'
import type { Address, CutCode } from './cut-code.ts'
import { makeStoreFile, nameBytes } from './store-file.ts'

export interface LinkedApp {
  /** What a page needs at once, in the order to be fetched; the last is the entry. */
  readonly eager: readonly string[]
  readonly files: readonly StoreFile[]
  /** The folders whose files were compiled; the others were known from before. */
  readonly compiled: readonly string[]
}

/** The names of what is in the store for all apps. */
export type SharedScripts = Pick<Prebuilt, 'vendor' | 'kit'>

export type LinkApp = (app: AppSources, shared: SharedScripts) => Promise<LinkedApp>

/** Remembers what it has packed, within the limit. */
export function createLinker(compile: CompileChunks): LinkApp {
  const packed = new Recent<StoreFile>(limits.compiledBytesMax, weigh)
  const pack = (text: string): StoreFile => {
    const name = nameBytes(Buffer.from(text), 'js')
    const file = packed.get(name) ?? makeStoreFile(text, 'js', 'quick')
    packed.set(name, file)
    return file
  }
  return async (app, shared) => {
    const { codes, fresh } = await compile(cutIntoChunks(app))
    const mainFolder = dirname(app.entry)
    const files = new Map<string, StoreFile>()
    for (const [folder, code] of codes) {
      if (folder !== mainFolder)
        files.set(folder, pack(renderCode(code, { shared, files: new Map() })))
    }
    const mainCode = codes.get(mainFolder)
    if (mainCode === undefined) throw new Error(`there is no ${app.entry}`)
    const main = pack(renderCode(mainCode, { shared, files }))
    const all = new Map([...files.values(), main].map((file) => [file.name, file]))
    return {
      eager: [shared.vendor.name, shared.kit, main.name],
      files: [...all.values()],
      compiled: fresh,
    }
  }
}

interface Surroundings {
  readonly shared: SharedScripts
  /** The chunks that may be imported, by folder. */
  readonly files: ReadonlyMap<string, StoreFile>
}

function renderCode({ pieces }: CutCode, { shared, files }: Surroundings): string {
  const render = (address: Address): string => {
    if (address.kind === 'package') return renderImport(address, shared)
    const file = files.get(dirname(address.path))
    if (file === undefined) throw new Error(`there is no ${address.path}`)
    return `import("./${file.name}").then(e=>({default:e.${pageName(address.path)}}))`
  }
  return pieces.map((piece) => (typeof piece === 'string' ? piece : render(piece))).join('')
}

/** All packages are in one file, where their exports have names of their own. */
export function renderImport(
  { specifier, names }: Extract<Address, { kind: 'package' }>,
  { vendor, kit }: SharedScripts,
): string {
  const isKit = specifier === kitSpecifier
  const exported = new Map(Object.entries(vendor.exports[specifier] ?? {}))
  const bindings = names.map(({ imported, local }) => {
    const name = isKit ? imported : exported.get(imported)
    if (name === undefined) throw new Error(`${imported} of "${specifier}" is not in the template`)
    return `${name} as ${local}`
  })
  const clause = bindings.length === 0 ? '' : `{${bindings.join(',')}}from`
  return `import${clause}"./${isKit ? kit : vendor.name}";`
}

function weigh({ bytes, brotli, gzip }: StoreFile): number {
  return bytes.length + (brotli?.length ?? 0) + (gzip?.length ?? 0) + 1_000
}
