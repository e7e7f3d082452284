/** The published files and the nginx in front of them, joined to what the core asks for. */
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
import type { Nginx } from './nginx.ts'
import { publishRelease } from './publish-release.ts'
import {
  activateRelease,
  addressesOf,
  listReleases,
  pruneReleases,
  readCurrentRelease,
  removeRelease,
} from './releases.ts'
import { siteFolders } from './site-folders.ts'

export interface SitesParts {
  readonly config: Config
  readonly nginx: Pick<Nginx, 'isServing'>
  readonly now?: () => Date
}

export function createSites({ config, nginx, now = () => new Date() }: SitesParts): Sites {
  return {
    publish: (release) => publishRelease(config, release, now()),
    removeRelease: (slug, number) => removeRelease(siteFolders(config, slug), number),
    listReleases: (slug) => listReleases(siteFolders(config, slug).releases),
    currentRelease: (slug) => readCurrentRelease(siteFolders(config, slug).current),
    addressesOf: (slug, number) => addressesOf(siteFolders(config, slug), number),
    activate: (slug, number) => activateRelease(siteFolders(config, slug), number),
    pruneReleases: (slug, keep, protect) =>
      pruneReleases({ config, slug, now: now() }, keep, protect),
    linkHost: (slug, host) => linkHost(config, slug, host),
    linkRedirect: (host, target) => linkRedirect(config, host, target),
    unlinkHost: (host) => unlinkHost(config, host),
    linkSubdirectory: (slug) => linkSubdirectory(config, slug),
    unlinkSubdirectory: (slug) => unlinkSubdirectory(config, slug),
    ask: (host, path, signal) => askSite(config, { host, path, signal }),
    removeSite: (slug) => removeSite(config, slug),
    isServing: () => nginx.isServing(),
  }
}
