/** vhost: makes the project's addresses lead to its folder. Needs no reload of nginx. */
import { type Config, limits } from '../config.ts'
import type { Domains, Sites } from '../contracts.ts'
import { projectHost } from '../domain/names.ts'
import { subdirectoryPath } from '../domain/project.ts'
import type { Step } from '../pipeline/step.ts'

export function createVhost(machine: {
  readonly config: Config
  readonly sites: Sites
  readonly domains: Pick<Domains, 'link' | 'hostsOf'>
}): Step<'previousRelease' | 'generated', 'hosts'> {
  const { config, sites, domains } = machine
  return {
    name: 'vhost',
    timeoutMs: limits.stepTimeoutMs,
    run: async ({ project, summarise }, { generated }) => {
      const host = projectHost(project.slug, config.frontendDomain)
      const isNew = await sites.linkHost(project.slug, host)
      // Of what is there a release shows only what was made for it.
      await sites.linkSubdirectory(project.slug)
      await domains.link(project)
      const below = `${config.frontendDomain}${subdirectoryPath(project.slug)}`
      const isBelow = project.settings.address === 'subdirectory'
      const shown = generated !== null ? `${host}, ${below}` : isBelow ? below : host
      const all = [shown, ...domains.hostsOf(project)].join(', ')
      summarise(isNew ? `${all} (new)` : all)
      return { hosts: [host] }
    },
    needsUndo: ({ previousRelease }) => previousRelease === null,
    undo: async ({ project }, { previousRelease }) => {
      if (previousRelease !== null) return
      await sites.unlinkHost(projectHost(project.slug, config.frontendDomain))
      await sites.unlinkSubdirectory(project.slug)
    },
  }
}
