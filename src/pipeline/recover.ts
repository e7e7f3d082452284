/**
 * Once, before the server takes anything: what a crash or a stop left unfinished is undone from
 * the saved facts, or completed where nothing but the last word was missing.
 */
import type { DeploymentStore, EventLog, ProjectStore, Repositories } from '../contracts.ts'
import type { Deployment } from '../domain/deployment.ts'
import { SlipwayError, toErrorFacts } from '../domain/errors.ts'
import type { Project } from '../domain/project.ts'
import { type Pipelines, stepsOf } from './pipelines.ts'
import { undoSteps } from './run-pipeline.ts'
import type { Facts } from './step.ts'

export interface RecoverParts {
  readonly projects: ProjectStore
  readonly deployments: DeploymentStore
  readonly events: EventLog
  readonly pipelines: Pipelines
  readonly repositories: Repositories
}

/** Answers how many deployments were found unfinished. */
export async function recoverDeployments(parts: RecoverParts): Promise<number> {
  const unfinished = parts.deployments.unfinished()
  for (const deployment of unfinished) {
    const project = parts.projects.find(deployment.projectId)
    if (project !== null) await recover(parts, project, deployment)
  }
  return unfinished.length
}

async function recover(
  parts: RecoverParts,
  project: Project,
  deployment: Deployment,
): Promise<void> {
  const { deployments, events, pipelines } = parts
  const tell = (status: 'completed' | 'failed', text: string): void => {
    const { number } = deployment
    events.append(project.id, [
      { deployment: number, step: 'deployment', status, stream: null, text },
    ])
  }
  const records = new Map(
    deployments.steps(deployment).map((record) => [record.step, record.status]),
  )
  const facts: Partial<Facts> = deployments.facts(deployment)
  const hasBuilt = records.has('checkout') || records.has('generate')
  const steps = stepsOf(pipelines, deployment.trigger, hasBuilt ? {} : facts)
  const hasRunAll = steps.every(({ name }) =>
    ['completed', 'skipped', 'warned'].includes(records.get(name) ?? ''),
  )
  if (hasRunAll && facts.release !== undefined && (await isConfirmed(parts, deployment))) {
    deployments.setStatus(deployment, 'completed', { release: facts.release })
    tell('completed', `v${deployment.number} is live; the server was restarted meanwhile`)
    return
  }
  const begun = steps.filter(({ name }) => records.has(name) && records.get(name) !== 'undone')
  await undoSteps(begun, facts, {
    project,
    deployment,
    save: (step, known) => {
      deployments.saveStep(deployment, step, known)
    },
    tell: (event) => {
      events.append(project.id, [event])
    },
  })
  const error = toErrorFacts(new SlipwayError('interrupted'), '')
  deployments.setStatus(deployment, 'failed', { error })
  tell('failed', error.message)
}

/** A push is confirmed by its ref; everything else needs no word from outside. */
async function isConfirmed(
  { repositories }: RecoverParts,
  { projectId, trigger, branch, commit }: Deployment,
): Promise<boolean> {
  if (trigger !== 'push') return true
  return (await repositories.readRef(projectId, `refs/heads/${branch ?? ''}`)) === commit
}
