/** vhost: makes the project's hosts lead to its folder. Needs no reload of nginx. */
import { type Config, limits } from '../config.ts'
import type { Sites } from '../contracts.ts'
import { projectHost } from '../domain/names.ts'
import type { Step } from '../pipeline/step.ts'

export function createVhost(machine: {
  readonly config: Config
  readonly sites: Sites
}): Step<'previousRelease', 'hosts'> {
  const { config, sites } = machine
  return {
    name: 'vhost',
    timeoutMs: limits.stepTimeoutMs,
    run: async ({ project, summarise }) => {
      const host = projectHost(project.slug, config.frontendDomain)
      const isNew = await sites.linkHost(project.slug, host)
      summarise(isNew ? `${host} (new)` : host)
      return { hosts: [host] }
    },
    undo: async ({ project }, { previousRelease }) => {
      if (previousRelease !== null) return
      await sites.unlinkHost(projectHost(project.slug, config.frontendDomain))
    },
  }
}
