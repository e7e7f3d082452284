/**
 * Schemas that are taken from the platform: of projects that were created without one, as soon as
 * the platform has it, and before they are deployed again. What is there is never waited for by
 * anybody else.
 */
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import type { DeploymentStore, EventLog, ProjectStore, SchemaSource } from '../contracts.ts'
import { noOptions } from '../domain/deployment.ts'
import { SlipwayError, toErrorFacts } from '../domain/errors.ts'
import type { Project } from '../domain/project.ts'
import { InvalidSchema } from '../domain/schema/parse-schema.ts'
import { showFirst } from '../domain/show.ts'
import { putSchema, type SchemaNow, type SchemaParts } from './put-schema.ts'
import { TurnQueue } from './queue.ts'
import { checkSchemaBytes } from './schema-reader.ts'

export interface SchemaPullParts extends SchemaParts {
  readonly projects: Pick<ProjectStore, 'find' | 'list' | 'update'>
  readonly deployments: Pick<DeploymentStore, 'create' | 'list' | 'newest' | 'setStatus'>
  readonly events: Pick<EventLog, 'append'>
  readonly source: SchemaSource
  readonly logError: (message: string, error: unknown) => void
  /** Before each attempt; after the last it is given up until somebody asks again. */
  readonly delaysMs?: readonly number[]
}

/** Who is it that commits what the platform says. */
const actor = 'slipway'

/**
 * The platform may create a project in the middle of a transaction, whose end it has to see before
 * it answers; it may be restarting; and its people may come back tomorrow.
 */
const usualDelaysMs = [
  100, 500, 2_000, 5_000, 15_000, 60_000, 300_000, 900_000, 3_600_000, 3_600_000,
]
/** Shorter waits are nothing to tell anybody of. */
const toldFromMs = 5_000
const requestsMax = 4

export class SchemaPulls implements AsyncDisposable {
  readonly #parts: SchemaPullParts
  readonly #requests = new TurnQueue({ placesMax: requestsMax, perKeyMax: requestsMax })
  readonly #running = new Map<string, Promise<void>>()
  readonly #stop = new AbortController()

  constructor(parts: SchemaPullParts) {
    this.#parts = parts
  }

  /** Goes on in the background until there is a schema, or it is given up. */
  begin({ id, slug }: Project): void {
    if (this.#running.has(id) || this.#stop.signal.aborted) return
    const pull = this.#pull(id)
      .catch((error: unknown) => {
        if (!this.#stop.signal.aborted) {
          this.#parts.logError(`the schema of ${slug} could not be taken from the platform`, error)
        }
      })
      .finally(() => this.#running.delete(id))
    this.#running.set(id, pull)
  }

  /** Once, at the start of the server: for all projects that never got one. */
  async resume(): Promise<void> {
    const { projects } = this.#parts
    const limit = 100
    for (let page = projects.list({ limit, after: null }); page.length > 0;) {
      for (const project of page) if (project.settings.pulledSchema === 'none') this.begin(project)
      page = projects.list({ limit, after: page.at(-1)?.id ?? null })
      // Requests that come meanwhile are answered in between.
      await nextTurn()
    }
  }

  /**
   * Before a project is deployed again: one attempt. True where the schema was another, and is
   * deployed instead; else what is there may go on, and `tell` has said why.
   */
  async refresh({ id }: Project, tell: (line: string) => void): Promise<boolean> {
    const project = this.#parts.projects.find(id)
    if (project === null || project.settings.pulledSchema === null) return false
    try {
      const { isNew } = await this.#takeOnce(project, (now) => {
        refuseForeign(project, now)
      })
      return isNew
    } catch (error) {
      if (!(error instanceof SlipwayError)) throw error
      if (error.code === 'ref_moved') return false
      tell(`warning: ${error.message} ${error.hint}`)
      if (error instanceof InvalidSchema) for (const line of showFirst(error.lines)) tell(line)
      return false
    }
  }

