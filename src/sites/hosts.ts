/**
 * Which host serves which project, and which sub-directory of FRONTEND_DOMAIN: one link for each,
 * read by nginx at every request.
 */
import { mkdir, opendir, readdir, rename, rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { type HostName, type Slug, toHostName } from '../domain/names.ts'
import { hasErrorCode, readLinkIfAny, replaceLink, toDiskError } from '../machine/files.ts'
import { entranceHosts } from './entrance.ts'
import { listReleases, removeRelease } from './releases.ts'
import {
  appLink,
  hostLink,
  hostsFolder,
  makeFolder,
  prepareSharedFolders,
  redirectFolder,
  siteFolders,
} from './site-folders.ts'

/** Answers whether the host did not serve the project before. */
export function linkHost(config: Config, slug: Slug, host: HostName): Promise<boolean> {
  return linkSite(config, slug, hostLink(config, host))
}

/** All that are served for projects. */
export async function* listHosts(config: Config): AsyncGenerator<HostName> {
  for await (const { name } of await opendir(hostsFolder(config))) {
    const host = toHostName(name)
    if (host !== null) yield host
  }
}

/** With those of the platform itself. */
export async function* listServedHosts(config: Config): AsyncGenerator<HostName> {
  yield config.frontendDomain
  yield* entranceHosts(config)
  yield* listHosts(config)
}

/** The same, of a host that sends its visitors to another. */
export async function linkRedirect(
  config: Config,
  host: HostName,
  target: HostName,
): Promise<boolean> {
  const folder = redirectFolder(config, target)
  const link = hostLink(config, host)
  await prepareSharedFolders(config)
  await makeFolder(folder, 0o755)
  await makeFolder(join(folder, 'elsewhere'), 0o755)
  if ((await readLinkIfAny(link)) === folder) return false
  await replaceLink(folder, link)
  return true
}

/** Also forgets that others were sent there. */
export async function unlinkHost(config: Config, host: HostName): Promise<void> {
  await unlinkIfAny(hostLink(config, host))
  await rm(redirectFolder(config, host), { recursive: true, force: true })
}

/** Answers whether `/apps/<slug>/` did not know the project before. */
export function linkSubdirectory(config: Config, slug: Slug): Promise<boolean> {
  return linkSite(config, slug, appLink(config, slug))
}

export function unlinkSubdirectory(config: Config, slug: Slug): Promise<void> {
  return unlinkIfAny(appLink(config, slug))
}

/** The links go first: one that is left would serve the next project of that name. */
export async function removeSite(config: Config, slug: Slug): Promise<void> {
  const folders = siteFolders(config, slug)
  const { site } = folders
  const names = await readdir(hostsFolder(config)).catch(() => [])
  for (const name of names) {
    const host = toHostName(name)
    if (host === null || (await readLinkIfAny(hostLink(config, host))) !== site) continue
    await unlinkHost(config, host)
  }
  await unlinkSubdirectory(config, slug)
  for (const number of await listReleases(folders.releases)) await removeRelease(folders, number)
  const doomed = join(config.nginx.wwwRoot, `.${slug}.removed`)
  try {
    await rm(doomed, { recursive: true, force: true })
    await mkdir(config.nginx.wwwRoot, { recursive: true })
    await rename(site, doomed)
    await rm(doomed, { recursive: true, force: true })
  } catch (error) {
    if (!hasErrorCode(error, 'ENOENT')) throw toDiskError(error, site)
  }
}

async function linkSite(config: Config, slug: Slug, link: string): Promise<boolean> {
  const { site } = siteFolders(config, slug)
  if ((await readLinkIfAny(link)) === site) return false
  await prepareSharedFolders(config)
  await makeFolder(site, 0o755)
  await replaceLink(site, link)
  return true
}

async function unlinkIfAny(link: string): Promise<void> {
  await unlink(link).catch((error: unknown) => {
    if (!hasErrorCode(error, 'ENOENT')) throw toDiskError(error, link)
  })
}
