/**
 * Runs deployments: gives each its number, its turn and its log, saves every state before acting
 * on it, and leaves the site as it was where one fails. Knows nothing of how it was asked for.
 */
import { type Config, siteUrl } from '../config.ts'
import type { Builder, DeploymentStore, EventLog, NewDeployment, Sites } from '../contracts.ts'
import type { Deployment, DeploymentStatus } from '../domain/deployment.ts'
import { SlipwayError, toErrorFacts } from '../domain/errors.ts'
import type { Project } from '../domain/project.ts'
import { showDuration } from '../domain/show.ts'
import { EventBuffer } from './event-buffer.ts'
import { type Pipelines, stepsOf } from './pipelines.ts'
import { TurnQueue } from './queue.ts'
import { type PipelineRun, runPipeline, undoSteps } from './run-pipeline.ts'
import { type Facts, workspaceKey } from './step.ts'

export interface DeployRequest extends Omit<NewDeployment, 'projectId'> {
  readonly project: Project
  /**
   * Under the project's lock, before anything else: the first facts, among them which release to
   * bring back where there is no need to build one. Throws where it should not go on.
   */
  readonly begin: () => Promise<Partial<Facts>>
  /**
   * Under the project's lock, when the site is live; throws where it has to be undone after all.
   * A push lets git move its ref here.
   */
  readonly confirm?: () => Promise<void>
}

export interface RunningDeployment {
  readonly deployment: Deployment
  /** Resolves when it is completed; rejects with the error that was told. Must be waited for. */
  readonly done: Promise<void>
}

export interface DeployerParts {
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
  state: 'waiting' | 'running' | 'switched'
}

export class Deployer {
  readonly #parts: DeployerParts
  readonly #locks = new TurnQueue({ placesMax: Number.POSITIVE_INFINITY, perKeyMax: 1 })
  readonly #builds: TurnQueue
  readonly #runs = new Map<string, { readonly run: Run; readonly done: Promise<void> }>()
  #isStopping = false

  constructor(parts: DeployerParts) {
    this.#parts = parts
    this.#builds = new TurnQueue({
      placesMax: parts.config.build.concurrency,
      perKeyMax: Number.POSITIVE_INFINITY,
    })
  }

  /** Queues a deployment. Throws `server_stopping`; any later failure comes by `done`. */
  deploy(request: DeployRequest): RunningDeployment {
    if (this.#isStopping) throw new SlipwayError('server_stopping')
    const { deployments, events } = this.#parts
    const { project, trigger, commit, branch, actor, options } = request
    const projectId = project.id
    const asked = { projectId, trigger, commit, branch, actor, options }
    const deployment = deployments.create(asked)
    const run: Run = {
      request,
      deployment,
      log: new EventBuffer(events, projectId),
      controller: new AbortController(),
      state: 'waiting',
    }
    this.#tell(run, 'queued', `v${deployment.number} is queued`)
    // Begins a moment later, so that the caller can follow it from its first event on.
    const done = Promise.resolve()
      .then(() => this.#carryOut(run))
      .finally(() => this.#runs.delete(keyOf(deployment)))
    this.#runs.set(keyOf(deployment), { run, done })
    return { deployment, done }
  }

  /**
   * Ends a deployment that waits or runs. Answers `finishing` where visitors see it already, and
   * `unknown` where none of that number is under way.
   */
  cancel(
    deployment: Pick<Deployment, 'projectId' | 'number'>,
    reason: SlipwayError,
  ): 'cancelled' | 'finishing' | 'unknown' {
    const found = this.#runs.get(keyOf(deployment))
    if (found === undefined) return 'unknown'
    if (found.run.state === 'switched') return 'finishing'
    found.run.controller.abort(reason)
    return 'cancelled'
  }

  /** Takes no more, ends what waits, and lets what runs finish within the limit. */
  async stop(drainTimeoutMs: number): Promise<void> {
    this.#isStopping = true
    const abortWhere = (isMeant: (run: Run) => boolean): void => {
      for (const { run } of this.#runs.values()) {
        if (isMeant(run)) run.controller.abort(new SlipwayError('server_stopping'))
      }
    }
    abortWhere((run) => run.state === 'waiting')
    const timer = setTimeout(abortWhere, drainTimeoutMs, () => true)
    await Promise.allSettled([...this.#runs.values()].map(({ done }) => done))
    clearTimeout(timer)
  }

  async #carryOut(run: Run): Promise<void> {
    const { deployments, logError } = this.#parts
    const { request, deployment } = run
    try {
      using _lock = await this.#takeTurn(run, this.#locks)
      const initial = await request.begin()
      run.state = 'running'
      deployments.setStatus(deployment, 'in_progress')
      try {
        await this.#runUnderLock(run, initial)
      } finally {
        await this.#parts.builder.closeWorkspace(workspaceKey(request.project, deployment))
      }
    } catch (thrown) {
      const error = toErrorFacts(thrown, keyOf(deployment))
      if (error.code === 'internal') logError(`${keyOf(deployment)} failed`, thrown)
      const isCancelled = thrown instanceof SlipwayError && thrown.kind === 'cancelled'
      const status = isCancelled ? 'cancelled' : 'failed'
      deployments.setStatus(deployment, status, { error })
      this.#tell(run, status, error.message)
      throw thrown
    } finally {
      run.log.flush()
    }
  }

  async #runUnderLock(run: Run, initial: Partial<Facts>): Promise<void> {
    const { deployments, config, pipelines } = this.#parts
    const { request, deployment } = run
    const startedAt = Date.now()
    const steps = stepsOf(pipelines, deployment.trigger, initial)
    const pipelineRun = this.#pipelineRun(run)
    const facts = await runPipeline(steps, initial, pipelineRun)
    const time = showDuration(Date.now() - startedAt)
    const text = `v${deployment.number} live: ${siteUrl(config, request.project.slug)}  (${time})`
    this.#tell(run, 'in_progress', text)
    try {
      await request.confirm?.()
    } catch (error) {
      await undoSteps(steps, facts, pipelineRun)
      throw error
    }
    deployments.setStatus(deployment, 'completed', { release: facts.release })
    this.#tell(run, 'completed', text)
    await this.#prune(run, facts)
  }

  #pipelineRun(run: Run): PipelineRun {
    const { request, deployment, controller, log } = run
    return {
      project: request.project,
      deployment,
      signal: controller.signal,
      save: (step, facts) => {
        this.#parts.deployments.saveStep(deployment, step, facts)
      },
      tell: (event) => {
        log.add(event)
      },
      takeBuildSlot: () => this.#takeTurn(run, this.#builds),
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

  /** The new release is live; what can't be cleaned up must not take it down. */
  async #prune(
    { request, deployment }: Run,
    live: { readonly release: number; readonly previousRelease: number | null },
  ): Promise<void> {
    const { sites, config, logError } = this.#parts
    const { release, previousRelease } = live
    const kept = previousRelease === null ? [release] : [release, previousRelease]
    try {
      await sites.pruneReleases(request.project.slug, config.keepReleases, kept)
    } catch (error) {
      logError(`${keyOf(deployment)}: old releases could not be removed`, error)
    }
  }

  #tell({ log, deployment }: Run, status: DeploymentStatus, text: string): void {
    const step = status === 'queued' ? 'queue' : 'deployment'
    log.add({ deployment: deployment.number, step, status, stream: null, text })
  }
}

function keyOf({ projectId, number }: Pick<Deployment, 'projectId' | 'number'>): string {
  return `${projectId}/v${number}`
}
