/** Projects, deployments and events as REST shows them; the names are CONTRACT's. */
import { type Config, remoteUrl, siteUrl } from '../config.ts'
import type { Deployment, DeploymentEvent } from '../domain/deployment.ts'
import type { Project, ProjectStatus } from '../domain/project.ts'

export interface ProjectState {
  readonly project: Project
  readonly newest: Deployment | null
  /** The release that visitors see; null where nothing is live. */
  readonly live: number | null
}

export function presentProject({ project, newest, live }: ProjectState, config: Config) {
  return {
    id: project.id,
    slug: project.slug,
    name: project.name,
    schema_name: project.schemaName,
    framework: project.framework,
    status: projectStatus(newest, live),
    frontend_url: live === null ? null : siteUrl(config, project.slug),
    git_url: remoteUrl(config, project.slug),
    production_branch: project.productionBranch,
    settings: { on_newer_push: project.settings.onNewerPush },
    created_at: project.createdAt.toISOString(),
    deployment: newest === null ? null : presentDeployment(newest),
  }
}

export function presentDeployment(deployment: Deployment) {
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
    started_at: deployment.startedAt?.toISOString() ?? null,
    finished_at: deployment.finishedAt?.toISOString() ?? null,
  }
}

export function presentStatus(
  state: ProjectState,
  milestones: readonly DeploymentEvent[],
  config: Config,
) {
  const { project, newest, live } = state
  return {
    project_id: project.id,
    status: projectStatus(newest, live),
    frontend_url: live === null ? null : siteUrl(config, project.slug),
    deployment: newest === null ? null : presentDeployment(newest),
    deployment_logs: milestones.map(({ at, step, status, text }) => ({
      timestamp: at.toISOString(),
      step,
      status,
      message: text,
    })),
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
