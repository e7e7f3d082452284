/** activate: the one moment at which visitors see the new release, by a rename(2). */
import { limits } from '../config.ts'
import type { Sites } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'
import type { Project } from '../domain/project.ts'
import type { Step } from '../pipeline/step.ts'

export function createActivate(machine: {
  readonly sites: Pick<Sites, 'activate' | 'addressesOf'>
}): Step<'release' | 'previousRelease' | 'hosts', 'activated'> {
  const { sites } = machine
  return {
    name: 'activate',
    timeoutMs: limits.stepTimeoutMs,
    switchesTraffic: true,
    run: async ({ project, summarise }, { release }) => {
      await refuseForeignAddress(sites, project, release)
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

/** What the operator allowed once, and has taken back, must not return by a rollback. */
async function refuseForeignAddress(
  sites: Pick<Sites, 'addressesOf'>,
  { slug, settings }: Project,
  release: number,
): Promise<void> {
  const addresses = await sites.addressesOf(slug, release)
  const isOnlyBelow = addresses.length === 1 && addresses[0] === 'subdirectory'
  if (isOnlyBelow && settings.address !== 'subdirectory') {
    throw new SlipwayError('rollback_address', { number: release })
  }
}
