/**
 * One watched file and its project: waits until what was saved has settled, and makes the last of
 * it live. One deployment at a time; what is saved meanwhile comes after it, once.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Slug } from '../domain/names.ts'
import type { AppSchema } from '../domain/schema/app-schema.ts'
import { type FileState, readSchemaFile } from './read-schema-file.ts'
import type { RemoteAddress } from './remote-address.ts'
import { type DeployOutcome, SchemaRemote } from './schema-remote.ts'
import type { Turns } from './turns.ts'

/** What is told about a file. */
export type Tale =
  | { readonly kind: 'said'; readonly text: string }
  | { readonly kind: 'saved' | 'gone' | 'unknown_project' }
  | { readonly kind: 'warned'; readonly text: string }
  /** Two names of one project. */
  | { readonly kind: 'second_file'; readonly first: string }
  | (FileState & { readonly kind: 'wrong' })
  | DeployOutcome
  | { readonly kind: 'failed'; readonly error: unknown }

export interface ProjectParts {
  readonly slug: Slug
  readonly path: string
  /** Null where there is no such project. It may be made, as the schema wants it. */
  readonly findAddress: (slug: Slug, schema: AppSchema) => Promise<RemoteAddress | null>
  readonly tell: (tale: Tale) => void
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Not all projects at once. */
  readonly turns: Turns
  readonly times?: Partial<Times>
  /** Resolves when so much time is over, or when it is called off. */
  readonly wait?: (timeMs: number, signal: AbortSignal) => Promise<void>
}

export interface Times {
  /** After the last change, until the file is read. */
  readonly settleMs: number
  /** After the last change, until what is no schema is a mistake rather than half of a file. */
  readonly halfWrittenMs: number
  /** Until somebody who was away is asked again, the first time. */
  readonly awayMs: number
}

const usualTimes: Times = { settleMs: 100, halfWrittenMs: 1_000, awayMs: 1_000 }
const awayMsMax = 60_000

export class ProjectWatch implements AsyncDisposable {
  readonly #parts: ProjectParts
  readonly #times: Times
  readonly #ending = new AbortController()
  #changes = 0
  #onChange = Promise.withResolvers<void>()
  #running: Promise<void> | null = null
  #remote: SchemaRemote | null = null

  constructor(parts: ProjectParts) {
    this.#parts = parts
    this.#times = { ...usualTimes, ...parts.times }
  }

  /** The file was written, replaced or taken away. */
  notice(): void {
    this.#changes += 1
    this.#onChange.resolve()
    this.#onChange = Promise.withResolvers()
    this.#running ??= this.#run().finally(() => {
      this.#running = null
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort()
    this.#onChange.resolve()
    await this.#running
    await this.#close()
  }

  get #isOver(): boolean {
    return this.#ending.signal.aborted
  }

  /** Until nothing is left to be done. */
  async #run(): Promise<void> {
    let done = 0
    let awayMs = this.#times.awayMs
    while (!this.#isOver && done !== this.#changes) {
      const { state, changes } = await this.#settle()
      done = changes
      if (this.#isOver) return
      if (state.kind !== 'schema') {
        this.#parts.tell(state)
        continue
      }
      const outcome = await this.#deploy(state)
      if (this.#isOver) return
      this.#parts.tell(outcome)
      if (outcome.kind !== 'away') continue
      await this.#changeWithin(awayMs)
      awayMs = Math.min(awayMs * 2, awayMsMax)
      // The same again, or what was saved since.
      done -= 1
    }
  }

  /** The file once it stays as it is. */
  async #settle(): Promise<{ readonly state: FileState; readonly changes: number }> {
    for (;;) {
      const changes = this.#changes
      if (await this.#changeWithin(this.#times.settleMs)) continue
      const state = await readSchemaFile(this.#parts.path)
      if (changes !== this.#changes && !this.#isOver) continue
      if (state.kind === 'schema') return { state, changes }
      if (await this.#changeWithin(this.#times.halfWrittenMs)) continue
      return { state, changes }
    }
  }

  /** Whether the file changes before so much time is over. */
  async #changeWithin(timeMs: number): Promise<boolean> {
    const seen = this.#changes
    const over = new AbortController()
    const { wait = waitByClock } = this.#parts
    await Promise.race([this.#onChange.promise, wait(timeMs, over.signal)])
    over.abort()
    return seen !== this.#changes && !this.#isOver
  }

  async #deploy({ text, schema, warnings }: FileState & { kind: 'schema' }): Promise<Tale> {
    const { slug, findAddress, environment, tell, turns } = this.#parts
    for (const warning of warnings) tell({ kind: 'warned', text: warning })
    const { signal } = this.#ending
    try {
      if (this.#remote === null) {
        const address = await findAddress(slug, schema)
        if (address === null) return { kind: 'unknown_project' }
        this.#remote = await SchemaRemote.open(address, { environment, signal })
      }
      const remote = this.#remote
      const outcome = await turns.run(signal, () => {
        tell({ kind: 'saved' })
        return remote.deploy({ text, schema }, (line) => {
          tell({ kind: 'said', text: line })
        })
      })
      // It may be elsewhere by now, or nowhere.
      if (outcome.kind === 'refused') await this.#close()
      return outcome
    } catch (error) {
      return { kind: 'failed', error }
    }
  }

  async #close(): Promise<void> {
    await this.#remote?.[Symbol.asyncDispose]()
    this.#remote = null
  }
}

function waitByClock(timeMs: number, signal: AbortSignal): Promise<void> {
  return sleep(timeMs, undefined, { signal }).catch(() => undefined)
}
