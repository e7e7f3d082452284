/**
 * Looks at a process and all below it again and again while they run, and says what they took. What
 * they did after the last look is not in it: about a tenth of a second, and less of one that prints.
 */
import type { ProcessUse } from '../domain/use.ts'
import { readTreeUse, type TreeUse } from './process-tree.ts'

export class TreeMeter {
  readonly #pid: number
  readonly #read: (pid: number) => TreeUse | null
  #used: ProcessUse | null = null
  readonly #startedAt = performance.now()
  #lookedAt = 0
  #timer: NodeJS.Timeout | undefined

  constructor(pid: number, read: (pid: number) => TreeUse | null = readTreeUse) {
    this.#pid = pid
    this.#read = read
    this.#waitAndLook(pauseMinMs)
  }

  /** Worth a call when something happens, such as a line that may be the last; cheap if repeated. */
  look(): void {
    if (this.#timer === undefined || performance.now() - this.#lookedAt < lookPauseMs) return
    this.#look()
  }

  /** Null where the kernel told nothing, or it ended before the first look. */
  stop(): ProcessUse | null {
    clearTimeout(this.#timer)
    this.#timer = undefined
    return this.#used
  }

  #waitAndLook(pauseMs: number): void {
    this.#timer = setTimeout(() => {
      const tookMs = this.#look()
      const ranMs = this.#lookedAt - this.#startedAt
      const share = Math.max(pauseMinMs, ranMs / looksOfRun)
      // A tree of hundreds of processes does not keep the server busy.
      const costMs = Math.min(tookMs * costFactor, busyPauseMaxMs)
      this.#waitAndLook(Math.max(Math.min(share, pauseMaxMs), costMs))
    }, pauseMs)
  }

  #look(): number {
    const from = performance.now()
    const use = this.#read(this.#pid)
    this.#lookedAt = performance.now()
    if (use !== null) {
      const { cpuMs = 0, memoryPeakBytes = 0 } = this.#used ?? {}
      this.#used = {
        // Less than before: one ended that nobody waited for, and took its time along.
        cpuMs: Math.max(cpuMs, use.cpuMs),
        memoryPeakBytes: Math.max(memoryPeakBytes, use.heldBytes),
      }
    }
    return this.#lookedAt - from
  }
}

/** What a short run did at its end is a small part of it too. */
const looksOfRun = 10
const pauseMinMs = 10
const pauseMaxMs = 100
const lookPauseMs = 40
/** Looking takes a twentieth of the time, unless it takes very long. */
const costFactor = 20
const busyPauseMaxMs = 500
