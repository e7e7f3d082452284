/** The published files and the nginx in front of them, joined to what the core asks for. */
import { join } from 'node:path'
import type { Config } from '../config.ts'
import type { Sites } from '../contracts.ts'
import { askSite } from './ask-site.ts'
import {
  linkHost,
  linkRedirect,
  linkSubdirectory,
  removeSite,
  unlinkHost,
  unlinkSubdirectory,
} from './hosts.ts'
import type { Slug } from '../domain/names.ts'
import { readKeptRules, type RuleFiles } from '../domain/site-rules/read-site-rules.ts'
import { publishRelease } from './publish-release.ts'
import {
  activateRelease,
  addressesOf,
  listReleases,
  pruneReleases,
  readCurrentRelease,
  removeRelease,
} from './releases.ts'
import { readManifest } from './manifest.ts'
import { releaseFolders, siteFolders } from './site-folders.ts'
import type { SitesNginx } from './start-nginx.ts'
import type { Kept } from './vhosts/vhost.ts'

export interface SitesParts {
  readonly config: Config
  readonly nginx: Pick<SitesNginx, 'isServing' | 'vhosts'>
  readonly now?: () => Date
}

export function createSites({ config, nginx, now = () => new Date() }: SitesParts): Sites {
  const { vhosts } = nginx
  const ruleFilesOf = async (slug: Slug, number: number): Promise<RuleFiles> => {
    const { manifest } = releaseFolders(join(siteFolders(config, slug).releases, String(number)))
    return (await readManifest(manifest))?.ruleFiles ?? {}
  }
  const readKept = async (slug: Slug): Promise<Kept> => {
    const { releases, current } = siteFolders(config, slug)
    return {
      releases: await listReleases(releases),
      live: await readCurrentRelease(current),
    }
  }
  return {
    publish: (release) => publishRelease(config, release, now()),
    rulesOf: async (slug, number) => readKeptRules(await ruleFilesOf(slug, number)),
    bringRules: async ({ slug, number, hosts }, tellWait) => {
      const release = { number, ruleFiles: await ruleFilesOf(slug, number) }
      const wanted = { slug, release, hosts, readKept: () => readKept(slug) }
      return vhosts.bring(wanted, tellWait)
    },
    takeBackRules: (slug, number) => vhosts.takeBack(slug, number, () => readKept(slug)),
    removeRelease: (slug, number) => removeRelease(siteFolders(config, slug), number),
    listReleases: (slug) => listReleases(siteFolders(config, slug).releases),
    currentRelease: (slug) => readCurrentRelease(siteFolders(config, slug).current),
    addressesOf: (slug, number) => addressesOf(siteFolders(config, slug), number),
    activate: (slug, number) => activateRelease(siteFolders(config, slug), number),
    pruneReleases: (slug, keep, protect) =>
      pruneReleases({ config, slug, now: now() }, keep, protect),
    linkHost: async (slug, host) => {
      const isNew = await linkHost(config, slug, host)
      vhosts.addHost(slug, host)
      return isNew
    },
    linkRedirect: async (host, target) => {
      const isNew = await linkRedirect(config, host, target)
      vhosts.removeHost(host)
      return isNew
    },
    unlinkHost: async (host) => {
      await unlinkHost(config, host)
      vhosts.removeHost(host)
    },
    linkSubdirectory: (slug) => linkSubdirectory(config, slug),
    unlinkSubdirectory: (slug) => unlinkSubdirectory(config, slug),
    ask: (host, path, signal) => askSite(config, { host, path, signal }),
    removeSite: async (slug) => {
      await removeSite(config, slug)
      vhosts.remove(slug)
    },
    isServing: () => nginx.isServing(),
  }
}
