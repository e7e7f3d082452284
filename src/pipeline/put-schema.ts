/**
 * A schema that arrives by other ways than a push becomes a commit on the production branch, and a
 * deployment. What is there already becomes neither.
 */
import { createHash } from 'node:crypto'
import { type Config, limits } from '../config.ts'
import type { DeploymentStore, ProjectStore, Repositories } from '../contracts.ts'
import type { TreeEntry } from '../domain/build-plan.ts'
import { type DeploymentTrigger, noOptions } from '../domain/deployment.ts'
import { SlipwayError } from '../domain/errors.ts'
import type { Oid } from '../domain/names.ts'
import type { Project } from '../domain/project.ts'
import { describeSchemaChange } from '../domain/schema-change.ts'
import type { AppSchema } from '../domain/schema/app-schema.ts'
import { checkSchema } from '../domain/schema/check-schema.ts'
import { findOwnSource, schemaPath } from '../domain/schema-plan.ts'
import type { Deployer, RunningDeployment } from './deployer.ts'
import { checkSchemaBytes } from './schema-reader.ts'

export interface SchemaParts {
  readonly config: Pick<Config, 'frontendDomain'>
  readonly projects: Pick<ProjectStore, 'find'>
  readonly repositories: Repositories
  readonly deployments: Pick<DeploymentStore, 'list'>
  readonly deployer: Deployer
}

export interface SchemaWish {
  /** Committed as they are. */
  readonly bytes: Uint8Array
  /** Whose name the commit and the deployment bear. */
  readonly actor: string
  /** Throws where this may not come upon what is there by then. */
  readonly accept?: (now: SchemaNow) => void
}

export interface SchemaNow {
  /** The blob of the `schema.json` that is there. */
  readonly blob: string | null
  /** What the production branch is. */
  readonly commit: Oid | null
  /** The blob of the one that is put. */
  readonly offered: string
}

export interface SchemaPut {
  readonly commit: Oid
  /** The blob of `schema.json`. */
  readonly blob: string
  readonly isNew: boolean
  /** Null where that commit was deployed before. Its `done` must be waited for. */
  readonly running: RunningDeployment | null
}

/**
 * Returns when the commit is durable and its deployment is queued. Throws `schema_invalid`,
 * `schema_of_source`, what `accept` throws, and what commits and the deployer throw.
 */
export async function putSchema(
  parts: SchemaParts,
  project: Project,
  wish: SchemaWish,
): Promise<SchemaPut> {
  const { schema } = checkSchemaBytes(project, wish.bytes)
  const { productionBranch: branch } = parts.projects.find(project.id) ?? project
  const before = await readSchemaFile(parts.repositories, project)
  let blob = blobOf(wish.bytes)
  const made = await parts.repositories.commitFiles(project.id, {
    branch,
    message: describeSchemaChange(readBefore(before?.bytes ?? null), schema),
    author: serverAuthor(parts.config, wish.actor),
    files: [{ path: schemaPath, bytes: wish.bytes }],
    others: 'stay',
    isWanted: async (head) => {
      const entries = (await head?.listTree()) ?? []
      refuseOwnSource(entries, branch)
      const current = findSchemaFile(entries)
      const now = { blob: current?.oid ?? null, commit: head?.commit ?? null }
      wish.accept?.({ ...now, offered: blobOf(wish.bytes) })
      if (current === null || !(await saysTheSame(parts.repositories, project, { current, wish })))
        return true
      blob = current.oid
      return false
    },
  })
  const { commit, isNew } = made
  if (commit === null) throw new Error('a schema that was wanted is not committed')
  if (!isNew && wasDeployed(parts, project, commit)) return { commit, blob, isNew, running: null }
  // One that is there already, and was left behind by a server that stopped, replaces nobody.
  const trigger = isNew ? 'schema' : 'redeploy'
  return { commit, blob, isNew, running: deploy(parts, { project, branch, commit, trigger }, wish) }
}

/** The file on the production branch, as it was committed; null where there is none. */
export async function readSchemaFile(
  repositories: Repositories,
  { id, productionBranch }: Project,
): Promise<{ readonly blob: string; readonly bytes: Buffer; readonly commit: Oid } | null> {
  const commit = await repositories.readRef(id, `refs/heads/${productionBranch}`)
  if (commit === null) return null
  const file = findSchemaFile(await repositories.listTree(id, commit))
  if (file === null || file.bytes > limits.schemaBytesMax) return null
  const bytes = await repositories.readBlob(id, file.oid, limits.schemaBytesMax)
  return { blob: file.oid, bytes, commit }
}

/** Whose commits the server makes. */
export function serverAuthor(
  { frontendDomain }: Pick<Config, 'frontendDomain'>,
  name: string,
): { readonly name: string; readonly email: string } {
  return { name, email: `slipway@${frontendDomain}` }
}

/** Throws `schema_of_source` for a branch whose apps are not made from a schema. */
export function refuseOwnSource(entries: readonly TreeEntry[], branch: string): void {
  const file = findOwnSource(entries)
  if (file !== null) throw new SlipwayError('schema_of_source', { branch, file })
}

function findSchemaFile(entries: readonly TreeEntry[]): TreeEntry | null {
  return (
    entries.find(
      ({ path, type, mode }) => path === schemaPath && type === 'blob' && mode !== '120000',
    ) ?? null
  )
}

/** White space is nothing new, nor a byte order mark; the order of tables and fields is. */
async function saysTheSame(
  repositories: Repositories,
  { id }: Project,
  { current, wish }: { readonly current: TreeEntry; readonly wish: SchemaWish },
): Promise<boolean> {
  if (current.oid === blobOf(wish.bytes)) return true
  if (current.bytes > limits.schemaBytesMax) return false
  const bytes = await repositories.readBlob(id, current.oid, limits.schemaBytesMax)
  const before = normalise(bytes)
  return before !== null && before === normalise(Buffer.from(wish.bytes))
}

/** Null where what was there could not be taken today. */
function readBefore(bytes: Buffer | null): AppSchema | null {
  const check = bytes === null ? null : checkSchema(bytes.toString('utf8'))
  return check === null || 'problems' in check ? null : check.schema
}

function normalise(bytes: Buffer): string | null {
  try {
    return JSON.stringify(JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, '')))
  } catch {
    return null
  }
}

/** As git names these bytes. */
function blobOf(bytes: Uint8Array): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
}

/** A server that is stopped between a commit and its deployment leaves the one without the other. */
function wasDeployed({ deployments }: SchemaParts, { id }: Project, commit: Oid): boolean {
  return deployments
    .list(id, { limit: historySearched, before: null })
    .some((deployment) => deployment.commit === commit)
}

const historySearched = 1_000

function deploy(
  { deployer, projects }: SchemaParts,
  asked: {
    readonly project: Project
    readonly branch: string
    readonly commit: Oid
    readonly trigger: DeploymentTrigger
  },
  { actor }: SchemaWish,
): RunningDeployment {
  return deployer.deploy({
    ...asked,
    project: projects.find(asked.project.id) ?? asked.project,
    actor,
    // Nobody waits for it at a terminal.
    options: { ...noOptions, detach: true },
  })
}
