/**
 * How a deployment begins, under the project's lock: with a commit to build, or with a release that
 * exists already. A commit whose files were built before, by the same tools and for the same
 * address, is not built again.
 */
import { createHash } from 'node:crypto'
import { type Config, siteUrl } from '../config.ts'
import type { Builder, DeploymentStore, Repositories, Sites } from '../contracts.ts'
import type { TreeEntry } from '../domain/build-plan.ts'
import type { Deployment } from '../domain/deployment.ts'
import type { Project } from '../domain/project.ts'
import { factsOfRelease, findRollbackTarget } from './releases.ts'
import type { Facts } from './step.ts'

export interface BeginParts {
  readonly config: Config
  readonly repositories: Repositories
  readonly deployments: DeploymentStore
  readonly builder: Builder
  readonly sites: Sites
}

export interface Beginning {
  readonly facts: Partial<Facts>
  /** What people should know of it, as lines; empty where it begins as ever. */
  readonly told: readonly string[]
}

/** Throws what `findRollbackTarget` and the repository throw. */
export async function beginDeployment(
  parts: BeginParts,
  project: Project,
  deployment: Deployment & { readonly rollbackTo: number | null },
): Promise<Beginning> {
  const { commit, rollbackTo, options } = deployment
  if (rollbackTo !== null) {
    const target = await findRollbackTarget(parts, project, rollbackTo)
    return {
      facts: await factsOfRelease(parts, project, target.release),
      told: ['the environment and the domains stay as they are now; only the files go back'],
    }
  }
  if (commit === null) return { facts: {}, told: [] }
  const entries = await parts.repositories.listTree(project.id, commit)
  const sourceKey = computeSourceKey(parts, project, entries)
  if (options.clearCache) await parts.builder.clearCache(project.id)
  const isBuiltAnyway = options.forceRebuild || options.clearCache
  const same = isBuiltAnyway ? null : await findSameRelease(parts, project, sourceKey)
  if (same === null) return { facts: { commit, sourceKey }, told: [] }
  return {
    facts: { ...(await factsOfRelease(parts, project, same)), sourceKey },
    told: [`the same files as v${same}, so its release serves again and nothing is built`],
  }
}

/** Everything that a build depends on, as one text: its files, its tools, its address. */
function computeSourceKey(
  { config, builder }: BeginParts,
  project: Project,
  entries: readonly TreeEntry[],
): string {
  const hash = createHash('sha256')
  for (const { mode, oid, path } of entries) hash.update(`${mode} ${oid} ${path}\0`)
  hash.update(JSON.stringify([builder.fingerprint, siteUrl(config, project.slug)]))
  return hash.digest('hex')
}

/** The newest release on disk that a successful deployment made of the same source. */
async function findSameRelease(
  { deployments, sites }: BeginParts,
  project: Project,
  sourceKey: string,
): Promise<number | null> {
  const releases = await sites.listReleases(project.slug)
  const same = releases.filter((number) => {
    const maker = deployments.find(project.id, number)
    if (maker?.status !== 'completed' || maker.release !== number) return false
    const facts: Partial<Facts> = deployments.facts(maker)
    return facts.sourceKey === sourceKey
  })
  return same.length === 0 ? null : Math.max(...same)
}
