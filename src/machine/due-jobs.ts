/**
 * Jobs whose times are kept in a store, so that a start of the server changes nothing: what is due
 * is done, a few at once and none twice at the same time. What a job does is not known here.
 */
import { setMaxListeners } from 'node:events'

export interface DueJobsParts<Job> {
  readonly atOnceMax: number
  /**
   * Those whose time has come, the longest due first; those that run already may be among them.
   * `restingCount` of them may be left alone for a while.
   */
  readonly listDue: (restingCount: number) => readonly Job[]
  /** When the next one is due; null where none is planned. */
  readonly nextAt: () => Date | null
  /** Of the jobs of one key one runs at a time. */
  readonly keyOf: (job: Job) => string
  /** Of those that could begin; none where all wait until another one has ended. Else the first. */
  readonly chooseNext?: (due: readonly Job[], running: readonly Job[]) => Job | undefined
  /** What became of it is in the store when this resolves. */
  readonly run: (job: Job) => Promise<void>
  /** Of what could not be written down; `job` is null where nothing could be read. */
  readonly tellError: (error: unknown, job: Job | null) => void
  readonly now: () => Date
}

const timerMaxMs = 3_600_000
/** What is due and was not begun, since others run or it rests, is looked at again after this. */
const againMs = 1_000
/** For so long is left alone what the store calls due though it was done, as on a full disk. */
const restMs = 60_000

export class DueJobs<Job> implements AsyncDisposable {
  readonly #parts: DueJobsParts<Job>
  readonly #ending = new AbortController()
  readonly #running = new Map<string, { readonly job: Job; readonly end: Promise<void> }>()
  readonly #restingUntil = new Map<string, number>()
  #timer: NodeJS.Timeout | null = null

  constructor(parts: DueJobsParts<Job>) {
    this.#parts = parts
    setMaxListeners(0, this.#ending.signal)
  }

  /** Aborted when the jobs are to end. */
  get ending(): AbortSignal {
    return this.#ending.signal
  }

  isRunning(key: string): boolean {
    return this.#running.has(key)
  }

  /** To be called at the start, and whenever something is due sooner than it was. */
  wake(): void {
    this.#arm(0)
  }

  /** Does all that is due by now, and answers when that is done. */
  async runDue(): Promise<void> {
    while (this.#begin() || this.#running.size > 0) await Promise.race(this.#ends())
  }

  /** Those that run are waited for. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort()
    if (this.#timer !== null) clearTimeout(this.#timer)
    await Promise.all(this.#ends())
  }

  #arm(delayMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.ending.aborted) return
    this.#timer = setTimeout(() => {
      this.#turn()
    }, delayMs).unref()
  }

  #turn(): void {
    const { nextAt, now, tellError } = this.#parts
    try {
      this.#begin()
      const delayMs = (nextAt()?.getTime() ?? Infinity) - now().getTime()
      this.#arm(delayMs > 0 ? Math.min(delayMs, timerMaxMs) : againMs)
    } catch (error) {
      tellError(error, null)
      this.#arm(restMs)
    }
  }

  /** Answers whether any was begun. */
  #begin(): boolean {
    const { atOnceMax, listDue, keyOf, chooseNext = ([first]) => first } = this.#parts
    const before = this.#running.size
    if (this.ending.aborted || before >= atOnceMax) return false
    this.#wakeRested()
    const due = listDue(this.#restingUntil.size)
    while (this.#running.size < atOnceMax) {
      const free = due.filter((job) => this.#isFree(keyOf(job)))
      const running = [...this.#running.values()].map((one) => one.job)
      const job = chooseNext(free, running)
      if (job === undefined) break
      const key = keyOf(job)
      const end = Promise.resolve().then(() => this.#run(key, job))
      this.#running.set(key, { job, end })
    }
    return this.#running.size > before
  }

  async #run(key: string, job: Job): Promise<void> {
    try {
      await this.#parts.run(job)
    } catch (error) {
      this.#restingUntil.set(key, this.#parts.now().getTime() + restMs)
      this.#parts.tellError(error, job)
    } finally {
      this.#running.delete(key)
      this.wake()
    }
  }

  #isFree(key: string): boolean {
    return !this.#running.has(key) && !this.#restingUntil.has(key)
  }

  #wakeRested(): void {
    const now = this.#parts.now().getTime()
    for (const [key, until] of this.#restingUntil) {
      if (until <= now) this.#restingUntil.delete(key)
    }
  }

  #ends(): readonly Promise<void>[] {
    return [...this.#running.values()].map(({ end }) => end)
  }
}
