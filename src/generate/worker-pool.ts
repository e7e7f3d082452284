/**
 * The workers: started at the first need, lent to one at a time, kept warm, and replaced when they
 * have done much or grown large. Knows nothing of what they are asked.
 */
import { settleOrAbort } from './settle-or-abort.ts'
import type { WorkerProcess } from './worker-process.ts'

export interface WorkerPoolOptions {
  readonly start: () => WorkerProcess
  readonly workersMax: number
  readonly usesMax: number
  readonly memoryBytesMax: number
  readonly idleMs: number
  /** Given to a worker that takes the place of a worn one, before anybody waits for it. */
  readonly warm: (worker: WorkerProcess) => Promise<unknown>
}

/** What the borrower tells when it gives the worker back. */
export interface Used {
  readonly memoryBytes: number
}

export class WorkerPool implements AsyncDisposable {
  readonly #options: WorkerPoolOptions
  readonly #members = new Set<Member>()
  /** The last is the one that was used last, and the warmest. */
  readonly #idle: Member[] = []
  readonly #waiting: PromiseWithResolvers<Member>[] = []
  #isClosed = false

  constructor(options: WorkerPoolOptions) {
    this.#options = options
  }

  /** Has a worker started, where there is none, for an app that will soon be there. */
  prepare(): void {
    if (this.#members.size === 0) this.#takeBack(this.#hire())
  }

  /**
   * Lends a worker, if possible the one that had the same `key` last. A signal ends the waiting and
   * not the work, which has a time limit of its own.
   */
  async use<Given extends Used>(
    key: string,
    signal: AbortSignal,
    work: (worker: WorkerProcess) => Promise<Given>,
  ): Promise<Given> {
    const member = await this.#borrow(key, signal)
    member.key = key
    const done = work(member.worker)
      .then((given) => {
        member.memoryBytes = given.memoryBytes
        return given
      })
      .finally(() => {
        member.uses += 1
        this.#takeBack(member)
      })
    return settleOrAbort(done, signal)
  }

  async #borrow(key: string, signal: AbortSignal): Promise<Member> {
    signal.throwIfAborted()
    const index = this.#idle.findLastIndex((member) => member.key === key)
    const [member] = this.#idle.splice(index === -1 ? this.#idle.length - 1 : index, 1)
    clearTimeout(member?.idleTimer)
    if (member?.worker.isAlive === true) return member
    if (member !== undefined) {
      this.#dismiss(member)
      return this.#borrow(key, signal)
    }
    if (this.#members.size < this.#options.workersMax) return this.#hire()
    const turn = Promise.withResolvers<Member>()
    this.#waiting.push(turn)
    try {
      return await settleOrAbort(turn.promise, signal)
    } catch (error) {
      const place = this.#waiting.indexOf(turn)
      if (place !== -1) this.#waiting.splice(place, 1)
      // Its turn came in the same moment: the next one's turn it is.
      else turn.promise.then(this.#takeBack.bind(this), () => undefined)
      throw error
    }
  }

  #takeBack(member: Member): void {
    const { usesMax, memoryBytesMax, idleMs } = this.#options
    const isWorn = member.uses >= usesMax || member.memoryBytes > memoryBytesMax
    if (isWorn || !member.worker.isAlive) {
      this.#dismiss(member)
      if (!this.#isClosed) this.#replace(isWorn)
      return
    }
    const next = this.#waiting.shift()
    if (next !== undefined) {
      next.resolve(member)
      return
    }
    this.#idle.push(member)
    member.idleTimer = setTimeout(() => {
      this.#idle.splice(this.#idle.indexOf(member), 1)
      this.#dismiss(member)
    }, idleMs).unref()
  }

  #replace(isWorn: boolean): void {
    const next = this.#waiting.shift()
    try {
      if (next !== undefined) next.resolve(this.#hire())
      else if (isWorn) this.#warm(this.#hire())
    } catch (error) {
      next?.reject(error)
    }
  }

  #warm(member: Member): void {
    const takeBack = (): void => {
      this.#takeBack(member)
    }
    this.#options.warm(member.worker).then(takeBack, takeBack)
  }

  #hire(): Member {
    if (this.#isClosed) throw new Error('the workers are closed')
    const member: Member = {
      worker: this.#options.start(),
      key: null,
      uses: 0,
      memoryBytes: 0,
      idleTimer: undefined,
    }
    this.#members.add(member)
    return member
  }

  #dismiss(member: Member): void {
    this.#members.delete(member)
    member.worker.end()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    for (const turn of this.#waiting.splice(0)) turn.reject(new Error('the workers are closed'))
    for (const { idleTimer } of this.#members) clearTimeout(idleTimer)
    const workers = [...this.#members].map(({ worker }) => worker)
    await Promise.all(workers.map(async (worker) => worker[Symbol.asyncDispose]()))
  }
}

interface Member {
  readonly worker: WorkerProcess
  key: string | null
  uses: number
  memoryBytes: number
  idleTimer: NodeJS.Timeout | undefined
}
