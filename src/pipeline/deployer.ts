/**
 * Runs deployments: gives each its number, its turn and its log, saves every state before acting
 * on it, and leaves the site as it was where one fails. Knows nothing of how it was asked for.
 */
import { type Config, siteUrl } from '../config.ts'
import type { Builder, DeploymentStore, EventLog, NewDeployment, Sites } from '../contracts.ts'
import type { Deployment, DeploymentStatus } from '../domain/deployment.ts'
import { SlipwayError, toErrorFacts } from '../domain/errors.ts'
import { type ProjectId, shortOid } from '../domain/names.ts'
import type { Project } from '../domain/project.ts'
import { showDuration } from '../domain/show.ts'
import { beginDeployment, type BeginParts } from './begin.ts'
import { EventBuffer } from './event-buffer.ts'
import { type Pipelines, stepsOf } from './pipelines.ts'
import { TurnQueue } from './queue.ts'
import { previousRelease } from './releases.ts'
import { type PipelineRun, runPipeline, undoSteps } from './run-pipeline.ts'
import { type Facts, workspaceKey } from './step.ts'

export interface DeployRequest extends Omit<NewDeployment, 'projectId'> {
  readonly project: Project
  /** The release that a rollback brings back. */
  readonly rollbackTo?: number
  /** Under the project's lock, before anything else; throws where it should not go on. */
  readonly check?: () => Promise<void>
  /**
   * Under the project's lock, when the site is live; throws where it has to be undone after all.
   * A push lets git move its ref here. `text` says what is live, and since when.
   */
  readonly confirm?: (text: string) => Promise<void>
}

export interface RunningDeployment {
  readonly deployment: Deployment
  /**
   * Resolves when it is on record as completed, though old files may still be on their way out;
   * rejects with the error that was told. Must be waited for.
   */
  readonly done: Promise<void>
}

export interface DeployerParts extends BeginParts {
  readonly config: Config
  readonly deployments: DeploymentStore
  readonly events: EventLog
  readonly builder: Builder
  readonly sites: Sites
  readonly pipelines: Pipelines
  /** Gets what nobody could be told: defects, and clean-up that failed. */
  readonly logError: (message: string, error: unknown) => void
}

interface Run {
  readonly request: DeployRequest
  readonly deployment: Deployment
  readonly log: EventBuffer
  readonly controller: AbortController
  readonly recorded: PromiseWithResolvers<void>
  /** `waiting` for its turn or for a place among the builds; `switched` once visitors see it. */
  state: 'waiting' | 'running' | 'switched'
}

type StatusResult = Parameters<DeploymentStore['setStatus']>[2]

export type CancelAnswer = 'cancelled' | 'finishing' | 'unknown'

export class Deployer {
  readonly #parts: DeployerParts
  readonly #locks = new TurnQueue({ placesMax: Number.POSITIVE_INFINITY, perKeyMax: 1 })
  readonly #builds: TurnQueue
  readonly #runs = new Map<string, { readonly run: Run; readonly ended: Promise<void> }>()
  readonly #retired = new Set<ProjectId>()
  #isStopping = false

