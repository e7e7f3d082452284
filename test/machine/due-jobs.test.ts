/** Jobs whose times are kept in a store: how many run at once, in which order, and after what went wrong. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DueJobs, type DueJobsParts } from '../../src/machine/due-jobs.ts'

interface Job {
  readonly name: string
  readonly at: number
}

const minute = 60_000
let planned: Job[]
/** Those that were begun, in order, and how each is ended. */
let begun: { readonly name: string; readonly end: (error?: Error) => void }[]
let told: string[]

beforeEach(() => {
  vi.useFakeTimers({ now: 0 })
  planned = []
  begun = []
  told = []
})
afterEach(() => {
  vi.useRealTimers()
})

function open(change: Partial<DueJobsParts<Job>> = {}): DueJobs<Job> {
  return new DueJobs<Job>({
    atOnceMax: 2,
    listDue: () => planned.filter(({ at }) => at <= Date.now()),
    nextAt: () =>
      planned.length === 0 ? null : new Date(Math.min(...planned.map(({ at }) => at))),
    keyOf: ({ name }) => name,
    run: async (job) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const end = (error?: Error): void => {
        if (error === undefined) resolve()
        else reject(error)
      }
      begun.push({ name: job.name, end })
      await promise
      planned = planned.filter((one) => one !== job)
    },
    tellError: (error, job) => told.push(`${job?.name ?? 'nobody'}: ${String(error)}`),
    now: () => new Date(),
    ...change,
  })
}

function plan(...names: readonly string[]): void {
  for (const name of names) planned.push({ name, at: Date.now() })
}

function names(): string {
  return begun.map(({ name }) => name).join(' ')
}

test('so many run at once, none twice, and the next one begins as one ends', async () => {
  await using jobs = open()
  plan('a', 'b', 'c')
  jobs.wake()
  await vi.advanceTimersByTimeAsync(0)
  jobs.wake()
  await vi.advanceTimersByTimeAsync(minute)
  expect(names()).toBe('a b')
  begun[1]?.end()
  await vi.advanceTimersByTimeAsync(0)
  expect(names()).toBe('a b c')
  for (const { end } of begun) end()
})

test('each begins at its time, also one that was planned for sooner meanwhile', async () => {
  await using jobs = open()
  planned = [{ name: 'late', at: 100 * minute }]
  jobs.wake()
  await vi.advanceTimersByTimeAsync(10 * minute)
  planned.push({ name: 'soon', at: 20 * minute })
  jobs.wake()
  await vi.advanceTimersByTimeAsync(10 * minute)
  expect(names()).toBe('soon')
  begun[0]?.end()
  await vi.advanceTimersByTimeAsync(80 * minute - 1)
  expect(names()).toBe('soon')
  await vi.advanceTimersByTimeAsync(1)
  expect(names()).toBe('soon late')
  begun[1]?.end()
})

test('what waits for another to end lets those behind it go first', async () => {
  const chooseNext = (due: readonly Job[], running: readonly Job[]): Job | undefined =>
    due.find((job) => running.every(({ name }) => name[0] !== job.name[0]))
  await using jobs = open({ chooseNext })
  plan('a1', 'a2', 'a3', 'b1')
  jobs.wake()
  await vi.advanceTimersByTimeAsync(0)
  expect(names()).toBe('a1 b1')
  begun[1]?.end()
  await vi.advanceTimersByTimeAsync(minute)
  expect(names()).toBe('a1 b1')
  begun[0]?.end()
  await vi.advanceTimersByTimeAsync(0)
  expect(names()).toBe('a1 b1 a2')
  begun[2]?.end()
  await vi.advanceTimersByTimeAsync(0)
  begun[3]?.end()
})

test('what could not be written down is left alone for a minute, and holds nobody up', async () => {
  await using jobs = open({ atOnceMax: 1 })
  plan('a', 'b')
  const done = jobs.runDue()
  await vi.advanceTimersByTimeAsync(0)
  begun[0]?.end(new Error('the disk is full'))
  await vi.advanceTimersByTimeAsync(0)
  begun[1]?.end()
  await done
  expect(names()).toBe('a b')
  expect(told).toEqual(['a: Error: the disk is full'])
  await vi.advanceTimersByTimeAsync(minute - 1)
  expect(names()).toBe('a b')
  await vi.advanceTimersByTimeAsync(1_000)
  expect(names()).toBe('a b a')
  begun[2]?.end()
})

test('where the store can not be read that is told, and it is read again in a minute', async () => {
  let isBroken = true
  const listDue = (): readonly Job[] => {
    if (isBroken) throw new Error('no database')
    return planned
  }
  await using jobs = open({ listDue })
  plan('a')
  jobs.wake()
  await vi.advanceTimersByTimeAsync(0)
  expect(told).toEqual(['nobody: Error: no database'])
  isBroken = false
  await vi.advanceTimersByTimeAsync(minute)
  expect(names()).toBe('a')
  begun[0]?.end()
})

test('at the end nothing more begins, and what runs is told of it and waited for', async () => {
  const jobs = open({ atOnceMax: 1 })
  plan('a', 'b')
  jobs.wake()
  await vi.advanceTimersByTimeAsync(0)
  let isOver = false
  const over = jobs[Symbol.asyncDispose]().then(() => {
    isOver = true
  })
  expect(jobs.ending.aborted).toBe(true)
  await vi.advanceTimersByTimeAsync(minute)
  expect([isOver, jobs.isRunning('a')]).toEqual([false, true])
  begun[0]?.end()
  await over
  jobs.wake()
  await vi.advanceTimersByTimeAsync(minute)
  expect(names()).toBe('a')
})
