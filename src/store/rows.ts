/**
 * The door between rows and the domain: the one place where what SQLite holds becomes a type of
 * ours. A value that no program of ours can have written is a defect, and is thrown as one.
 */
import type { StepRecord, Token } from '../contracts.ts'
import { tokenScopes } from '../contracts.ts'
import {
  type Deployment,
  type DeploymentEvent,
  type DeploymentOptions,
  deploymentStatuses,
  deploymentTriggers,
  noOptions,
  stepNames,
  stepStatuses,
} from '../domain/deployment.ts'
import { type ErrorFacts, isErrorCode } from '../domain/errors.ts'
import type { Oid, ProjectId, Slug } from '../domain/names.ts'
import {
  defaultProjectSettings,
  frameworks,
  type Project,
  type ProjectSettings,
} from '../domain/project.ts'
import type { StepUse } from '../domain/use.ts'

export interface ProjectRow {
  readonly id: string
  readonly slug: string
  readonly name: string
  readonly schema_name: string | null
  readonly framework: string | null
  readonly production_branch: string
  readonly settings: string
  readonly created_at: number
}

export function toProject(row: ProjectRow): Project {
  return {
    id: row.id as ProjectId,
    slug: row.slug as Slug,
    name: row.name,
    schemaName: row.schema_name,
    framework: row.framework === null ? null : oneOf(frameworks, row.framework),
    productionBranch: row.production_branch,
    settings: toSettings(readJson(row.settings)),
    createdAt: new Date(row.created_at),
  }
}

export interface DeploymentRow {
  readonly project_id: string
  readonly number: number
  readonly status: string
  readonly cause: string
  readonly commit_oid: string | null
  readonly branch: string | null
  readonly actor: string
  readonly options: string
  readonly release: number | null
  readonly error: string | null
  readonly created_at: number
  readonly started_at: number | null
  readonly finished_at: number | null
}

export function toDeployment(row: DeploymentRow): Deployment {
  return {
    projectId: row.project_id as ProjectId,
    number: row.number,
    status: oneOf(deploymentStatuses, row.status),
    trigger: oneOf(deploymentTriggers, row.cause),
    commit: row.commit_oid as Oid | null,
    branch: row.branch,
    actor: row.actor,
    options: toOptions(readJson(row.options)),
    release: row.release,
    error: row.error === null ? null : toStoredError(readJson(row.error)),
    createdAt: new Date(row.created_at),
    startedAt: toDate(row.started_at),
    finishedAt: toDate(row.finished_at),
  }
}

export interface StepRow {
  readonly step: string
  readonly status: string
  readonly started_at: number
  readonly finished_at: number | null
  readonly used: string | null
}

export function toStepRecord(row: StepRow): StepRecord {
  return {
    step: oneOf(stepNames, row.step),
    status: oneOf(stepStatuses, row.status),
    startedAt: new Date(row.started_at),
    finishedAt: toDate(row.finished_at),
    used: row.used === null ? null : toUse(readJson(row.used)),
  }
}

export interface EventRow {
  readonly seq: number
  readonly at: number
  readonly deployment: number
  readonly step: string
  readonly status: string
  readonly stream: string | null
  readonly text: string
}

export function toEvent(row: EventRow): DeploymentEvent {
  return {
    seq: row.seq,
    deployment: row.deployment,
    at: new Date(row.at),
    step: oneOf(eventSteps, row.step),
    status: oneOf(eventStatuses, row.status),
    stream: row.stream === null ? null : oneOf(streams, row.stream),
    text: row.text,
  }
}

export interface TokenRow {
  readonly id: string
  readonly project_id: string | null
  readonly scope: string
  readonly name: string
  readonly created_at: number
  readonly expires_at: number | null
  readonly last_used_at: number | null
}

export function toToken(row: TokenRow): Token {
  return {
    id: row.id,
    projectId: row.project_id as ProjectId | null,
    scope: oneOf(tokenScopes, row.scope),
    name: row.name,
    createdAt: new Date(row.created_at),
    expiresAt: toDate(row.expires_at),
    lastUsedAt: toDate(row.last_used_at),
  }
}

export function readJson(text: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null) throw new Error(`no object in a row: ${text}`)
  return value as Readonly<Record<string, unknown>>
}

const eventSteps = [...stepNames, 'queue', 'deployment'] as const
const eventStatuses = [...stepStatuses, ...deploymentStatuses] as const
const streams = ['stdout', 'stderr'] as const

/** Settings and options that came later than the row have their default. */
function toSettings(stored: Readonly<Record<string, unknown>>): ProjectSettings {
  return { ...defaultProjectSettings, ...stored } as ProjectSettings
}

function toOptions(stored: Readonly<Record<string, unknown>>): DeploymentOptions {
  return { ...noOptions, ...stored } as DeploymentOptions
}

function toUse(stored: Readonly<Record<string, unknown>>): StepUse {
  const read = (name: keyof StepUse): number | null => {
    const value = stored[name]
    return typeof value === 'number' ? value : null
  }
  return {
    cpuMs: read('cpuMs'),
    memoryPeakBytes: read('memoryPeakBytes'),
    files: read('files'),
    bytes: read('bytes'),
  }
}

function toStoredError(stored: Readonly<Record<string, unknown>>): ErrorFacts {
  const { code, message, hint } = stored
  // The text is what people are told; a code that has left the table takes nothing from it.
  const known = typeof code === 'string' && isErrorCode(code) ? code : 'internal'
  return { code: known, message: String(message), hint: String(hint) }
}

export function oneOf<const Known extends string>(known: readonly Known[], text: string): Known {
  const found = known.find((one) => one === text)
  if (found === undefined) throw new Error(`"${text}" in a row is none of ${known.join(', ')}`)
  return found
}

function toDate(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms)
}
