/** Projects, deployments and events as REST shows them; the names are CONTRACT's. */
import type { z } from 'zod'
import { type Config, remoteUrl } from '../config.ts'
import type { StepRecord } from '../contracts.ts'
import type { Deployment, DeploymentEvent } from '../domain/deployment.ts'
import type { Project, ProjectStatus } from '../domain/project.ts'
import { type DeploymentUse, type StepUse, sumUse } from '../domain/use.ts'
import type {
  deploymentDetailShape,
  deploymentShape,
  eventShape,
  projectShape,
  statusShape,
} from './shapes.ts'

export interface ProjectState {
  readonly project: Project
  readonly newest: Deployment | null
  /** The release that visitors see; null where nothing is live. */
  readonly live: number | null
  /** Where they see it. */
  readonly url: string
}

export function presentProject(
  { project, newest, live, url }: ProjectState,
  config: Config,
): z.input<typeof projectShape> {
  return {
    id: project.id,
    slug: project.slug,
    name: project.name,
    schema_name: project.schemaName,
    framework: project.framework,
    status: projectStatus(newest, live),
    frontend_url: live === null ? null : url,
    git_url: remoteUrl(config, project.slug),
    production_branch: project.productionBranch,
    settings: {
      address: project.settings.address,
      on_newer_push: project.settings.onNewerPush,
      pinned_releases: [...project.settings.pinnedReleases],
    },
    created_at: project.createdAt.toISOString(),
    deployment: newest === null ? null : presentDeployment(newest),
  }
}

/** As `Location` has it. */
export function placeOf({ projectId, number }: Pick<Deployment, 'projectId' | 'number'>): string {
  return `/api/v1/runtime/projects/${projectId}/deployments/${number}/`
}

export function presentDeployment(deployment: Deployment): z.input<typeof deploymentShape> {
  const { startedAt, finishedAt } = deployment
  return {
    number: deployment.number,
    commit: deployment.commit,
    branch: deployment.branch,
    status: deployment.status,
    trigger: deployment.trigger,
    actor: deployment.actor,
    release: deployment.release,
    error: deployment.error,
    created_at: deployment.createdAt.toISOString(),
    started_at: startedAt?.toISOString() ?? null,
    finished_at: finishedAt?.toISOString() ?? null,
    duration_ms: durationMs(startedAt, finishedAt),
  }
}

export function presentDetail(
  deployment: Deployment,
  steps: readonly StepRecord[],
): z.input<typeof deploymentDetailShape> {
  const { forceRebuild, clearCache, detach } = deployment.options
  return {
    ...presentDeployment(deployment),
    options: { force_rebuild: forceRebuild, clear_cache: clearCache, detach },
    steps: steps.map(({ step, status, startedAt, finishedAt, used }) => ({
      step,
      status,
      started_at: startedAt.toISOString(),
      finished_at: finishedAt?.toISOString() ?? null,
      duration_ms: durationMs(startedAt, finishedAt),
      used: used === null ? null : { ...presentUse(used), files: used.files, bytes: used.bytes },
    })),
    used: presentUseOfAll(sumUse(steps)),
  }
}

function presentUseOfAll(used: DeploymentUse): z.input<typeof deploymentDetailShape>['used'] {
  return {
    ...presentUse(used),
    source_files: used.sourceFiles,
    source_bytes: used.sourceBytes,
    release_files: used.releaseFiles,
    release_bytes: used.releaseBytes,
  }
}

function presentUse({ cpuMs, memoryPeakBytes }: Pick<StepUse, 'cpuMs' | 'memoryPeakBytes'>) {
  return {
    cpu_seconds: cpuMs === null ? null : cpuMs / 1_000,
    peak_memory_bytes: memoryPeakBytes,
  }
}

export function presentStatus(
  state: ProjectState,
  milestones: readonly DeploymentEvent[],
): z.input<typeof statusShape> {
  const { project, newest, live, url } = state
  return {
    project_id: project.id,
    status: projectStatus(newest, live),
    frontend_url: live === null ? null : url,
    deployment: newest === null ? null : presentDeployment(newest),
    deployment_logs: milestones.map(({ at, step, status, text }) => ({
      timestamp: at.toISOString(),
      step,
      status,
      message: text,
    })),
  }
}

/** One frame of the WebSocket, one line of NDJSON. */
export function presentEvent(event: DeploymentEvent): z.input<typeof eventShape> {
  return {
    seq: event.seq,
    deployment: event.deployment,
    at: event.at.toISOString(),
    step: event.step,
    status: event.status,
    stream: event.stream,
    text: event.text,
  }
}

/** `failed` speaks of the newest deployment; what was live before still is. */
function projectStatus(newest: Deployment | null, live: number | null): ProjectStatus {
  const resting = live === null ? 'created' : 'deployed'
  switch (newest?.status) {
    case 'queued':
    case 'in_progress':
      return 'deploying'
    case 'failed':
      return 'failed'
    case 'completed':
    case 'cancelled':
    case undefined:
      return resting
  }
}

function durationMs(from: Date | null, to: Date | null): number | null {
  return from === null || to === null ? null : to.getTime() - from.getTime()
}
