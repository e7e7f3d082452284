// Reloads that are asked for in a hurry become one; the clock is the test's own.
import { expect, it } from 'vitest'
import { type Clock, gatherReloads } from '../../src/sites/gather-reloads.ts'

const pauseMs = 5_000

interface HandClock extends Clock {
  /** Lets time pass, and all that follows from it happen. */
  readonly pass: (ms: number) => Promise<void>
}

function createHandClock(): HandClock {
  let now = 0
  const waiting = new Set<{ readonly until: number; readonly wake: () => void }>()
  return {
    now: () => now,
    wait: (ms) =>
      new Promise((resolve) => {
        waiting.add({ until: now + ms, wake: resolve })
      }),
    pass: async (ms) => {
      now += ms
      for (const one of waiting) {
        if (one.until > now) continue
        waiting.delete(one)
        one.wake()
      }
      await settle()
    },
  }
}

/** Everything that needs no time has happened when it resolves. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

it('makes two reloads of a hundred requests: one at once, one for all the others', async () => {
  const clock = createHandClock()
  const begun: number[] = []
  const reloads = gatherReloads(
    () => {
      begun.push(clock.now())
      return Promise.resolve()
    },
    { pauseMs: () => pauseMs, clock },
  )
  const first = reloads.request()
  await first
  const others: Promise<void>[] = []
  const waits: number[] = []
  for (let count = 1; count < 100; count += 1) {
    others.push(reloads.request((ms) => waits.push(ms)))
    await clock.pass(10)
  }
  expect(begun).toEqual([0])
  expect([waits[0], waits.at(-1), waits.length]).toEqual([pauseMs, pauseMs - 980, 99])
  await clock.pass(pauseMs - 990)
  await Promise.all(others)
  expect(begun).toEqual([0, pauseMs])
  await clock.pass(3 * pauseMs)
  await reloads.request()
  expect(begun).toEqual([0, pauseMs, 4 * pauseMs])
})

it('does not count one that had begun before it was asked for', async () => {
  const clock = createHandClock()
  const ends: (() => void)[] = []
  const reloads = gatherReloads(
    () =>
      new Promise((resolve) => {
        ends.push(resolve)
      }),
    { pauseMs: () => pauseMs, clock },
  )
  const first = reloads.request()
  await settle()
  let isDone = false
  const second = reloads.request().then(() => {
    isDone = true
  })
  await clock.pass(2 * pauseMs)
  expect(ends).toHaveLength(1)
  ends[0]?.()
  await first
  await settle()
  expect(isDone).toBe(false)
  expect(ends).toHaveLength(2)
  ends[1]?.()
  await second
})

it('tells a failure to those who have waited for it, and to nobody after them', async () => {
  const clock = createHandClock()
  const outcomes = [null, new Error('refused'), null]
  const reloads = gatherReloads(
    () => {
      const outcome = outcomes.shift() ?? null
      return outcome === null ? Promise.resolve() : Promise.reject(outcome)
    },
    { pauseMs: () => pauseMs, clock },
  )
  await reloads.request()
  const together = Promise.allSettled([reloads.request(), reloads.request()])
  await clock.pass(pauseMs)
  expect((await together).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  const after = reloads.request()
  await clock.pass(pauseMs)
  await after
})

it('holds the next one back for longer where a reload has found that it should', async () => {
  const clock = createHandClock()
  const begun: number[] = []
  let pause = pauseMs
  const reloads = gatherReloads(
    () => {
      begun.push(clock.now())
      pause = 12 * pauseMs
      return Promise.resolve()
    },
    { pauseMs: () => pause, clock },
  )
  await reloads.request()
  const second = reloads.request((ms) => {
    expect(ms).toBe(12 * pauseMs)
  })
  await clock.pass(pauseMs)
  expect(begun).toEqual([0])
  await clock.pass(11 * pauseMs)
  await second
  expect(begun).toEqual([0, 12 * pauseMs])
})
