/**
 * What all apps of a framework share, made at the first need and never again for the same state of
 * the templates. A worker of its own makes it, that has seen no schema: it is in everybody's app.
 */
import type { StoreFile } from '../contracts/generate.ts'
import { limits } from '../domain/limits.ts'
import type { Framework } from '../domain/project.ts'
import { askTwice, askWorker } from './ask-worker.ts'
import type { Prebuilt } from './prebuilt.ts'
import type { PrebuiltCache } from './prebuilt-cache.ts'
import { readPrebuilt } from './read-answer.ts'
import type { WorkerProcess } from './worker-process.ts'

export interface Template {
  readonly framework: Framework
  /** What a worker needs to know. */
  readonly names: Omit<Prebuilt, 'files'>
  readonly files: readonly StoreFile[]
}

interface Asked {
  /** On the disk. */
  readonly found: Promise<Prebuilt | null>
  readonly template: Promise<Template>
}

export class Templates implements AsyncDisposable {
  readonly #cache: PrebuiltCache
  readonly #start: () => WorkerProcess
  readonly #asked = new Map<Framework, Asked>()
  readonly #ready = new Map<Framework, Template>()
  readonly #busy = new Set<WorkerProcess>()
  #isClosed = false

  constructor(cache: PrebuiltCache, start: () => WorkerProcess) {
    this.#cache = cache
    this.#start = start
  }

  /** Those that were asked for and are there. */
  get ready(): readonly Template[] {
    return [...this.#ready.values()]
  }

  /** Calls `onMaking` where it has to be waited for until it is made. */
  async get(framework: Framework, onMaking?: () => void): Promise<Template> {
    const { found, template } = this.#asked.get(framework) ?? this.#ask(framework)
    if (!this.#ready.has(framework) && (await found) === null) onMaking?.()
    return template
  }

  /** Makes those, and all that were there before, one after the other. */
  async prepare(frameworks: readonly Framework[]): Promise<void> {
    const known = await this.#cache.listFrameworks()
    try {
      for (const framework of new Set([...known, ...frameworks])) await this.get(framework)
    } catch (error) {
      if (!this.#isClosed) throw error
    }
  }

  #ask(framework: Framework): Asked {
    const found = this.#cache.find(framework)
    const asked = { found, template: this.#load(framework, found) }
    this.#asked.set(framework, asked)
    return asked
  }

  async #load(framework: Framework, found: Promise<Prebuilt | null>): Promise<Template> {
    try {
      const { files, ...names } = (await found) ?? (await this.#make(framework))
      const template = { framework, names, files }
      this.#ready.set(framework, template)
      return template
    } catch (error) {
      // Whatever was wrong may be mended: the next app tries again.
      this.#asked.delete(framework)
      throw error
    }
  }

  async #make(framework: Framework): Promise<Prebuilt> {
    const question = {
      request: { kind: 'prebuild', framework },
      read: readPrebuilt,
      timeoutMs: limits.stepTimeoutMs,
    } as const
    const prebuilt = await askTwice(async () => {
      if (this.#isClosed) throw new Error('the templates are closed')
      const worker = this.#start()
      this.#busy.add(worker)
      try {
        return await askWorker(worker, question)
      } finally {
        this.#busy.delete(worker)
        worker.end()
      }
    })
    await this.#cache.keep(framework, prebuilt)
    return prebuilt
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#busy].map(async (worker) => worker[Symbol.asyncDispose]()))
  }
}
