/** activate: the one moment at which visitors see the new release, by a rename(2). */
import { limits } from '../config.ts'
import type { Sites } from '../contracts.ts'
import type { Step } from '../pipeline/step.ts'

export function createActivate(machine: {
  readonly sites: Sites
}): Step<'release' | 'previousRelease' | 'hosts', 'activated'> {
  const { sites } = machine
  return {
    name: 'activate',
    timeoutMs: limits.stepTimeoutMs,
    switchesTraffic: true,
    run: async ({ project, summarise }, { release }) => {
      await sites.activate(project.slug, release)
      summarise(`release v${release}`)
      return { activated: true }
    },
    undo: async ({ project, summarise }, { previousRelease }) => {
      await sites.activate(project.slug, previousRelease)
      summarise(
        previousRelease === null ? 'nothing is live' : `release v${previousRelease} is back`,
      )
    },
  }
}
