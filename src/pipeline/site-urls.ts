/** The address of a site as it answers now: by https as soon as its host has a certificate. */
import { type Config, siteUrl } from '../config.ts'
import type { Certificates } from '../contracts.ts'
import { basePathOf, type Project } from '../domain/project.ts'
import { projectHost } from '../domain/names.ts'

export type SiteUrlOf = (project: Pick<Project, 'slug' | 'settings'>) => string

export function createSiteUrls(config: Config, certificates: Certificates): SiteUrlOf {
  return (project) => {
    const isBelow = basePathOf(project) !== null
    const host = isBelow ? config.frontendDomain : projectHost(project.slug, config.frontendDomain)
    return siteUrl(config, project, certificates.stateOf(host).state === 'valid')
  }
}