  constructor(parts: DeployerParts) {
    this.#parts = parts
    this.#builds = new TurnQueue({
      placesMax: parts.config.build.concurrency,
      perKeyMax: Number.POSITIVE_INFINITY,
    })
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
    const run: Run = {
      request,
      deployment,
      log: new EventBuffer(this.#parts.events, deployment.projectId),
      controller: new AbortController(),
      recorded: Promise.withResolvers(),
      state: 'waiting',
    }
    this.#tell(run, 'queued', `v${deployment.number} is queued`)
    this.#replaceOlder(run)
    // Begins a moment later, so that the caller can follow it from its first event on.
    const ended = Promise.resolve()
      .then(() => this.#carryOut(run))
      .finally(() => this.#runs.delete(keyOf(deployment)))
    this.#runs.set(keyOf(deployment), { run, ended })
    return { deployment, done: Promise.race([run.recorded.promise, ended]) }
  }

  /**
   * Ends a deployment that waits or runs. Answers `finishing` where visitors see it already, and
   * `unknown` where none of that number is under way.
   */
  cancel(deployment: Pick<Deployment, 'projectId' | 'number'>, reason: SlipwayError): CancelAnswer {
    const run = this.#runs.get(keyOf(deployment))?.run
    if (run === undefined) return 'unknown'
    if (run.state === 'switched') {
      this.#tell(run, 'in_progress', 'visitors see it already, so it is finished, not cancelled')
      return 'finishing'
    }
    run.controller.abort(reason)
    return 'cancelled'
  }

  /** Takes no more of a project and ends what it has; resolves when nothing of it runs. */
  async retire(projectId: ProjectId): Promise<void> {
    this.#retired.add(projectId)
    const runs = [...this.#runs.values()].filter(
      ({ run }) => run.deployment.projectId === projectId,
    )
    for (const { run } of runs) run.controller.abort(new SlipwayError('project_gone'))
    await Promise.allSettled(runs.map(({ ended }) => ended))
  }

  /** Forgets that a project was retired: another may have its id from now on. */
  release(projectId: ProjectId): void {
    this.#retired.delete(projectId)
  }

  /** Takes no more, parks or ends what waits, and lets what runs finish within the limit. */
  async stop(drainTimeoutMs: number): Promise<void> {
    this.#isStopping = true
    const abortWhere = (isMeant: (run: Run) => boolean): void => {
      for (const { run } of this.#runs.values()) {
        if (isMeant(run)) run.controller.abort(new SlipwayError('server_stopping'))
      }
    }
    abortWhere((run) => run.state === 'waiting')
    const timer = setTimeout(abortWhere, drainTimeoutMs, () => true)
    await Promise.allSettled([...this.#runs.values()].map(({ ended }) => ended))
    clearTimeout(timer)
  }

  /**
   * Newest wins: what waits on the same branch gives way, and what runs where the project says so.
   * A redeploy knows nothing newer than a push does.
   */
  #replaceOlder({ deployment }: Run): void {
    if (deployment.branch === null || deployment.trigger === 'rollback') return
    const { number, commit } = deployment
    const reason = new SlipwayError('replaced', {
      number,
      commit: commit === null ? '' : shortOid(commit),
    })
    for (const { run } of this.#runs.values()) {
      const { projectId, branch, trigger } = run.deployment
      const isOlder = projectId === deployment.projectId && branch === deployment.branch
      const isNewer = deployment.trigger === 'push' || trigger !== 'push'
      const givesWay =
        run.state === 'waiting' ||
        (run.state === 'running' && run.request.project.settings.onNewerPush === 'cancel')
      if (isOlder && isNewer && trigger !== 'rollback' && givesWay) run.controller.abort(reason)
    }
  }

  async #carryOut(run: Run): Promise<void> {
    const { request, deployment, log } = run
    try {
      using _lock = await this.#takeTurn(run, this.#locks)
      await request.check?.()
      run.controller.signal.throwIfAborted()
      run.state = 'running'
      this.#setStatus(run, 'in_progress')
      try {
        await this.#runUnderLock(run)
      } finally {
        const key = workspaceKey(request.project, deployment)
        await this.#cleanUp(run, 'its workspace', () => this.#parts.builder.closeWorkspace(key))
      }
    } catch (thrown) {
      this.#recordFailure(run, thrown)
      throw thrown
    } finally {
      log.flush()
    }
  }

  async #runUnderLock(run: Run): Promise<void> {
    const { config, pipelines } = this.#parts
    const { request, deployment } = run
    const startedAt = Date.now()
    const rollbackTo = request.rollbackTo ?? null
    const beginning = await beginDeployment(this.#parts, request.project, {
      ...deployment,
      rollbackTo,
    })
    for (const line of beginning.told) this.#tell(run, 'in_progress', line)
    const steps = stepsOf(pipelines, deployment.trigger, beginning.facts)
    const pipelineRun = this.#pipelineRun(run)
    const facts = await runPipeline(steps, beginning.facts, pipelineRun)
    // After a crash, what is on record by now says that only git's word is missing.
    run.log.flush()
    const time = showDuration(Date.now() - startedAt)
    const text = `v${deployment.number} live: ${siteUrl(config, request.project.slug)}  (${time})`
    try {
      await request.confirm?.(text)
    } catch (error) {
      await undoSteps(steps, facts, pipelineRun)
      throw error
    }
    this.#setStatus(run, 'completed', { release: facts.release })
    this.#tell(run, 'completed', text)
    run.log.flush()
    run.recorded.resolve()
    await this.#cleanUp(run, 'old releases', () => this.#prune(run, facts))
  }

  #pipelineRun(run: Run): PipelineRun {
    const { request, deployment, controller, log } = run
    return {
      project: request.project,
      deployment,
      signal: controller.signal,
      save: (step, facts) => {
        log.save(() => this.#parts.deployments.saveStep(deployment, step, facts))
      },
      tell: (event) => {
        log.add(event)
      },
      takeBuildSlot: async () => {
        run.state = 'waiting'
        // It has not begun to build, and would begin when everything else has ended.
        if (this.#isStopping && this.#builds.isFull) throw new SlipwayError('server_stopping')
        const slot = await this.#takeTurn(run, this.#builds)
        run.state = 'running'
        return slot
      },
      onSwitch: () => {
        run.state = 'switched'
      },
    }
  }

  #takeTurn(run: Run, queue: TurnQueue): Promise<Disposable> {
    return queue.take(run.deployment.projectId, run.controller.signal, (ahead) => {
      if (ahead > 0) this.#tell(run, 'queued', `${ahead} ahead of you`)
    })
  }

  /** One that nobody waits for stays queued when the server stops, and goes on with the next. */
  #recordFailure(run: Run, thrown: unknown): void {
    const { deployment } = run
    const error = toErrorFacts(thrown, keyOf(deployment))
    if (error.code === 'internal') this.#parts.logError(`${keyOf(deployment)} failed`, thrown)
    if (error.code === 'project_gone') return
    if (error.code === 'server_stopping' && deployment.options.detach) {
      this.#setStatus(run, 'queued')
      this.#tell(run, 'queued', 'the server is stopping; it goes on when the server is back')
      return
    }
    // One that was declined before it began says nothing of the project's health.
    const isCancelled =
      thrown instanceof SlipwayError && (thrown.kind === 'cancelled' || run.state === 'waiting')
    const status = isCancelled ? 'cancelled' : 'failed'
    this.#setStatus(run, status, { error })
    this.#tell(run, status, error.message)
  }

  async #prune({ request }: Run, { release }: Pick<Facts, 'release'>): Promise<void> {
    const { sites, config, deployments } = this.#parts
    const { project } = request
    const previous = previousRelease(deployments, project, release)
    const kept = [release, ...(previous === null ? [] : [previous.release])]
    const pinned = project.settings.pinnedReleases
    await sites.pruneReleases(project.slug, config.keepReleases, [...kept, ...pinned])
  }

  /** What can't be cleaned up must not take a live site down, nor hide why another did not go live. */
  async #cleanUp({ deployment }: Run, what: string, remove: () => Promise<void>): Promise<void> {
    try {
      await remove()
    } catch (error) {
      this.#parts.logError(`${keyOf(deployment)}: ${what} could not be removed`, error)
    }
  }

  /** On record with the next event that is told. */
  #setStatus({ log, deployment }: Run, status: DeploymentStatus, result: StatusResult = {}): void {
    log.save(() => this.#parts.deployments.setStatus(deployment, status, result))
  }

  #tell({ log, deployment }: Run, status: DeploymentStatus, text: string): void {
    const step = status === 'queued' ? 'queue' : 'deployment'
    log.add({ deployment: deployment.number, step, status, stream: null, text })
  }
}

function keyOf({ projectId, number }: Pick<Deployment, 'projectId' | 'number'>): string {
  return `${projectId}/v${number}`
}
