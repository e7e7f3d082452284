/**
 * What the twenty-thousandth host costs beside the tenth: to add one with its certificate, to visit
 * one, nginx's memory, its reloads, and the schedule of the certificates. By hand, not in the tests.
 */
import { readFile } from 'node:fs/promises'
import { type Figure, interleave, median, type Rounds, showCase } from './figure.ts'
import { type HostsLab, openHostsLab } from './hosts-lab.ts'
import { measureReloadsUnderLoad } from './hosts-reloads.ts'
import { measureSchedule } from './hosts-schedule.ts'

const sizes = { many: 20_000, few: 10 } as const
type Size = keyof typeof sizes
type Labs = Readonly<Record<Size, HostsLab>>

const added = 60
const visits = 400
const batches = 7
const connectionsEach = 400
const connectionsAtOnce = 4
const tests = 9
const ratioMax = 1.5

export async function benchHosts(): Promise<readonly Figure[]> {
  await using few = await openHostsLab(sizes.few)
  await using many = await openHostsLab(sizes.many)
  const labs = { few, many }
  const each = <Value>(act: (lab: HostsLab) => Promise<Value>) => ({
    many: () => act(many),
    few: () => act(few),
  })
  return [
    await compare(
      'adding a host until it answers by https',
      added,
      each((lab) => lab.addHost()),
    ),
    await compare(
      'a visit on a new TLS connection',
      visits,
      each((lab) => lab.visitAny()),
    ),
    await measureCpu(labs),
    await compareMemory(labs),
    await compare(
      'nginx -t',
      tests,
      each((lab) => lab.testText()),
    ),
    await compare(
      'a reload, until it is seen',
      tests,
      each((lab) => lab.reload()),
    ),
    ...(await measureReloadsUnderLoad(many)),
    ...(await measureRules(labs)),
    ...(await measureSchedule(labs, sizes)),
  ]
}

async function compare(
  name: string,
  count: number,
  cases: Readonly<Record<Size, () => Promise<void>>>,
): Promise<Figure> {
  const nothing = (): Promise<void> => Promise.resolve()
  return judge(name, await interleave(count, { cases, prepare: nothing, check: nothing }))
}

function judge(name: string, rounds: Rounds<Size>): Figure {
  const of = (size: Size): number => median(rounds.map((times) => times[size]))
  return {
    ...ratioFigure(name, of('many') / of('few')),
    count: rounds.length,
    notes: [
      `${sizes.many} hosts: ${showCase(rounds, 'many')}`,
      `${sizes.few} hosts: ${showCase(rounds, 'few')}`,
    ],
  }
}

function ratioFigure(name: string, ratio: number): Figure {
  return {
    name: `${name}: ${sizes.many} hosts ÷ ${sizes.few}`,
    value: ratio.toFixed(2),
    limit: ratioMax.toFixed(2),
    isKept: ratio <= ratioMax,
    count: 1,
    notes: [],
  }
}

/** What the workers used of a core, whatever else the machine does. */
async function measureCpu(labs: Labs): Promise<Figure> {
  const used: Record<Size, number[]> = { many: [], few: [] }
  for (let batch = 0; batch < batches; batch += 1) {
    for (const size of ['many', 'few'] as const) {
      const lab = labs[size]
      const before = await readCpuMs(lab)
      const work = async (): Promise<void> => {
        for (let visit = 0; visit < connectionsEach / connectionsAtOnce; visit += 1) {
          await lab.visitAny()
        }
      }
      await Promise.all(Array.from({ length: connectionsAtOnce }, work))
      used[size].push(((await readCpuMs(lab)) - before) / connectionsEach)
    }
  }
  return {
    ...ratioFigure('CPU of nginx for a new TLS connection', median(used.many) / median(used.few)),
    count: batches * connectionsEach,
    notes: (['many', 'few'] as const).map(
      (size) => `${sizes[size]} hosts: ${median(used[size]).toFixed(2)} ms`,
    ),
  }
}

async function readCpuMs(lab: HostsLab): Promise<number> {
  const spent = (await lab.pids()).map(async (pid) => {
    const [nanoseconds = ''] = (await readFile(`/proc/${pid}/schedstat`, 'utf8')).split(' ')
    return Number(nanoseconds) / 1e6
  })
  return (await Promise.all(spent)).reduce((sum, each) => sum + each, 0)
}

async function compareMemory(labs: Labs): Promise<Figure> {
  const [many, few] = [await readMemoryMb(labs.many), await readMemoryMb(labs.few)]
  const show = (megabytes: number): string => `${megabytes.toFixed(1)} MB`
  return {
    ...ratioFigure('memory of nginx, after those visits', many / few),
    notes: [`${sizes.many} hosts: ${show(many)}; ${sizes.few} hosts: ${show(few)} (PSS, together)`],
  }
}

/** Where every tenth project has a file of its own: what that costs those that have none, and it. */
async function measureRules(labs: Labs): Promise<readonly Figure[]> {
  const before = await readMemoryMb(labs.many)
  const count = await labs.many.giveRules()
  await labs.few.giveRules()
  const beside = (what: string): string => `${what}, beside ${count} with rules of their own`
  const measure = async (what: string, act: (lab: HostsLab) => Promise<void>): Promise<Figure> => {
    const nothing = (): Promise<void> => Promise.resolve()
    const cases = { many: () => act(labs.many), few: () => act(labs.few) }
    return judge(beside(what), await interleave(tests, { cases, prepare: nothing, check: nothing }))
  }
  // nginx reads all files of projects at a reload, so these are told and not promised.
  const told = async (what: string, act: (lab: HostsLab) => Promise<void>): Promise<Figure> => {
    return { ...(await measure(what, act)), limit: null, isKept: true }
  }
  const memory = await readMemoryMb(labs.many)
  const perFile = (1_024 * (memory - before)) / count
  return [
    {
      name: beside('memory of nginx'),
      value: `${memory.toFixed(0)} MB`,
      limit: null,
      isKept: true,
      count: 1,
      notes: [`${before.toFixed(0)} MB before, so ${perFile.toFixed(0)} KB for each file (PSS)`],
    },
    await measure('adding a host', (lab) => lab.addHost()),
    { ...(await measureCpu(labs)), name: beside('CPU of nginx for a new TLS connection') },
    await told('adding a project with rules, until they are seen', (lab) => lab.addRuled()),
    await told('nginx -t', (lab) => lab.testText()),
    await told('a reload, until it is seen', (lab) => lab.reload()),
    ...(await measureReloadsUnderLoad(labs.many)).map((figure) => {
      return { ...figure, name: beside(figure.name) }
    }),
  ]
}

async function readMemoryMb(lab: HostsLab): Promise<number> {
  const shares = (await lab.pids()).map(async (pid) => {
    const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')
    return Number(/^Pss:\s+([0-9]+) kB$/m.exec(text)?.[1]) / 1_024
  })
  return (await Promise.all(shares)).reduce((sum, each) => sum + each, 0)
}
