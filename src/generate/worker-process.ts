/** One worker as the server sees it: a question at a time, an answer in time, or the end of it. */
import type { SandboxedProcess } from '../contracts/sandboxed-processes.ts'
import { limits } from '../domain/limits.ts'
import { type Frame, readFrames, writeFrame } from './frames.ts'
import type { WorkerRequest } from './messages.ts'

/** What became of a question. */
export type Reply =
  | { readonly outcome: 'answered'; readonly frame: Frame }
  /** `problem` is for the operator. */
  | { readonly outcome: 'ended'; readonly problem: string; readonly isWithoutWalls: boolean }
  | { readonly outcome: 'timeout' }

export class WorkerProcess implements AsyncDisposable {
  readonly #process: SandboxedProcess
  #isEnding = false
  #settle: ((reply: Reply) => void) | null = null

  constructor(process: SandboxedProcess) {
    this.#process = process
    readFrames(process.output, limits.generatedBytesMax, {
      onFrame: (frame) => {
        const settle = this.#settle
        this.#settle = null
        // An answer that nobody waits for is none.
        if (settle === null) this.end()
        else settle({ outcome: 'answered', frame })
      },
      onBroken: () => {
        this.end()
      },
    })
    void process.ended.then(({ complaint, wallProblem }) => {
      this.#isEnding = true
      const problem = wallProblem ?? complaint
      this.#settle?.({ outcome: 'ended', problem, isWithoutWalls: wallProblem !== null })
    })
  }

  get isAlive(): boolean {
    return !this.#isEnding
  }

  /** To be called again only when the reply to the one before is there. */
  async ask(request: WorkerRequest, timeoutMs: number): Promise<Reply> {
    if (this.#settle !== null) throw new Error('the worker is busy')
    if (this.#isEnding) return { outcome: 'ended', problem: 'ended before', isWithoutWalls: false }
    const { promise, resolve } = Promise.withResolvers<Reply>()
    this.#settle = resolve
    const timer = setTimeout(() => {
      resolve({ outcome: 'timeout' })
      this.end()
    }, timeoutMs)
    try {
      writeFrame(this.#process.input, request)
      return await promise
    } finally {
      clearTimeout(timer)
      this.#settle = null
    }
  }

  end(): void {
    this.#isEnding = true
    this.#process.end()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end()
    await this.#process.ended
  }
}