  /** What was not taken yet is taken by the next start of the server. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new SlipwayError('server_stopping'))
    await Promise.allSettled(this.#running.values())
  }

  async #pull(id: Project['id']): Promise<void> {
    const { projects, delaysMs = usualDelaysMs } = this.#parts
    for (const [attempt, delayMs] of delaysMs.entries()) {
      await wait(delayMs, undefined, { signal: this.#stop.signal, ref: false })
      const project = projects.find(id)
      if (project === null) return
      try {
        await this.#takeOnce(project, refuseAnything)
        return
      } catch (error) {
        if (!(error instanceof SlipwayError)) throw error
        // Somebody has pushed: from now on it is theirs.
        if (error.code === 'ref_moved') rememberPull(projects, project, null)
        if (['ref_moved', 'project_gone', 'server_stopping'].includes(error.code)) return
        const nextMs = delaysMs[attempt + 1]
        if (nextMs === undefined || !isPassing(error)) {
          this.#giveUp(project, error)
          return
        }
        if (nextMs >= toldFromMs) {
          this.#tell(project, `${error.message} It is asked again in ${nextMs / 1_000} s.`)
        }
      }
    }
  }

  async #takeOnce(
    project: Project,
    accept: (now: SchemaNow) => void,
  ): ReturnType<typeof putSchema> {
    const { signal } = this.#stop
    using _turn = await this.#requests.take(project.id, signal, () => undefined)
    const sent = await this.#parts.source.read(project.id, signal)
    checkSchemaBytes(project, sent)
    const bytes = format(sent)
    const put = await putSchema(this.#parts, project, { bytes, actor, accept })
    // Its end is on record.
    put.running?.done.catch(() => undefined)
    rememberPull(this.#parts.projects, project, put.blob)
    return put
  }

  /** Readable in the project's status, as a deployment that failed; a second time it is only told. */
  #giveUp(project: Project, thrown: SlipwayError): void {
    const { deployments } = this.#parts
    const error = toErrorFacts(thrown, '')
    if (thrown instanceof InvalidSchema) {
      for (const line of showFirst(thrown.lines)) this.#tell(project, line)
    }
    if (deployments.newest(project.id)?.error?.code !== error.code) {
      const deployment = deployments.create({
        projectId: project.id,
        trigger: 'schema',
        commit: null,
        branch: project.productionBranch,
        actor,
        options: noOptions,
      })
      deployments.setStatus(deployment, 'failed', { error })
    }
    this.#tell(project, `${error.message} ${error.hint}`)
  }

  #tell({ id }: Project, text: string): void {
    const newest = this.#parts.deployments.newest(id)
    if (newest === null) return
    const status = newest.status === 'failed' ? 'failed' : 'in_progress'
    const event = {
      deployment: newest.number,
      step: 'generate',
      status,
      stream: null,
      text,
    } as const
    this.#parts.events.append(id, [event])
  }
}

/** A schema that comes by REST is the platform's word too; one that was pushed by hand is not. */
export function rememberPull(
  projects: Pick<ProjectStore, 'find' | 'update'>,
  { id }: Project,
  blob: string | null,
): void {
  const now = projects.find(id)
  if (now === null || now.settings.pulledSchema === null) return
  projects.update(id, { settings: { ...now.settings, pulledSchema: blob } })
}

/** As a person would write the file, so that git can show what changed. */
function format(bytes: Buffer): Buffer {
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '')
  return Buffer.from(`${JSON.stringify(JSON.parse(text), null, 2)}\n`)
}

/** The first schema of a project comes upon nothing, or upon itself where a stop came between. */
function refuseAnything({ commit, blob, offered }: SchemaNow): void {
  if (commit !== null && blob !== offered)
    throw new SlipwayError('ref_moved', { branch: 'the production branch' })
}

/** What somebody has pushed by hand is newer than the platform's word. */
function refuseForeign({ settings, productionBranch }: Project, { blob, commit }: SchemaNow): void {
  if (commit === null || blob === settings.pulledSchema) return
  throw new SlipwayError('ref_moved', { branch: productionBranch })
}

function isPassing({ code }: SlipwayError): boolean {
  return code === 'platform_unreachable' || code === 'platform_without_schema'
}
