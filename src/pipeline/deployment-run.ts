/**
 * One deployment from its turn to its end: every state is saved before it is acted on, and the site
 * is left as it was where it fails.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { type Config, limits } from '../config.ts'
import type {
  Builder,
  DeploymentStore,
  EventLog,
  NewDeployment,
  ProjectStore,
  Sites,
} from '../contracts.ts'
import type { Deployment, DeploymentStatus } from '../domain/deployment.ts'
import { type ErrorDetails, SlipwayError, toErrorFacts } from '../domain/errors.ts'
import type { ProjectId } from '../domain/names.ts'
import type { Project } from '../domain/project.ts'
import { showDuration } from '../domain/show.ts'
import { createMask } from '../domain/variables.ts'
import { beginDeployment, type BeginParts } from './begin.ts'
import { EventBuffer } from './event-buffer.ts'
import { type Pipelines, stepsOf } from './pipelines.ts'
import type { TurnQueue } from './queue.ts'
import { previousRelease } from './releases.ts'
import { type PipelineRun, runPipeline, undoSteps } from './run-pipeline.ts'
import type { SiteUrlOf } from './site-urls.ts'
import { type Facts, workspaceKey } from './step.ts'

export interface DeployRequest extends Omit<NewDeployment, 'projectId'> {
  readonly project: Project
  /** The release that a rollback brings back. */
  readonly rollbackTo?: number
  /** Under the project's lock, before anything else; throws where it should not go on. */
  readonly check?: (tell: (line: string) => void) => Promise<void>
  /**
   * Under the project's lock, when the site is live; throws where it has to be undone after all.
   * A push lets git move its ref here. `text` says what is live, and since when.
   */
  readonly confirm?: (text: string) => Promise<void>
}

export interface RunParts extends BeginParts {
  readonly config: Config
  readonly siteUrlOf: SiteUrlOf
  readonly projects: Pick<ProjectStore, 'find'>
  readonly deployments: DeploymentStore
  readonly events: EventLog
  readonly builder: Builder
  readonly sites: Sites
  readonly pipelines: Pipelines
  /** Gets what nobody could be told: defects, and clean-up that failed. */
  readonly logError: (message: string, error: unknown) => void
}

/** What all runs share: whose turn it is. */
export interface Turns {
  /** One deployment of a project at a time. */
  readonly projects: TurnQueue
  readonly builds: TurnQueue
  readonly isStopping: () => boolean
  /** Those that rollbacks wait to bring back: one that was promised is not collected meanwhile. */
  readonly awaitedReleases: (projectId: ProjectId) => readonly number[]
}

type StatusResult = Parameters<DeploymentStore['setStatus']>[2]

export class DeploymentRun {
  readonly request: DeployRequest
  readonly deployment: Deployment
  readonly #parts: RunParts
  readonly #turns: Turns
  readonly #log: EventBuffer
  readonly #controller = new AbortController()
  readonly #recorded = Promise.withResolvers<void>()
  /** Hides the values of the project's variables in all that is told from when they are known. */
  #mask = (text: string): string => text
  #state: 'waiting' | 'running' | 'switched' = 'waiting'

  constructor(
    parts: RunParts,
    turns: Turns,
    asked: { readonly request: DeployRequest; readonly deployment: Deployment },
  ) {
    this.request = asked.request
    this.deployment = asked.deployment
    this.#parts = parts
    this.#turns = turns
    this.#log = new EventBuffer(parts.events, asked.deployment.projectId)
    this.tell('queued', `v${asked.deployment.number} is queued`)
  }

  /** `waiting` for its turn or for a place among the builds; `switched` once visitors see it. */
  get state(): 'waiting' | 'running' | 'switched' {
    return this.#state
  }

  /** When it is on record as completed, though old files may still be on their way out. */
  get recorded(): Promise<void> {
    return this.#recorded.promise
  }

  /** Has no effect once traffic has switched. */
  abort(reason: SlipwayError): void {
    this.#controller.abort(reason)
  }

  /** Resolves when nothing of it is left to do; rejects with the error that was told. */
  async carryOut(): Promise<void> {
    const { request, deployment } = this
    try {
      using _lock = await this.#takeTurn(this.#turns.projects)
      await request.check?.((line) => {
        this.tell('in_progress', line)
      })
      this.#controller.signal.throwIfAborted()
      this.#state = 'running'
      this.#setStatus('in_progress')
      this.#log.flush()
      try {
        await this.#runUnderLock()
      } finally {
        const key = workspaceKey(request.project, deployment)
        await this.#cleanUp('its workspace', () => this.#parts.builder.closeWorkspace(key))
      }
    } catch (thrown) {
      const error = this.#withoutValues(thrown)
      this.#recordFailure(error)
      throw error
    } finally {
      this.#log.flush()
    }
  }

