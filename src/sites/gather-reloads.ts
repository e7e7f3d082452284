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
}

export interface Clock {
  readonly now: () => number
  readonly wait: (ms: number) => Promise<void>
}

const steadyClock: Clock = {
  now: () => performance.now(),
  wait: (ms) => setTimeout(ms),
}

/** At most one in `pauseMs`, from beginning to beginning, and never two at a time. */
export function gatherReloads(
  reload: () => Promise<void>,
  { pauseMs, clock = steadyClock }: { readonly pauseMs: number; readonly clock?: Clock },
): Reloads {
  let earliest = -Infinity
  let running: Promise<unknown> = Promise.resolve()
  let next: Promise<void> | null = null
  const heldBackMs = (): number => Math.max(0, earliest - clock.now())
  const carryOutNext = async (): Promise<void> => {
    await running
    while (heldBackMs() > 0) await clock.wait(heldBackMs())
    // What is asked for from here on may come too late for the configuration that is read now.
    next = null
    earliest = clock.now() + pauseMs
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
  }
}
