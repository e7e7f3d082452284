/**
 * The pool: hard links of the content-hashed files of all kept releases, and of removed ones for
 * some days. nginx looks here first, so a page that was loaded before a swap finds its scripts.
 */
import { link, lstat, mkdir, readdir, rmdir, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { hasErrorCode, syncFolder } from '../machine/files.ts'
import { isContentHashed } from './content-hash.ts'
import { hashFile } from './copy-file.ts'
import type { ManifestFile, ReleaseManifest } from './manifest.ts'
import { runFew } from './run-few.ts'

export interface PoolFilling {
  readonly pool: string
  /** The folder of the release's files. */
  readonly filesDir: string
  readonly files: ReadonlyMap<string, ManifestFile>
  readonly kept: readonly ReleaseManifest[]
}

/**
 * Call it before the swap. A name that two releases give to different contents is no hash, whatever
 * it looks like: it leaves the pool and does not come back while one of them is kept.
 */
export async function fillPool({ pool, filesDir, files, kept }: PoolFilling): Promise<void> {
  const hashed = [...files].filter(([path]) => isContentHashed(path))
  const folders = new Set(hashed.map(([path]) => dirname(join(pool, path))))
  for (const folder of folders) await mkdir(folder, { recursive: true, mode: 0o755 })
  await runFew(hashed, 8, async ([path, file]) => {
    const pooled = join(pool, path)
    const isContested =
      kept.some((release) => isOther(release.files.get(path), file)) ||
      !(await linkIfAbsent(join(filesDir, path), pooled, file))
    if (isContested) {
      await unlinkIfAny(pooled)
      await unlinkIfAny(`${pooled}.gz`)
    } else if (file.gzipped) {
      await replaceByLink(join(filesDir, `${path}.gz`), `${pooled}.gz`)
    }
  })
  await runFew(folders, 8, syncFolder)
}

/** Removes what no kept release has and what lost its last release before `before`. */
export async function prunePool(
  pool: string,
  kept: readonly ReleaseManifest[],
  before: Date,
): Promise<void> {
  const isKept = (path: string): boolean =>
    kept.some(({ files }) => files.has(path) || files.has(path.replace(/\.gz$/, '')))
  await pruneFolder({ pool, isKept, before }, '')
}

interface Pruning {
  readonly pool: string
  readonly isKept: (path: string) => boolean
  readonly before: Date
}

async function pruneFolder(pruning: Pruning, folder: string): Promise<void> {
  const entries = await readdir(join(pruning.pool, folder), { withFileTypes: true }).catch(() => [])
  for (const entry of entries) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    const place = join(pruning.pool, path)
    if (entry.isDirectory()) {
      await pruneFolder(pruning, path)
      await rmdir(place).catch(() => undefined)
    } else if (!pruning.isKept(path)) {
      // The change time of an inode is when its last link was made or taken away: for a file that
      // only the pool holds, when the last release with it was removed.
      if ((await lstat(place)).ctime < pruning.before) await unlinkIfAny(place)
    }
  }
}

function isOther(known: ManifestFile | undefined, file: ManifestFile): boolean {
  return known !== undefined && known.sha256 !== file.sha256
}

/** False where another content has that name already. */
async function linkIfAbsent(from: string, to: string, file: ManifestFile): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (!hasErrorCode(error, 'EEXIST')) throw error
    const [ours, theirs] = await Promise.all([lstat(from), lstat(to)])
    return ours.ino === theirs.ino || (await hashFile(to)) === file.sha256
  }
}

async function replaceByLink(from: string, to: string): Promise<void> {
  const [ours, theirs] = await Promise.all([lstat(from), lstat(to).catch(() => null)])
  if (theirs?.ino === ours.ino) return
  await unlinkIfAny(to)
  await link(from, to)
}

async function unlinkIfAny(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (!hasErrorCode(error, 'ENOENT')) throw error
  })
}
