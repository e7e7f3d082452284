/** The releases of a site: which there are, which one is live, and which may go. */
import { readdir, rename, rm, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import type { Slug } from '../domain/names.ts'
import { type SiteAddress, siteAddresses } from '../domain/project.ts'
import {
  hasErrorCode,
  readLinkIfAny,
  replaceLink,
  syncFolder,
  toDiskError,
} from '../machine/files.ts'
import { prunePool } from './asset-pool.ts'
import { renewNeeded } from './app-store.ts'
import { readManifest, type ReleaseManifest } from './manifest.ts'
import { releaseFolders, type SiteFolders, siteFolders } from './site-folders.ts'

/** Oldest first. */
export async function listReleases(releases: string): Promise<readonly number[]> {
  const names = await readdir(releases).catch((error: unknown) => {
    if (hasErrorCode(error, 'ENOENT')) return []
    throw error
  })
  return names
    .filter((name) => /^[1-9][0-9]{0,14}$/.test(name))
    .map(Number)
    .toSorted((a, b) => a - b)
}

export async function readCurrentRelease(current: string): Promise<number | null> {
  const found = /^releases\/([1-9][0-9]{0,14})$/.exec((await readLinkIfAny(current)) ?? '')
  return found === null ? null : Number(found[1])
}

/** Newest first; those that can't be read are left out. */
export async function readKeptManifests(
  folders: SiteFolders,
  except: number | null = null,
): Promise<readonly ReleaseManifest[]> {
  const numbers = (await listReleases(folders.releases)).filter((number) => number !== except)
  const manifests = await Promise.all(
    numbers.toReversed().map((number) => readManifest(releaseOf(folders, number).manifest)),
  )
  return manifests.filter((manifest) => manifest !== null)
}

/** Empty where there is no such release. */
export async function addressesOf(
  folders: SiteFolders,
  number: number,
): Promise<readonly SiteAddress[]> {
  const { views } = releaseOf(folders, number)
  const areShown = await Promise.all(siteAddresses.map((address) => isFolder(views[address].files)))
  return siteAddresses.filter((_, index) => areShown[index])
}

/** One rename(2): visitors get the old release or the new one, whole. */
export async function activateRelease(folders: SiteFolders, number: number | null): Promise<void> {
  if ((await readCurrentRelease(folders.current)) === number) return
  if (number === null) {
    await unlink(folders.current).catch((error: unknown) => {
      if (!hasErrorCode(error, 'ENOENT')) throw toDiskError(error, folders.current)
    })
    await syncFolder(folders.site)
    return
  }
  if ((await addressesOf(folders, number)).length === 0) {
    throw new Error(`there is no release ${number} in ${folders.releases}`)
  }
  await replaceLink(`releases/${number}`, folders.current)
}

export async function pruneReleases(
  { config, slug, now }: { readonly config: Config; readonly slug: Slug; readonly now: Date },
  keep: number,
  protect: readonly number[],
): Promise<readonly number[]> {
  const folders = siteFolders(config, slug)
  const all = await listReleases(folders.releases)
  const live = await readCurrentRelease(folders.current)
  const spared = new Set([...all.slice(Math.max(0, all.length - keep)), ...protect, live])
  const doomed = all.filter((number) => !spared.has(number))
  for (const number of doomed) await removeRelease(folders, number)
  const kept = await readKeptManifests(folders)
  // A release whose manifest can't be read may hold any file of the pool.
  if (kept.length === all.length - doomed.length) {
    const days = config.limits.assetAgeDaysMax
    const before = new Date(now.getTime() - days * 86_400_000)
    for (const folder of [folders.pool, folders.misses]) await prunePool(folder, kept, before)
  }
  return doomed
}

/**
 * Gives it another name first, so that half a release is never taken for one. One that was never
 * finished, because the server was killed in the middle, goes too.
 */
export async function removeRelease(folders: SiteFolders, number: number): Promise<void> {
  const doomed = join(folders.releases, `.${number}.removed`)
  try {
    await rm(join(folders.releases, `.${number}.tmp`), { recursive: true, force: true })
    await rm(doomed, { recursive: true, force: true })
    const { release, manifest } = releaseOf(folders, number)
    await renewNeeded(folders.appStore, manifest)
    await rename(release, doomed)
    await rm(doomed, { recursive: true, force: true })
  } catch (error) {
    if (!hasErrorCode(error, 'ENOENT')) throw toDiskError(error, folders.releases)
  }
}

function releaseOf(folders: SiteFolders, number: number): ReturnType<typeof releaseFolders> {
  return releaseFolders(join(folders.releases, String(number)))
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false
}
