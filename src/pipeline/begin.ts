/**
 * How a deployment begins, under the project's lock: with a commit to build, or with a release that
 * exists already. A commit whose files were built before, by the same tools and for the same
 * address, is not built again.
 */
import { createHash } from 'node:crypto'
import { type Config, siteUrl } from '../config.ts'
import type {
  AppGenerator,
  Builder,
  DeploymentStore,
  ProjectVariables,
  Repositories,
  Sites,
  VariableStore,
} from '../contracts.ts'
import type { TreeEntry } from '../domain/build-plan.ts'
import type { Deployment } from '../domain/deployment.ts'
import type { Project } from '../domain/project.ts'
import { describeUnused, findSchema, schemaPath } from '../domain/schema-plan.ts'
import { factsOfRelease, findRollbackTarget } from './releases.ts'
import { type Facts, identityOf } from './step.ts'

export interface BeginParts {
  readonly config: Config
  readonly repositories: Repositories
  readonly deployments: DeploymentStore
  readonly builder: Builder
  readonly sites: Sites
  readonly appGenerator: Pick<AppGenerator, 'fingerprint'>
  readonly variables: Pick<VariableStore, 'read'>
}

export interface Beginning {
  readonly facts: Partial<Facts>
  /** What people should know of it, as lines; empty where it begins as ever. */
  readonly told: readonly string[]
  /** The project's own variables; none where nothing is built. */
  readonly variables: ProjectVariables['values']
}

const noVariables: ProjectVariables = { values: {}, fingerprint: null }

/** Throws what `findRollbackTarget`, the repository and the variables throw. */
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
      variables: {},
      told: [
        'the environment and the domains stay as they are now; files, headers and redirects go back',
      ],
    }
  }
  if (commit === null) return { facts: {}, told: [], variables: {} }
  const entries = await parts.repositories.listTree(project.id, commit)
  const isBuilt = !isMadeFromSchema(entries)
  const variables = isBuilt ? parts.variables.read(project.id) : noVariables
  const sourceKey = computeSourceKey(parts, project, { entries, variables })
  if (options.clearCache) await parts.builder.clearCache(project.id)
  const isBuiltAnyway = options.forceRebuild || options.clearCache
  const same = isBuiltAnyway ? null : await findSameRelease(parts, project, sourceKey)
  if (same === null) return { facts: { commit, sourceKey }, told: [], variables: variables.values }
  return {
    facts: { ...(await factsOfRelease(parts, project, same)), sourceKey },
    variables: {},
    told: tellSame(entries, same),
  }
}

/** Whoever changed only what is not used learns here that it is not. */
function tellSame(entries: readonly TreeEntry[], release: number): readonly string[] {
  const isMade = isMadeFromSchema(entries)
  const unused = isMade ? describeUnused(entries) : null
  const files = isMade ? schemaPath : 'files'
  const told = `the same ${files} as v${release}, so its release serves again and nothing is built`
  return unused === null ? [told] : [unused, told]
}

function isMadeFromSchema(entries: readonly TreeEntry[]): boolean {
  return findSchema(entries)?.isAlone === true
}

/**
 * Everything that the files of a release depend on, as one text: of an app that is made from its
 * schema the schema and what makes it, of all others their files, tools, address and variables.
 */
function computeSourceKey(
  { config, builder, appGenerator }: BeginParts,
  project: Project,
  {
    entries,
    variables: { fingerprint },
  }: { readonly entries: readonly TreeEntry[]; readonly variables: ProjectVariables },
): string {
  const schema = findSchema(entries)
  const files = schema?.isAlone === true ? [schema.file] : entries
  const making = [appGenerator.fingerprint, project.framework, identityOf(project)]
  const building = [
    builder.fingerprint,
    siteUrl(config, project),
    ...(fingerprint === null ? [] : [fingerprint]),
  ]
  const hash = createHash('sha256')
  for (const { mode, oid, path } of files) hash.update(`${mode} ${oid} ${path}\0`)
  hash.update(
    JSON.stringify(schema === null ? building : [building, making].slice(schema.isAlone ? 1 : 0)),
  )
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
