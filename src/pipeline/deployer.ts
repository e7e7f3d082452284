/**
 * Which deployments run, wait and give way: takes them in, lets projects take turns, cancels, and
 * ends with the server. Knows nothing of how a deployment was asked for, nor what it does.
 */
import type { Deployment, DeploymentTrigger } from '../domain/deployment.ts'
import { SlipwayError } from '../domain/errors.ts'
import { type ProjectId, shortOid } from '../domain/names.ts'
import {
  DeploymentRun,
  type DeployRequest,
  keyOf,
  type RunParts,
  type Turns,
} from './deployment-run.ts'
import { TurnQueue } from './queue.ts'

export type { DeployRequest } from './deployment-run.ts'

export interface RunningDeployment {
  readonly deployment: Deployment
  /**
   * Resolves when it is on record as completed, though old files may still be on their way out;
   * rejects with the error that was told. Must be waited for.
   */
  readonly done: Promise<void>
}

/** How much there is to do now, for those who watch the server. */
export interface QueueState {
  /** For their turn or for a place among the builds. */
  readonly waiting: number
  /** When the oldest of those was asked for; null where none waits. */
  readonly oldestSince: Date | null
  readonly running: number
  /** Those of the running that have a place among the builds. */
  readonly building: number
  readonly isStopping: boolean
}

export type CancelAnswer = 'cancelled' | 'finishing' | 'unknown'

export class Deployer {
  readonly #parts: RunParts
  readonly #turns: Turns
  readonly #runs = new Map<string, { readonly run: DeploymentRun; readonly ended: Promise<void> }>()
  readonly #retired = new Set<ProjectId>()
  #isStopping = false

  constructor(parts: RunParts) {
    this.#parts = parts
    this.#turns = {
      projects: new TurnQueue({ placesMax: Number.POSITIVE_INFINITY, perKeyMax: 1 }),
      builds: new TurnQueue({
        placesMax: parts.config.build.concurrency,
        perKeyMax: Number.POSITIVE_INFINITY,
      }),
      isStopping: () => this.#isStopping,
      awaitedReleases: (projectId) => this.#awaitedReleases(projectId),
    }
  }

  /** Queues a deployment. Throws `server_stopping` or `project_gone`; what fails later, by `done`. */
  deploy(request: DeployRequest): RunningDeployment {
    const { project, trigger, commit, branch, actor, options } = request
    if (this.#isStopping) throw new SlipwayError('server_stopping')
    if (this.#retired.has(project.id)) throw new SlipwayError('project_gone')
    const asked = { projectId: project.id, trigger, commit, branch, actor, options }
    return this.resume(request, this.#parts.deployments.create(asked))
  }

  /** Goes on with a deployment that is queued in the database already. */
  resume(request: DeployRequest, deployment: Deployment): RunningDeployment {
    const run = new DeploymentRun(this.#parts, this.#turns, { request, deployment })
    this.#replaceOlder(run)
    // Begins a moment later, so that the caller can follow it from its first event on.
    const ended = Promise.resolve()
      .then(() => run.carryOut())
      .finally(() => this.#runs.delete(keyOf(deployment)))
    this.#runs.set(keyOf(deployment), { run, ended })
    return { deployment, done: Promise.race([run.recorded, ended]) }
  }

  /**
   * Ends a deployment that waits or runs. Answers `finishing` where visitors see it already, and
   * `unknown` where none of that number is under way.
   */
  cancel(deployment: Pick<Deployment, 'projectId' | 'number'>, reason: SlipwayError): CancelAnswer {
    const run = this.#runs.get(keyOf(deployment))?.run
    if (run === undefined) return 'unknown'
    if (run.state === 'switched') {
      run.tell('in_progress', 'visitors see it already, so it is finished, not cancelled')
      return 'finishing'
    }
    run.abort(reason)
    return 'cancelled'
  }

  queueState(): QueueState {
    const runs = [...this.#runs.values()].map(({ run }) => run)
    const waiting = runs.filter(({ state }) => state === 'waiting')
    const since = waiting.map(({ deployment }) => deployment.createdAt.getTime())
    return {
      waiting: waiting.length,
      oldestSince: since.length === 0 ? null : new Date(Math.min(...since)),
      running: runs.length - waiting.length,
      building: this.#turns.builds.placesTaken,
      isStopping: this.#isStopping,
    }
  }

  /** Takes no more of a project and ends what it has; resolves when nothing of it runs. */
  async retire(projectId: ProjectId): Promise<void> {
    this.#retired.add(projectId)
    const runs = [...this.#runs.values()].filter(
      ({ run }) => run.deployment.projectId === projectId,
    )
    for (const { run } of runs) run.abort(new SlipwayError('project_gone'))
    await Promise.allSettled(runs.map(({ ended }) => ended))
  }

  /** Forgets that a project was retired: another may have its id from now on. */
  release(projectId: ProjectId): void {
    this.#retired.delete(projectId)
  }

  /** Takes no more, parks or ends what waits, and lets what runs finish within the limit. */
  async stop(drainTimeoutMs: number): Promise<void> {
    this.#isStopping = true
    const abortWhere = (isMeant: (run: DeploymentRun) => boolean): void => {
      for (const { run } of this.#runs.values()) {
        if (isMeant(run)) run.abort(new SlipwayError('server_stopping'))
      }
    }
    abortWhere((run) => run.state === 'waiting')
    const timer = setTimeout(abortWhere, drainTimeoutMs, () => true)
    await Promise.allSettled([...this.#runs.values()].map(({ ended }) => ended))
    clearTimeout(timer)
  }

  #awaitedReleases(projectId: ProjectId): readonly number[] {
    return [...this.#runs.values()].flatMap(({ run: { deployment, request } }) =>
      deployment.projectId === projectId && request.rollbackTo !== undefined
        ? [request.rollbackTo]
        : [],
    )
  }

  /**
   * Newest wins: what waits on the same branch gives way, and what runs where the project says so.
   * A redeploy knows nothing newer than a push or a schema does.
   */
  #replaceOlder({ deployment }: DeploymentRun): void {
    const { number, commit, branch, trigger } = deployment
    if (branch === null || trigger === 'rollback') return
    const replaced = new SlipwayError('replaced', {
      number,
      commit: commit === null ? '' : shortOid(commit),
    })
    for (const { run } of this.#runs.values()) {
      const older = run.deployment
      const isOlder = older.projectId === deployment.projectId && older.branch === branch
      const isNewer = bringsCommit(trigger) || !bringsCommit(older.trigger)
      if (!isOlder || !isNewer || older.trigger === 'rollback') continue
      // Its branch is another by now, so git will not move it: nothing is lost but time.
      const isLost = trigger === 'schema' && older.trigger === 'push' && !older.options.detach
      const givesWay =
        run.state === 'waiting' ||
        (run.state === 'running' &&
          (isLost || run.request.project.settings.onNewerPush === 'cancel'))
      if (givesWay) run.abort(isLost ? new SlipwayError('ref_moved', { branch }) : replaced)
    }
  }
}

function bringsCommit(trigger: DeploymentTrigger): boolean {
  return trigger === 'push' || trigger === 'schema'
}