  async #runUnderLock(): Promise<void> {
    const { siteUrlOf, pipelines } = this.#parts
    const { request, deployment } = this
    const startedAt = Date.now()
    const rollbackTo = request.rollbackTo ?? null
    const beginning = await beginDeployment(this.#parts, request.project, {
      ...deployment,
      rollbackTo,
    })
    this.#mask = createMask(Object.values(beginning.variables))
    for (const line of beginning.told) this.tell('in_progress', line)
    const steps = stepsOf(pipelines, deployment.trigger, beginning.facts)
    const pipelineRun = this.#pipelineRun(beginning.variables)
    const facts = await runPipeline(steps, beginning.facts, pipelineRun)
    // After a crash, what is on record by now says that only git's word is missing.
    this.#log.flush()
    const time = showDuration(Date.now() - startedAt)
    const text = `v${deployment.number} live: ${siteUrlOf(request.project)}  (${time})`
    try {
      await request.confirm?.(text)
    } catch (error) {
      await undoSteps(steps, facts, pipelineRun)
      throw error
    }
    this.#setStatus('completed', { release: facts.release })
    this.tell('completed', text)
    this.#log.flush()
    this.#recorded.resolve()
    await this.#cleanUp('old releases', () => this.#prune(facts))
  }

  #pipelineRun(variables: PipelineRun['variables']): PipelineRun {
    const { request, deployment } = this
    const log = this.#log
    return {
      project: request.project,
      deployment,
      variables,
      signal: this.#controller.signal,
      save: (step, facts) => {
        log.save(() => this.#parts.deployments.saveStep(deployment, step, facts))
      },
      tell: (event) => {
        log.add({ ...event, text: this.#mask(event.text) })
      },
      flush: () => {
        log.flush()
      },
      takeBuildSlot: async () => {
        this.#state = 'waiting'
        // It has not begun to build, and would begin when everything else has ended.
        if (this.#turns.isStopping() && this.#turns.builds.isFull)
          throw new SlipwayError('server_stopping')
        const slot = await this.#takeTurn(this.#turns.builds)
        this.#state = 'running'
        return slot
      },
      onSwitch: () => {
        this.#state = 'switched'
      },
    }
  }

  #takeTurn(queue: TurnQueue): Promise<Disposable> {
    return queue.take(this.deployment.projectId, this.#controller.signal, (ahead) => {
      if (ahead > 0) this.tell('queued', `${ahead} ahead of you`)
    })
  }

  /** What a tool said may be in an error's details. */
  #withoutValues(thrown: unknown): unknown {
    if (!(thrown instanceof SlipwayError)) return thrown
    const details = Object.entries(thrown.details).map(([name, value]) => [
      name,
      typeof value === 'string' ? this.#mask(value) : value,
    ])
    const masked = Object.fromEntries(details) as ErrorDetails
    const isSame = Object.entries(masked).every(([name, value]) => thrown.details[name] === value)
    return isSame ? thrown : new SlipwayError(thrown.code, masked, thrown.cause)
  }

  /** One that nobody waits for stays queued when the server stops, and goes on with the next. */
  #recordFailure(thrown: unknown): void {
    const { deployment } = this
    const error = toErrorFacts(thrown, keyOf(deployment))
    if (error.code === 'internal') this.#parts.logError(`${keyOf(deployment)} failed`, thrown)
    if (error.code === 'project_gone') return
    if (error.code === 'server_stopping' && deployment.options.detach) {
      this.#setStatus('queued')
      this.tell('queued', 'the server is stopping; it goes on when the server is back')
      this.#log.flush()
      return
    }
    // One that was declined before it began says nothing of the project's health.
    const isCancelled =
      thrown instanceof SlipwayError && (thrown.kind === 'cancelled' || this.#state === 'waiting')
    const status = isCancelled ? 'cancelled' : 'failed'
    const record = (): void => {
      this.#setStatus(status, { error })
      this.tell(status, error.message)
    }
    try {
      record()
    } catch (unwritten) {
      this.#parts.logError(`${keyOf(deployment)}: its end is not on record yet`, unwritten)
      void this.#recordLater(record)
    }
  }

  /** A disk that is full now may have room soon; until then the deployment reads as it did. */
  async #recordLater(record: () => void): Promise<void> {
    for (;;) {
      await wait(limits.recordRetryMs, undefined, { ref: false })
      try {
        record()
        return
      } catch {
        // Still no room: the first failure is in the log.
      }
    }
  }

  async #prune({ release }: Pick<Facts, 'release'>): Promise<void> {
    const { sites, config, deployments } = this.#parts
    const { project } = this.request
    const previous = previousRelease(deployments, project, release)
    const kept = [release, ...(previous === null ? [] : [previous.release])]
    // Asked again: it may have been pinned in the meantime.
    const { settings } = this.#parts.projects.find(project.id) ?? project
    const spared = [...settings.pinnedReleases, ...this.#turns.awaitedReleases(project.id)]
    await sites.pruneReleases(project.slug, config.keepReleases, [...kept, ...spared])
  }

  /** What can't be cleaned up must not take a live site down, nor hide why another did not go live. */
  async #cleanUp(what: string, remove: () => Promise<void>): Promise<void> {
    try {
      await remove()
    } catch (error) {
      this.#parts.logError(`${keyOf(this.deployment)}: ${what} could not be removed`, error)
    }
  }

  /** On record with the next event that is told. */
  #setStatus(status: DeploymentStatus, result: StatusResult = {}): void {
    this.#log.save(() => this.#parts.deployments.setStatus(this.deployment, status, result))
  }

  tell(status: DeploymentStatus, text: string): void {
    const step = status === 'queued' ? 'queue' : 'deployment'
    this.#log.add({ deployment: this.deployment.number, step, status, stream: null, text })
  }
}

/** The name of a deployment in the server's own log. */
export function keyOf({ projectId, number }: Pick<Deployment, 'projectId' | 'number'>): string {
  return `${projectId}/v${number}`
}
