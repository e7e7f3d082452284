/** Which release a rollback means, and what has to be known to bring it back. */
import type { Config } from '../config.ts'
import type { DeploymentStore, Sites } from '../contracts.ts'
import type { Deployment } from '../domain/deployment.ts'
import { SlipwayError } from '../domain/errors.ts'
import { type Oid, projectHost } from '../domain/names.ts'
import type { Project } from '../domain/project.ts'
import type { Facts } from './step.ts'

export interface ReleaseParts {
  readonly config: Config
  readonly deployments: DeploymentStore
  readonly sites: Sites
}

export interface RollbackTarget {
  readonly release: number
  readonly commit: Oid | null
  readonly branch: string | null
}

/** How far back the history is searched for what was live before. */
const historySearched = 1_000

/** Throws `rollback_unknown`, `rollback_failed`, `rollback_live`, `rollback_collected` or `rollback_none`. */
export async function findRollbackTarget(
  parts: ReleaseParts,
  project: Project,
  to: 'previous' | number,
): Promise<RollbackTarget> {
  const live = await parts.sites.currentRelease(project.slug)
  const existing = await parts.sites.listReleases(project.slug)
  const wanted =
    to === 'previous'
      ? findPrevious(parts, project, live)
      : refuseUnfit(parts.deployments.find(project.id, to), to)
  const release = wanted.release
  if (release === live) throw new SlipwayError('rollback_live', { number: release })
  if (!existing.includes(release)) {
    const others = existing.filter((number) => number !== live)
    throw new SlipwayError('rollback_collected', {
      number: release,
      remaining: others.length === 0 ? 'none' : others.map((number) => `v${number}`).join(', '),
    })
  }
  return wanted
}

/** The facts with which the steps from `activate` on make a release live that exists already. */
export async function factsOfRelease(
  { config, sites }: Pick<ReleaseParts, 'config' | 'sites'>,
  project: Project,
  release: number,
): Promise<Pick<Facts, 'release' | 'previousRelease' | 'hosts'>> {
  return {
    release,
    previousRelease: await sites.currentRelease(project.slug),
    hosts: [projectHost(project.slug, config.frontendDomain)],
  }
}

/** What was live before that which is live now; null where nothing was. */
export function previousRelease(
  deployments: DeploymentStore,
  project: Project,
  live: number | null,
): RollbackTarget | null {
  const history = deployments.list(project.id, { limit: historySearched, before: null })
  const before = history.find(
    ({ status, release }) => status === 'completed' && release !== null && release !== live,
  )
  return before === undefined ? null : toTarget(before)
}

function findPrevious(
  { deployments }: ReleaseParts,
  project: Project,
  live: number | null,
): RollbackTarget {
  const target = previousRelease(deployments, project, live)
  if (target === null) throw new SlipwayError('rollback_none')
  return target
}

function refuseUnfit(deployment: Deployment | null, number: number): RollbackTarget {
  if (deployment === null) throw new SlipwayError('rollback_unknown', { number })
  const target = toTarget(deployment)
  if (deployment.status !== 'completed' || target === null) {
    throw new SlipwayError('rollback_failed', { number, status: deployment.status })
  }
  return target
}

function toTarget({ release, commit, branch }: Deployment): RollbackTarget | null {
  return release === null ? null : { release, commit, branch }
}
