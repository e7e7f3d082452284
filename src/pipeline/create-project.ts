/** A new project: its row, its repository, and its app or a welcome page as the first deployment. */
import { randomBytes } from 'node:crypto'
import type { Config } from '../config.ts'
import type { ProjectStore } from '../contracts.ts'
import { noOptions } from '../domain/deployment.ts'
import { SlipwayError } from '../domain/errors.ts'
import {
  type HostName,
  parseProjectId,
  projectHost,
  type ProjectId,
  type Slug,
  slugFromName,
  slugFromSchemaName,
} from '../domain/names.ts'
import {
  defaultProjectSettings,
  type Framework,
  type Project,
  type ProjectSettings,
} from '../domain/project.ts'
import type { RunningDeployment } from './deployer.ts'
import { putSchema, type SchemaParts } from './put-schema.ts'
import { checkSchemaBytes } from './schema-reader.ts'

export interface ProjectWish {
  readonly name: string
  readonly schemaName: string | null
  /** The platform's own id; null where Slipway makes one. */
  readonly id: string | null
  readonly framework: Framework | null
  readonly settings: Partial<ProjectSettings>
  /** What its app is made from; null where a welcome page is its first. */
  readonly schema: Buffer | null
  /** Who asked for it. */
  readonly actor: string
}

export interface CreateProjectParts extends SchemaParts {
  readonly config: Pick<Config, 'frontendDomain' | 'schemaPull'>
  readonly projects: ProjectStore
  /** Below FRONTEND_DOMAIN too, and not for sites. */
  readonly reservedHosts: readonly HostName[]
  readonly logError: (message: string, error: unknown) => void
}

/**
 * Returns as soon as the project can be pushed to; its app or welcome page goes live a moment later.
 * Throws `slug_taken`, `project_id_taken`, `schema_invalid` or what the names throw; then nothing
 * was made.
 */
export async function createProject(
  parts: CreateProjectParts,
  wish: ProjectWish,
): Promise<Project> {
  const { config, projects, repositories } = parts
  const project: Project = {
    id: wish.id === null ? createId(Date.now()) : parseProjectId(wish.id),
    slug: requireFree(parts, chooseSlug(wish)),
    name: wish.name,
    schemaName: wish.schemaName,
    framework: wish.framework,
    productionBranch: 'main',
    settings: {
      ...defaultProjectSettings,
      ...wish.settings,
      pulledSchema: wish.schema === null && config.schemaPull ? 'none' : null,
    },
    createdAt: new Date(),
  }
  if (wish.schema !== null) checkSchemaBytes(project, wish.schema)
  projects.create(project)
  let first: RunningDeployment
  try {
    await repositories.create(project)
    first = await deployFirst(parts, project, wish)
  } catch (error) {
    await repositories.remove(project.id).catch(() => undefined)
    projects.remove(project.id)
    throw error
  }
  first.done.catch((error: unknown) => {
    const isMeant =
      error instanceof SlipwayError && ['project_gone', 'server_stopping'].includes(error.code)
    if (!isMeant) parts.logError(`the first deployment of ${project.slug} is not live`, error)
  })
  return project
}

async function deployFirst(
  parts: CreateProjectParts,
  project: Project,
  { schema, actor }: ProjectWish,
): Promise<RunningDeployment> {
  if (schema !== null) {
    const { running } = await putSchema(parts, project, { bytes: schema, actor })
    if (running !== null) return running
  }
  return parts.deployer.deploy({
    project,
    trigger: 'welcome',
    commit: null,
    branch: null,
    actor: 'slipway',
    // Nobody waits for it at a terminal.
    options: { ...noOptions, detach: true },
  })
}

function requireFree({ config, reservedHosts }: CreateProjectParts, slug: Slug): Slug {
  if (!reservedHosts.includes(projectHost(slug, config.frontendDomain))) return slug
  throw new SlipwayError('reserved_slug', { slug })
}

function chooseSlug({ name, schemaName }: ProjectWish): Slug {
  return schemaName === null ? slugFromName(name, randomLetters(5)) : slugFromSchemaName(schemaName)
}

function randomLetters(count: number): string {
  const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789'
  return Array.from(randomBytes(count), (byte) => alphabet[byte % alphabet.length]).join('')
}

/** A UUIDv7 (RFC 9562, section 5.7): ids that sort by the time they were made. */
function createId(nowMs: number): ProjectId {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(nowMs, 0, 6)
  bytes.writeUInt8(0x70 | (bytes.readUInt8(6) & 0x0f), 6)
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8)
  const hex = bytes.toString('hex')
  const parts = [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ] as const
  return parseProjectId(parts.map(([from, to]) => hex.slice(from, to)).join('-'))
}
