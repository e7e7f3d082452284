/** What REST answers, as far as it is shown to people; `--json` shows it as it came. */
import {
  type DeploymentEvent,
  deploymentStatuses,
  type DeploymentStatus,
  isFinished,
  stepNames,
  stepStatuses,
} from '../domain/deployment.ts'
import { isRecord, type Json, readNumber, readRecord, readText } from './json.ts'

export interface ShownDeployment {
  readonly number: number
  readonly status: string
  readonly trigger: string | null
  readonly branch: string | null
  readonly commit: string | null
  readonly actor: string | null
  readonly error: { readonly message: string; readonly hint: string } | null
  readonly createdAt: string | null
  readonly startedAt: string | null
  readonly finishedAt: string | null
}

export function readDeployment(json: Json): ShownDeployment {
  const error = readRecord(json, 'error')
  return {
    number: readNumber(json, 'number') ?? 0,
    status: readText(json, 'status') ?? '',
    trigger: readText(json, 'trigger'),
    branch: readText(json, 'branch'),
    commit: readText(json, 'commit'),
    actor: readText(json, 'actor'),
    error:
      error === null
        ? null
        : { message: readText(error, 'message') ?? '', hint: readText(error, 'hint') ?? '' },
    createdAt: readText(json, 'created_at'),
    startedAt: readText(json, 'started_at'),
    finishedAt: readText(json, 'finished_at'),
  }
}

export interface ShownStep {
  readonly name: string
  readonly status: string
  readonly startedAt: string | null
  readonly finishedAt: string | null
  readonly cpuSeconds: number | null
  readonly peakMemoryBytes: number | null
  /** What it wrote. */
  readonly files: number | null
  readonly bytes: number | null
}

/** The steps of a deployment that was asked for alone. */
export function readSteps(json: Json): readonly ShownStep[] {
  const steps = json['steps']
  return (Array.isArray(steps) ? steps : []).filter(isRecord).map((step) => {
    const used = readRecord(step, 'used') ?? {}
    return {
      name: readText(step, 'step') ?? '',
      status: readText(step, 'status') ?? '',
      startedAt: readText(step, 'started_at'),
      finishedAt: readText(step, 'finished_at'),
      cpuSeconds: readNumber(used, 'cpu_seconds'),
      peakMemoryBytes: readNumber(used, 'peak_memory_bytes'),
      files: readNumber(used, 'files'),
      bytes: readNumber(used, 'bytes'),
    }
  })
}

/** The newest deployment of a project, or of its status; null where there is none. */
export function readNewest(json: Json): ShownDeployment | null {
  const deployment = readRecord(json, 'deployment')
  return deployment === null ? null : readDeployment(deployment)
}

export function isOver(status: string): boolean {
  return isDeploymentStatus(status) && isFinished(status)
}

/** A step or status of a newer server is shown as a line of the deployment's. */
export function readEvent(json: Json): DeploymentEvent {
  const [step, status] = [readText(json, 'step') ?? '', readText(json, 'status') ?? '']
  const stream = readText(json, 'stream')
  return {
    seq: readNumber(json, 'seq') ?? 0,
    deployment: readNumber(json, 'deployment') ?? 0,
    at: new Date(readText(json, 'at') ?? 0),
    step: isStep(step) ? step : 'deployment',
    status: isDeploymentStatus(status) || isStepStatus(status) ? status : 'in_progress',
    stream: stream === 'stdout' || stream === 'stderr' ? stream : null,
    text: readText(json, 'text') ?? '',
  }
}

function isStep(text: string): text is DeploymentEvent['step'] {
  return text === 'queue' || text === 'deployment' || stepNames.some((name) => name === text)
}

function isDeploymentStatus(text: string): text is DeploymentStatus {
  return deploymentStatuses.some((status) => status === text)
}

function isStepStatus(text: string): text is (typeof stepStatuses)[number] {
  return stepStatuses.some((status) => status === text)
}
