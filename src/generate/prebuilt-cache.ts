/**
 * What all apps of a framework share, kept on disk from one start of the server to the next. A
 * folder that is not whole, or was changed, is made again.
 */
import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { StoreFile } from '../contracts/generate.ts'
import { type Framework, frameworks } from '../domain/project.ts'
import { syncFolder, toDiskError } from '../machine/files.ts'
import { type Prebuilt, prebuiltShape } from './prebuilt.ts'
import { checkPrebuilt } from './read-answer.ts'

export class PrebuiltCache {
  readonly #folder: string
  readonly #fingerprint: string

  constructor(dataDir: string, fingerprint: string) {
    this.#folder = join(dataDir, 'caches', 'templates')
    this.#fingerprint = fingerprint
  }

  /** Null where there is none that can be used. */
  async find(framework: Framework): Promise<Prebuilt | null> {
    const folder = this.#folderOf(framework)
    try {
      const text = await readFile(join(folder, listName), 'utf8')
      const prebuilt = prebuiltShape.parse(JSON.parse(text))
      const { vendor, kit, style, icon } = prebuilt
      const names = [...new Set([vendor.name, kit, style, icon])]
      const files = await Promise.all(names.map(async (name) => readStoreFile(folder, name)))
      return checkPrebuilt({ ...prebuilt, files })
    } catch {
      // Whatever is wrong with it, another can be made.
      return null
    }
  }

  /** Those of other states of the templates are removed. */
  async keep(framework: Framework, prebuilt: Prebuilt): Promise<void> {
    const folder = this.#folderOf(framework)
    const fresh = `${folder}.${randomUUID()}.tmp`
    const { files, ...names } = prebuilt
    try {
      await mkdir(fresh, { recursive: true })
      for (const file of files) await writeStoreFile(fresh, file)
      await writeDurably(join(fresh, listName), JSON.stringify(names))
      await syncFolder(fresh)
      await rm(folder, { recursive: true, force: true })
      await rename(fresh, folder)
      await this.#removeOthers()
    } catch (error) {
      throw toDiskError(error, folder)
    } finally {
      await rm(fresh, { recursive: true, force: true })
    }
  }

  /** The frameworks that there is something of, in whatever state of the templates. */
  async listFrameworks(): Promise<readonly Framework[]> {
    const states = await readdir(this.#folder).catch(() => [])
    const names = await Promise.all(
      states.map(async (state) => readdir(join(this.#folder, state)).catch(() => [])),
    )
    return frameworks.filter((framework) => names.flat().includes(framework))
  }

  #folderOf(framework: Framework): string {
    return join(this.#folder, this.#fingerprint, framework)
  }

  async #removeOthers(): Promise<void> {
    const others = (await readdir(this.#folder)).filter((name) => name !== this.#fingerprint)
    await Promise.all(
      others.map(async (name) => rm(join(this.#folder, name), { recursive: true, force: true })),
    )
  }
}

const listName = 'prebuilt.json'

async function readStoreFile(folder: string, name: string): Promise<StoreFile> {
  const path = join(folder, name)
  const packed = async (extension: string): Promise<Buffer | null> =>
    readFile(`${path}.${extension}`).catch(() => null)
  const [bytes, brotli, gzip] = await Promise.all([readFile(path), packed('br'), packed('gz')])
  return { name, bytes, brotli, gzip }
}

async function writeStoreFile(folder: string, file: StoreFile): Promise<void> {
  const path = join(folder, file.name)
  await writeDurably(path, file.bytes)
  if (file.brotli !== null) await writeDurably(`${path}.br`, file.brotli)
  if (file.gzip !== null) await writeDurably(`${path}.gz`, file.gzip)
}

async function writeDurably(path: string, data: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o644)
  try {
    await file.writeFile(data)
    await file.sync()
  } finally {
    await file.close()
  }
}
