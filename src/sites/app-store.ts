/**
 * The files of all generated apps, in one folder that nginx serves at `/_s/`. A name is made from
 * the bytes, so a file is written once and never changed; how long nobody has needed it is its
 * change time, which every `keep` renews.
 */
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fchmodSync,
  fdatasync,
  futimesSync,
  openSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Config } from '../config.ts'
import type { AppStore, StoreFile } from '../contracts.ts'
import { hasErrorCode, syncFolder, toDiskError } from '../machine/files.ts'
import { parseStoreNames } from './manifest.ts'
import { runFew } from './run-few.ts'
import { appStoreFolder, makeFolder } from './site-folders.ts'

export function createAppStore(config: Config): AppStore {
  const folder = appStoreFolder(config)
  return { keep: (files) => keepFiles(folder, files) }
}

/** As nginx serves them: nothing that could leave the folder, hide in it or pass for another kind. */
export function isStoreName(name: string): boolean {
  return /^[A-Za-z0-9_-]{8,100}\.(?!(?:br|gz|tmp)$)[a-z0-9]{1,8}$/.test(name)
}

/**
 * Answers whether the file is there; if so, it counts as needed now. Asks and renews in one turn of the
 * event loop, so that nobody removes it in between.
 */
export function renewFile(folder: string, name: string): boolean {
  try {
    utimesSync(join(folder, name), modifiedAt, modifiedAt)
    return true
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return false
    throw error
  }
}

/** Before a release goes: what it needs may be asked for as long as if it was made just now. */
export async function renewNeeded(folder: string, manifest: string): Promise<void> {
  const text = await readFile(manifest, 'utf8').catch(() => null)
  const names = text === null ? null : parseStoreNames(text)
  for (const name of names ?? []) if (isStoreName(name)) renewFile(folder, name)
}

/** The same for every file, so that an ETag of nginx, which is made of it, outlives a renewal. */
const modifiedAt = 1_000_000_000
/** The disk takes many syncs at once in little more than the time of one. */
const syncsAtOnce = 16

async function keepFiles(folder: string, files: readonly StoreFile[]): Promise<number> {
  const hostile = files.find(({ name }) => !isStoreName(name))
  if (hostile !== undefined) throw new Error(`no name for a stored file: ${hostile.name}`)
  try {
    await makeFolder(folder, 0o755)
    const absent = files.filter(({ name }) => !renewFile(folder, name))
    const written: Written[] = []
    const ending = `${randomBytes(6).toString('hex')}.tmp`
    try {
      await runFew(absent.flatMap(partsOf), syncsAtOnce, async ([name, bytes]) => {
        const temporary = join(folder, `.${name}.${ending}`)
        written.push({ name, temporary })
        await writeSynced(temporary, bytes)
      })
      // The plain file last: where it is, the others are.
      for (const { name, temporary } of written.toSorted(plainLast)) {
        renameSync(temporary, join(folder, name))
      }
    } catch (error) {
      await runFew(written, syncsAtOnce, ({ temporary }) =>
        unlink(temporary).catch(() => undefined),
      )
      throw error
    }
    // Also where nothing is new: another may have just written it, and not synced yet.
    await syncFolder(folder)
    return absent.length
  } catch (error) {
    throw toDiskError(error, folder)
  }
}

interface Written {
  readonly name: string
  readonly temporary: string
}

function partsOf({ name, bytes, brotli, gzip }: StoreFile): readonly [string, Uint8Array][] {
  const parts: [string, Uint8Array][] = [[name, bytes]]
  if (brotli !== null) parts.push([`${name}.br`, brotli])
  if (gzip !== null) parts.push([`${name}.gz`, gzip])
  return parts
}

function plainLast(one: Written, other: Written): number {
  return Number(isStoreName(one.name)) - Number(isStoreName(other.name))
}

const dataSync = promisify(fdatasync)

/** Without a turn of the event loop for each call: the files are small and many. */
async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = openSync(path, 'wx', 0o644)
  try {
    writeFileSync(file, bytes)
    fchmodSync(file, 0o644)
    futimesSync(file, modifiedAt, modifiedAt)
    await dataSync(file)
  } finally {
    closeSync(file)
  }
}
