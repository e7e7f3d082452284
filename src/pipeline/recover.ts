/**
 * Once, before the server takes anything: what a crash or a stop left unfinished is undone from
 * the saved facts, or completed where nothing but the last word was missing. What nobody waits for
 * at a terminal goes on.
 */
import type {
  Builder,
  DeploymentStore,
  EventLog,
  ProjectStore,
  Repositories,
} from '../contracts.ts'
import type { Deployment, DeploymentStatus } from '../domain/deployment.ts'
import { SlipwayError, toErrorFacts } from '../domain/errors.ts'
import type { Project } from '../domain/project.ts'
import type { Deployer } from './deployer.ts'
import { type Pipelines, stepsOf } from './pipelines.ts'
import { undoSteps } from './run-pipeline.ts'
import { type Facts, workspaceKey } from './step.ts'

export interface RecoverParts {
  readonly projects: ProjectStore
  readonly deployments: DeploymentStore
  readonly events: EventLog
  readonly pipelines: Pipelines
  readonly repositories: Repositories
  readonly builder: Builder
  readonly deployer: Deployer
  readonly logError: (message: string, error: unknown) => void
}

/** When it resolves, nothing reads `in_progress` that isn't running. */
export async function recoverDeployments(parts: RecoverParts): Promise<void> {
  await removeWorkspaces(parts)
  for (const deployment of parts.deployments.unfinished()) {
    const project = parts.projects.find(deployment.projectId)
    if (project !== null) await recover(parts, project, deployment)
  }
}

/**
 * Nothing is built yet, so each one is left over; but the folder may hold what is not ours, and only
 * a deployment's own goes. What can't be removed costs room, and does not keep the server from
 * starting.
 */
async function removeWorkspaces(parts: RecoverParts): Promise<void> {
  const { builder, logError } = parts
  for (const key of await builder.leftWorkspaces()) {
    if (!isWorkspaceOf(parts, key)) continue
    try {
      await builder.closeWorkspace(key)
    } catch (error) {
      logError(`the workspace ${key} could not be removed`, error)
    }
  }
}

function isWorkspaceOf({ projects, deployments }: RecoverParts, key: string): boolean {
  const [, slug = '', number = ''] = /^(.+)-v([0-9]+)$/.exec(key) ?? []
  const project = projects.find(slug)
  const deployment = project === null ? null : deployments.find(project.id, Number(number))
  return project !== null && deployment !== null && workspaceKey(project, deployment) === key
}

async function recover(
  parts: RecoverParts,
  project: Project,
  deployment: Deployment,
): Promise<void> {
  if (deployment.status === 'in_progress' && (await completeOrUndo(parts, project, deployment))) {
    return
  }
  // One whose ref git did not come to move is no push.
  if (deployment.options.detach && (await isConfirmed(parts, deployment))) {
    parts.deployments.setStatus(deployment, 'queued')
    resume(parts, project, deployment)
    return
  }
  const error = toErrorFacts(new SlipwayError('interrupted'), '')
  const status = deployment.status === 'queued' ? 'cancelled' : 'failed'
  parts.deployments.setStatus(deployment, status, { error })
  tell(parts, deployment, { status, text: error.message })
}

/** True where it was complete but for the last word; else everything is as before it began. */
async function completeOrUndo(
  parts: RecoverParts,
  project: Project,
  deployment: Deployment,
): Promise<boolean> {
  const { deployments, events, pipelines } = parts
  const facts: Partial<Facts> = deployments.facts(deployment)
  const records = new Map(
    deployments.steps(deployment).map((record) => [record.step, record.status]),
  )
  const hasBuilt = records.has('plan') || records.has('generate')
  const steps = stepsOf(pipelines, deployment.trigger, hasBuilt ? {} : facts)
  const isDone = steps.every(({ name }) =>
    ['completed', 'skipped', 'warned'].includes(records.get(name) ?? ''),
  )
  if (isDone && facts.release !== undefined && (await isConfirmed(parts, deployment))) {
    deployments.setStatus(deployment, 'completed', { release: facts.release })
    const text = `v${deployment.number} is live; the server was restarted meanwhile`
    tell(parts, deployment, { status: 'completed', text })
    return true
  }
  const begun = steps.filter(({ name }) => records.has(name) && records.get(name) !== 'undone')
  await undoSteps(begun, facts, {
    project,
    deployment,
    variables: {},
    save: (step, known) => {
      deployments.saveStep(deployment, step, known)
    },
    tell: (event) => {
      events.append(project.id, [event])
    },
  })
  return false
}

/** A push is confirmed by its ref; everything else needs no word from outside. */
async function isConfirmed(
  { repositories }: RecoverParts,
  { projectId, trigger, branch, commit }: Deployment,
): Promise<boolean> {
  if (trigger !== 'push') return true
  return (await repositories.readRef(projectId, `refs/heads/${branch ?? ''}`)) === commit
}

function resume(
  { deployer, logError }: RecoverParts,
  project: Project,
  deployment: Deployment,
): void {
  const { trigger, commit, branch, actor, options } = deployment
  const request = { project, trigger, commit, branch, actor, options }
  deployer.resume(request, deployment).done.catch((error: unknown) => {
    logError(`v${deployment.number} of ${project.slug}, resumed, did not go live`, error)
  })
}

function tell(
  { events }: RecoverParts,
  { projectId, number }: Deployment,
  said: { readonly status: DeploymentStatus; readonly text: string },
): void {
  events.append(projectId, [{ deployment: number, step: 'deployment', stream: null, ...said }])
}
