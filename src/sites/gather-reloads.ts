/**
 * Joins the reloads of nginx that are asked for within a while into one at its end: each leaves a
 * generation of workers behind that serves its visitors to their end, and that costs memory.
 */
import { setTimeout } from 'node:timers/promises'

export interface Reloads {
  /**
   * Resolves once a reload that began after this call has ended; rejects as that one did, with all
   * who have waited for it. Where it is held back, `tellWait` is told first for how many
   * milliseconds.
   */
  readonly request: (tellWait?: (ms: number) => void) => Promise<void>
  /** What is held back begins at once. */
  readonly hurry: () => void
}

export interface Clock {
  readonly now: () => number
  /** Ends at once where the signal is aborted. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>
}

const steadyClock: Clock = {
  now: () => performance.now(),
  wait: (ms, signal) => setTimeout(ms, undefined, { signal }).catch(() => undefined),
}

/**
 * At most one in `pauseMs`, from beginning to beginning, and never two at a time. A reload may change
 * its mind about the pause after it.
 */
export function gatherReloads(
  reload: () => Promise<void>,
  { pauseMs, clock = steadyClock }: { readonly pauseMs: () => number; readonly clock?: Clock },
): Reloads {
  let begunAt = -Infinity
  let running: Promise<unknown> = Promise.resolve()
  let next: Promise<void> | null = null
  let hold = new AbortController()
  const heldBackMs = (): number => Math.max(0, begunAt + pauseMs() - clock.now())
  const carryOutNext = async (): Promise<void> => {
    const { signal } = hold
    await running
    while (heldBackMs() > 0 && !signal.aborted) await clock.wait(heldBackMs(), signal)
    // What is asked for from here on may come too late for the configuration that is read now.
    next = null
    begunAt = clock.now()
    const mine = reload()
    running = mine.catch(() => undefined)
    await mine
  }
  return {
    request: (tellWait) => {
      const waitMs = heldBackMs()
      if (waitMs > 0) tellWait?.(waitMs)
      next ??= carryOutNext()
      return next
    },
    hurry: () => {
      hold.abort()
      hold = new AbortController()
    },
  }
}
