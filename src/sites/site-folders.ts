/** Where the files of a site are. Visitors see `files/` of the live release and the pool only. */
import { chmod, mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import type { HostName, Slug } from '../domain/names.ts'
import type { SiteAddress } from '../domain/project.ts'
import { toDiskError } from '../machine/files.ts'

export interface SiteFolders {
  readonly site: string
  readonly releases: string
  readonly current: string
  readonly pool: string
  /** Where nginx looks last: see `keepForMisses`. */
  readonly misses: string
  /** Of all sites. */
  readonly appStore: string
}

/** What one address of a site shows. */
export interface SiteView {
  /** What visitors see. */
  readonly files: string
  /** Holds a hard link of `index.html` where the release answers all navigations with it. */
  readonly spa: string
}

export interface ReleaseFolders {
  readonly release: string
  /** Each is there only where the release is shown at that address. */
  readonly views: Readonly<Record<SiteAddress, SiteView>>
  readonly manifest: string
}

export function siteFolders(config: Config, slug: Slug): SiteFolders {
  const site = join(config.nginx.wwwRoot, slug)
  return {
    site,
    releases: join(site, 'releases'),
    current: join(site, 'current'),
    pool: join(site, 'pool'),
    misses: join(site, 'misses'),
    appStore: appStoreFolder(config),
  }
}

export function releaseFolders(release: string): ReleaseFolders {
  return {
    release,
    views: { subdomain: viewIn(release), subdirectory: viewIn(join(release, 'subdirectory')) },
    manifest: join(release, 'manifest.json'),
  }
}

function viewIn(folder: string): SiteView {
  return { files: join(folder, 'files'), spa: join(folder, 'spa') }
}

export function hostsFolder(config: Config): string {
  return join(config.dataDir, 'hosts')
}

export function hostLink(config: Config, host: HostName): string {
  return join(hostsFolder(config), host)
}

/** Holds a folder for each host that others send their visitors to. */
export function redirectsFolder(config: Config): string {
  return join(config.dataDir, 'redirects')
}

/** What hosts that lead elsewhere are linked to: nginx reads the host from its name. */
export function redirectFolder(config: Config, target: HostName): string {
  return join(redirectsFolder(config), target)
}

/** Holds a link for each slug that `/apps/` knows. */
export function appsFolder(config: Config): string {
  return join(config.dataDir, 'apps')
}

export function appLink(config: Config, slug: Slug): string {
  return join(appsFolder(config), slug)
}

/** Content-addressed files of generated apps, for every host. No slug begins with a dot. */
export function appStoreFolder(config: Config): string {
  return join(config.nginx.wwwRoot, '.store')
}

export function challengesFolder(config: Config): string {
  return join(config.dataDir, 'acme', 'challenges')
}

/** One folder a certificate; nginx reads them by the name of the host. */
export function certificatesFolder(config: Config): string {
  return join(config.dataDir, 'certs')
}

/** The chain of the wildcard of `domain`, where there is one. */
export function wildcardFile(config: Config, domain: HostName): string {
  return join(certificatesFolder(config), `_wildcard.${domain}`, 'fullchain.pem')
}

/** Makes the folders that nginx needs, so that its workers, who are nobody here, can pass. */
export async function prepareSharedFolders(config: Config): Promise<void> {
  await makeFolder(config.dataDir)
  await makeFolder(hostsFolder(config), 0o755)
  await makeFolder(appsFolder(config), 0o755)
  await makeFolder(redirectsFolder(config), 0o755)
  await makeFolder(join(config.dataDir, 'acme'))
  await makeFolder(challengesFolder(config), 0o755)
  await makeFolder(config.nginx.wwwRoot, 0o755)
  await makeFolder(appStoreFolder(config), 0o755)
}

/** Without a mode, a folder that exists is opened for passing through only. */
export async function makeFolder(path: string, mode?: number): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: mode ?? 0o711 })
    const found = (await stat(path)).mode & 0o7777
    const wanted = mode ?? found | 0o011
    if (found !== wanted) await chmod(path, wanted)
  } catch (error) {
    throw toDiskError(error, path)
  }
}
