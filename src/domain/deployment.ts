/** A deployment: one run of the pipeline, its states, its steps and the events it tells. */
import type { ErrorFacts } from './errors.ts'
import type { Oid, ProjectId } from './names.ts'

export const deploymentStatuses = [
  'queued',
  'in_progress',
  'completed',
  'failed',
  'cancelled',
] as const
export type DeploymentStatus = (typeof deploymentStatuses)[number]

export const stepStatuses = [
  'in_progress',
  'completed',
  'failed',
  'skipped',
  'warned',
  'undone',
] as const
export type StepStatus = (typeof stepStatuses)[number]

/** Every step that any pipeline has, in the order in which people see them. */
export const stepNames = [
  'plan',
  'checkout',
  'generate',
  'install',
  'build',
  'release',
  'vhost',
  'activate',
  'certificate',
  'verify',
] as const
export type StepName = (typeof stepNames)[number]

/** What asked for the deployment. */
export const deploymentTriggers = ['welcome', 'push', 'schema', 'redeploy', 'rollback'] as const
export type DeploymentTrigger = (typeof deploymentTriggers)[number]

export interface DeploymentOptions {
  /** Builds even where an equal tree was built before. */
  readonly forceRebuild: boolean
  /** Drops the project's build cache first. */
  readonly clearCache: boolean
  /** Nobody waits at a terminal: it goes on after a restart of the server. */
  readonly detach: boolean
}

export const noOptions: DeploymentOptions = {
  forceRebuild: false,
  clearCache: false,
  detach: false,
}

export interface Deployment {
  readonly projectId: ProjectId
  /** Counts per project from 1; `v12` to people. */
  readonly number: number
  readonly status: DeploymentStatus
  readonly trigger: DeploymentTrigger
  /** Null for the welcome page, which comes from no commit. */
  readonly commit: Oid | null
  readonly branch: string | null
  /** Who asked: the name of a token, or `slipway` itself. */
  readonly actor: string
  readonly options: DeploymentOptions
  /** The number of the release that it made live; null while there is none. */
  readonly release: number | null
  readonly error: ErrorFacts | null
  readonly createdAt: Date
  readonly startedAt: Date | null
  readonly finishedAt: Date | null
}

/** Something that happened, before it has its place in the project's log. */
export interface NewEvent {
  readonly deployment: number
  /** `queue` and `deployment` speak of the whole; the others of one step. */
  readonly step: StepName | 'queue' | 'deployment'
  readonly status: StepStatus | DeploymentStatus
  /** Set for a line that a tool printed; null for a line of Slipway's own. */
  readonly stream: 'stdout' | 'stderr' | null
  /** One line, without control characters, at most `logLineLengthMax` characters. */
  readonly text: string
}

export interface DeploymentEvent extends NewEvent {
  /** Grows by one per project, without gaps, from 1. */
  readonly seq: number
  readonly at: Date
}

export function isFinished(status: DeploymentStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled'
}
