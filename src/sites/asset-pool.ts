/**
 * The pool: hard links of the content-hashed files of all kept releases, and of removed ones for
 * some days. nginx looks here first, so a page that was loaded before a swap finds its scripts.
 */
import { link, lstat, readdir, rmdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { hasErrorCode, syncFolder } from '../machine/files.ts'
import { isContentHashed, mayBeContentHashed } from './content-hash.ts'
import { hashFile } from './copy-file.ts'
import type { ManifestFile, ReleaseManifest } from './manifest.ts'
import { runFew } from './run-few.ts'
import { makeFolder } from './site-folders.ts'

export interface PoolFilling {
  readonly pool: string
  /** The folder of the release's files. */
  readonly filesDir: string
  readonly files: ReadonlyMap<string, ManifestFile>
  readonly kept: readonly ReleaseManifest[]
  /** Gets every link that was made, so that a failure can take them away again. */
  readonly made: string[]
}

/**
 * Call it before the swap. A name that two releases give to different contents is no hash, whatever
 * it looks like: it leaves the pool and does not come back while one of them is kept.
 */
export async function fillPool(filling: PoolFilling): Promise<void> {
  const { pool, files } = filling
  const hashed = [...files].filter(([path]) => isContentHashed(path))
  if (hashed.length === 0) return
  const folders = foldersOf(hashed.map(([path]) => path))
  for (const folder of folders) await makeFolder(join(pool, folder), 0o755)
  await runFew(hashed, 8, ([path, file]) => poolFile(filling, path, file))
  await runFew(folders, 8, (folder) => syncFolder(join(pool, folder)))
}

async function poolFile(
  { pool, filesDir, kept, made }: PoolFilling,
  path: string,
  file: ManifestFile,
): Promise<void> {
  const pooled = join(pool, path)
  const source = join(filesDir, path)
  const isContested = kept.some((release) => isOther(release.files.get(path), file))
  const found = isContested ? 'other' : await linkIfAbsent(source, pooled, file)
  if (found === 'other') {
    await unlinkIfAny(pooled)
    await unlinkIfAny(`${pooled}.gz`)
    return
  }
  if (found === 'made') made.push(pooled)
  if (file.gzipped && (await replaceByLink(`${source}.gz`, `${pooled}.gz`))) {
    made.push(`${pooled}.gz`)
  }
}

/**
 * The same for names that may carry a hash or may not: links in a folder that is looked at only
 * where the live release has no such file. The newest content of a name stays.
 */
export async function keepForMisses({
  misses,
  filesDir,
  files,
}: Pick<PoolFilling, 'filesDir' | 'files'> & { readonly misses: string }): Promise<void> {
  const doubtful = [...files].filter(([path]) => mayBeContentHashed(path))
  if (doubtful.length === 0) return
  const folders = foldersOf(doubtful.map(([path]) => path))
  for (const folder of folders) await makeFolder(join(misses, folder), 0o755)
  await runFew(doubtful, 8, async ([path, { gzipped }]) => {
    const [source, kept] = [join(filesDir, path), join(misses, path)]
    if (!(await replaceByLink(source, kept))) return
    if (gzipped) await replaceByLink(`${source}.gz`, `${kept}.gz`)
    else await unlinkIfAny(`${kept}.gz`)
  })
}

/** Every folder on the way to the paths, the outer ones first. */
function foldersOf(paths: readonly string[]): readonly string[] {
  const folders = new Set([''])
  for (const path of paths) {
    const parts = path.split('/')
    for (let depth = 1; depth < parts.length; depth += 1) {
      folders.add(parts.slice(0, depth).join('/'))
    }
  }
  return [...folders].toSorted((a, b) => a.length - b.length)
}

/** Takes away what a failed filling made. */
export async function emptyPool(made: readonly string[]): Promise<void> {
  await runFew(made, 8, unlinkIfAny)
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

/** `other` where another content has that name already. */
async function linkIfAbsent(
  from: string,
  to: string,
  file: ManifestFile,
): Promise<'made' | 'equal' | 'other'> {
  try {
    await link(from, to)
    return 'made'
  } catch (error) {
    if (!hasErrorCode(error, 'EEXIST')) throw error
    const [ours, theirs] = await Promise.all([lstat(from), lstat(to)])
    const isEqual = ours.ino === theirs.ino || (await hashFile(to)) === file.sha256
    return isEqual ? 'equal' : 'other'
  }
}

/** False where it is that link already. */
async function replaceByLink(from: string, to: string): Promise<boolean> {
  const [ours, theirs] = await Promise.all([lstat(from), lstat(to).catch(() => null)])
  if (theirs?.ino === ours.ino) return false
  await unlinkIfAny(to)
  await link(from, to)
  return true
}

async function unlinkIfAny(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (!hasErrorCode(error, 'ENOENT')) throw error
  })
}
