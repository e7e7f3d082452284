/** What the schedule of the certificates costs where it looks after many, and whom it holds up. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { type Figure, measureMs, median, showMs } from './figure.ts'
import type { HostsLab } from './hosts-lab.ts'

const asked = 20_000
const rounds = 9
const turns = 200
const ratioMax = 2
/** Nobody notices so much. */
const workMaxMs = 50
const quietMs = 2_000

type Size = 'many' | 'few'

export async function measureSchedule(
  labs: Readonly<Record<Size, HostsLab>>,
  sizes: Readonly<Record<Size, number>>,
): Promise<readonly Figure[]> {
  const name = (what: string): string => `${what}: ${sizes.many} certificates ÷ ${sizes.few}`
  const states = await measureEach(rounds, labs, (lab, size) => {
    for (let count = 0; count < asked; count += 1) {
      lab.schedule.stateOf(lab.hostAt(1 + (count % sizes[size])))
    }
    return Promise.resolve()
  })
  let turn = 0
  const looked = await measureEach(turns, labs, async (lab, size) => {
    turn += 1
    lab.schedule.retry(lab.hostAt(1 + ((turn * 7_919) % sizes[size])))
    await lab.schedule.tryDue()
  })
  return [
    compare(name('the state of a host'), states, (ms) => `${((ms * 1_000) / asked).toFixed(1)} µs`),
    compare(name('a turn of a certificate that needs nothing'), looked, showMs),
    await measureDelay(`a check of ${sizes.many} files`, () => labs.many.schedule.checkFiles()),
    await measureDelay(
      `${sizes.many} certificates that are due at once`,
      () => labs.many.schedule.tryDue(),
      labs.many.makeAllDue,
    ),
  ]
}

async function measureEach(
  count: number,
  labs: Readonly<Record<Size, HostsLab>>,
  act: (lab: HostsLab, size: Size) => Promise<void>,
): Promise<Readonly<Record<Size, number>>> {
  const times: Record<Size, number[]> = { many: [], few: [] }
  for (let round = -1; round < count; round += 1) {
    for (const size of ['many', 'few'] as const) {
      const ms = await measureMs(() => act(labs[size], size))
      if (round >= 0) times[size].push(ms)
    }
  }
  return { many: median(times.many), few: median(times.few) }
}

function compare(
  name: string,
  { many, few }: Readonly<Record<Size, number>>,
  show: (ms: number) => string,
): Figure {
  return {
    name,
    value: (many / few).toFixed(2),
    limit: ratioMax.toFixed(2),
    isKept: many / few <= ratioMax,
    count: rounds,
    notes: [`${show(many)} and ${show(few)}`],
  }
}

/** A check is made at each start of the server and every hour; all are due after a long stop. */
async function measureDelay(
  what: string,
  act: () => Promise<void>,
  prepare: () => void = () => undefined,
): Promise<Figure> {
  prepare()
  const quiet = await watchTurns(() => wait(quietMs))
  let ms = 0
  const busy = await watchTurns(async () => {
    ms = await measureMs(act)
  })
  return {
    name: `the longest work in one turn of the server's loop, for ${what}`,
    value: showMs(busy.workMaxMs),
    limit: showMs(workMaxMs),
    isKept: busy.workMaxMs <= workMaxMs,
    count: 1,
    notes: [
      `all of it takes ${showMs(ms)} in the background`,
      `1 of 100 turns is late by more than ${showMs(busy.lateMs)}; by ${showMs(quiet.lateMs)} while nothing of the kind goes on`,
    ],
  }
}

/** Work is counted by the thread's own clock: on a busy machine a turn is late for many reasons. */
async function watchTurns(
  act: () => Promise<void>,
): Promise<{ readonly workMaxMs: number; readonly lateMs: number }> {
  const resolution = 5
  const late = monitorEventLoopDelay({ resolution })
  late.enable()
  const state = { isOver: false }
  const watching = watchWork(state)
  await act()
  state.isOver = true
  late.disable()
  const lateMs = Math.max(0, late.percentile(99) / 1e6 - resolution)
  return { workMaxMs: await watching, lateMs }
}

async function watchWork(state: { readonly isOver: boolean }): Promise<number> {
  let maxMs = 0
  while (!state.isOver) {
    const before = process.threadCpuUsage()
    await wait(1)
    const { user, system } = process.threadCpuUsage(before)
    maxMs = Math.max(maxMs, (user + system) / 1_000)
  }
  return maxMs
}
