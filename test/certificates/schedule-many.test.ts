/** The job that gets certificates where there are many of them, and what it tells of its tries. */
import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Authority } from '../../src/certificates/acme-authority.ts'
import { AcmeError } from '../../src/certificates/acme-error.ts'
import {
  type CertificateFiles,
  createCertificateFiles,
} from '../../src/certificates/certificate-files.ts'
import { unknownRecord } from '../../src/certificates/certificate-record.ts'
import { createHttpSolver } from '../../src/certificates/http-challenges.ts'
import { openLocalAuthority } from '../../src/certificates/local-authority.ts'
import { CertificateSchedule } from '../../src/certificates/schedule.ts'
import { limits } from '../../src/config.ts'
import type { CertificateStore, CertificateTry } from '../../src/contracts.ts'
import type { HostName, ProjectId } from '../../src/domain/names.ts'
import { createCertificateStore } from '../../src/store/certificates.ts'
import { openDatabase } from '../../src/store/database.ts'

const day = 24 * 3_600_000
let folder: string
let database: ReturnType<typeof openDatabase>
let store: CertificateStore
let schedule: CertificateSchedule
let authority: Authority
let files: CertificateFiles
const clock = { now: new Date() }
const tries: CertificateTry[] = []
const logged: string[] = []
let mayFail = false
let tellIssued: (name: string) => void
let preflight: () => Promise<void>

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-schedule-'))
  database = openDatabase(folder)
  store = createCertificateStore(database)
  clock.now = new Date()
  tries.length = 0
  logged.length = 0
  mayFail = false
  tellIssued = () => undefined
  preflight = () => Promise.resolve()
  const { issue } = await openLocalAuthority(folder, 'org', () => clock.now)
  authority = {
    name: 'local',
    issue: ({ names }) => issue(names),
    renewalWindow: () => Promise.resolve(null),
  }
  files = createCertificateFiles(join(folder, 'certs'), null, () => clock.now)
  schedule = openSchedule()
})
afterEach(async () => {
  await schedule[Symbol.asyncDispose]()
  database.close()
  await rm(folder, { recursive: true, force: true })
})

/** `dice` are cast in turn. */
function openSchedule(dice: () => number = () => 0): CertificateSchedule {
  return new CertificateSchedule({
    store,
    files,
    authority: {
      name: authority.name,
      issue: (request) => authority.issue(request),
      renewalWindow: (chain) => authority.renewalWindow(chain),
    },
    solverOf: () => createHttpSolver(join(folder, 'challenges')),
    wildcardDomain: null,
    preflight: () => preflight(),
    isLimited: true,
    logError: (message, error) => {
      if (!mayFail) throw new Error(message, { cause: error })
      logged.push(message)
    },
    tellTry: (end) => {
      tries.push(end)
      if (end.result === 'issued') tellIssued(end.name)
    },
    now: () => clock.now,
    random: dice,
  })
}

function refuse(type: string, retryAfterMs: number | null = null): Authority['issue'] {
  return () => Promise.reject(new AcmeError({ type, detail: 'because', retryAfterMs }))
}

async function request(...hosts: readonly string[]): Promise<void> {
  for (const host of hosts) schedule.request(host as HostName)
  await schedule.tryDue()
}

test('how each try ended is told: issued, failed with its reason, held back by a limit', async () => {
  const { issue } = authority
  await request('a.shop.org')
  const notAfter = store.find('a.shop.org' as HostName)?.notAfter
  const nextTry = new Date(clock.now.getTime() + day / 4)
  const name = 'a.shop.org'
  expect(tries).toEqual([
    { name, result: 'issued', isRenewal: false, notAfter, reason: null, nextTry },
  ])

  authority = { ...authority, issue: refuse('dns') }
  clock.now = new Date(clock.now.getTime() + 61 * day)
  await schedule.tryDue()
  const inAMinute = new Date(clock.now.getTime() + 60_000)
  const failed = { name, result: 'failed', isRenewal: true, notAfter, nextTry: inAMinute }
  expect(tries.slice(1)).toMatchObject([failed])
  expect(tries[1]?.reason).toContain('because')

  authority = { ...authority, issue: refuse('rateLimited', 7_200_000) }
  clock.now = inAMinute
  await schedule.tryDue()
  const inTwoHours = new Date(clock.now.getTime() + 7_200_000)
  expect(tries.slice(2)).toMatchObject([{ name, result: 'held_back', nextTry: inTwoHours }])

  authority = { ...authority, issue }
  clock.now = inTwoHours
  await schedule.tryDue()
  expect(tries.slice(3)).toMatchObject([{ name, result: 'issued', isRenewal: true, reason: null }])
})

test('what is kept is counted: valid, waiting, failing, held back, and the first to end', async () => {
  expect(schedule.count()).toEqual({
    valid: 0,
    waiting: 0,
    failing: 0,
    heldBack: 0,
    firstEnd: null,
  })
  await request('a.shop.org')
  const firstEnd = store.find('a.shop.org' as HostName)?.notAfter
  clock.now = new Date(clock.now.getTime() + day)
  await request('b.shop.org')
  authority = { ...authority, issue: refuse('dns') }
  await request('c.shop.org')
  authority = { ...authority, issue: refuse('rateLimited') }
  await request('d.shop.org')
  const counts = { valid: 2, waiting: 2, failing: 2, heldBack: 1, firstEnd }
  expect(schedule.count()).toEqual(counts)
  clock.now = new Date((firstEnd?.getTime() ?? 0) + 1)
  expect(schedule.count()).toEqual({ ...counts, valid: 1, waiting: 3 })
  schedule.forget('a.shop.org' as HostName)
  schedule.forget('c.shop.org' as HostName)
  schedule.forget('d.shop.org' as HostName)
  expect(schedule.count()).toMatchObject({ valid: 1, waiting: 0, failing: 0, heldBack: 0 })
})

test('what the limits count outlives the server, and what is too old for them is forgotten', async () => {
  const hosts = Array.from({ length: 45 }, (_, index) => `host-${index}.shop.org`)
  await request(...hosts)
  await schedule[Symbol.asyncDispose]()
  schedule = openSchedule()
  await request('one-more.shop.org', 'other.example.org')
  expect(schedule.stateOf('other.example.org' as HostName).state).toBe('valid')
  const { state, nextTry } = schedule.stateOf('one-more.shop.org' as HostName)
  expect(state).toBe('waiting')
  clock.now = nextTry ?? clock.now
  await schedule.tryDue()
  expect(schedule.stateOf('one-more.shop.org' as HostName).state).toBe('valid')
})

test('those that a limit holds back are not all tried again at the same moment', async () => {
  let cast = 0
  schedule = openSchedule(() => ((cast += 1) % 100) / 100)
  await request(...Array.from({ length: 80 }, (_, index) => `host-${index}.shop.org`))
  const held = store.list().filter(({ isHeldBack }) => isHeldBack)
  expect(held.length).toBeGreaterThanOrEqual(30)
  const times = held.map(({ nextTry }) => nextTry.getTime())
  const [first, last] = [Math.min(...times), Math.max(...times)]
  expect(first).toBeGreaterThanOrEqual(clock.now.getTime() + 6 * day)
  expect(last - first).toBeGreaterThan(5_000)
  expect(last - first).toBeLessThan(held.length * 1_000)
  expect(held.every(({ reason }) => reason?.includes('45 new certificates'))).toBe(true)
})

test('of many certificates on disk the damaged one is found, and no other is touched', async () => {
  const later = new Date(clock.now.getTime() + day)
  const known = { ...unknownRecord('host.shop.org' as HostName), notBefore: clock.now }
  for (let index = 0; index < 450; index += 1) {
    const name = `host-${index}.shop.org` as HostName
    store.save({ ...known, name, notAfter: later, renewAt: later, nextTry: later })
  }
  await request('whole.shop.org')
  const whole = await files.read('whole.shop.org')
  const read: string[] = []
  files = {
    ...files,
    read: (name) => {
      read.push(name)
      return Promise.resolve(name === 'host-449.shop.org' ? null : whole)
    },
  }
  await schedule[Symbol.asyncDispose]()
  schedule = openSchedule()
  await schedule.checkFiles()
  expect(new Set(read).size).toBe(451)
  const due = store.due(clock.now, 10).map(({ name }) => name)
  expect(due).toEqual(['host-449.shop.org'])
})

test('a clock that is years ahead is told, and holds nothing up once it is right', async () => {
  const right = clock.now
  const { issue } = await openLocalAuthority(folder, 'org', () => right)
  authority = { ...authority, issue: ({ names }) => issue(names) }
  clock.now = new Date(right.getTime() + 3_650 * day)
  await request('a.shop.org')
  const { state, reason, nextTry } = schedule.stateOf('a.shop.org' as HostName)
  expect([state, reason]).toEqual([
    'waiting',
    expect.stringMatching(/one of the two clocks is wrong/),
  ])
  expect(nextTry?.getTime()).toBeGreaterThan(clock.now.getTime())
  clock.now = right
  await schedule.tryDue()
  expect(schedule.stateOf('a.shop.org' as HostName)).toMatchObject({ state: 'valid', reason: null })
})

test('who would be refused is asked for nothing, and looked at every hour', async () => {
  preflight = () => Promise.reject(new Error('there is no A record a.shop.org'))
  await request('a.shop.org')
  for (const minutes of [1, 10, 60, 60]) {
    const { reason, nextTry } = schedule.stateOf('a.shop.org' as HostName)
    expect(reason).toBe('there is no A record a.shop.org')
    expect(nextTry?.getTime()).toBe(clock.now.getTime() + minutes * 60_000)
    clock.now = nextTry ?? clock.now
    await schedule.tryDue()
  }
  expect(store.entriesSince(new Date(0))).toEqual([])
  preflight = () => Promise.resolve()
  clock.now = new Date(clock.now.getTime() + day / 24)
  await schedule.tryDue()
  expect(schedule.stateOf('a.shop.org' as HostName).state).toBe('valid')
})

test('a project with many domains leaves room for the first certificate of another', async () => {
  const [greedy, modest] = ['greedy', 'modest'] as readonly string[] as readonly ProjectId[]
  const { issue } = authority
  const { promise: untilReleased, resolve: release } = Promise.withResolvers<void>()
  const begun: string[] = []
  authority = {
    ...authority,
    issue: async (order) => {
      begun.push(order.names[0] ?? '')
      if (order.names[0]?.startsWith('many')) await untilReleased
      return issue(order)
    },
  }
  for (let index = 0; index < limits.domainsMax; index += 1) {
    schedule.request(`many.zone-${index}.org` as HostName, greedy)
    clock.now = new Date(clock.now.getTime() + 1)
  }
  schedule.request('first.example.org' as HostName, modest)
  schedule.request('second.example.org' as HostName, modest)
  const { promise: bothIssued, resolve } = Promise.withResolvers<void>()
  tellIssued = (name) => {
    if (name === 'second.example.org') resolve()
  }
  const done = schedule.tryDue()
  await bothIssued
  expect(begun.toSorted()).toEqual([
    'first.example.org',
    'many.zone-0.org',
    'many.zone-1.org',
    'second.example.org',
  ])
  release()
  await done
  expect(schedule.count()).toMatchObject({ valid: limits.domainsMax + 2 })
  const entries = store.entriesSince(new Date(0))
  expect(entries.filter(({ projectId }) => projectId === greedy)).toHaveLength(limits.domainsMax)
})

test('whose domain it is counts also where that was not known when it was asked for', () => {
  const host = 'shop.example.org' as HostName
  const projectId = 'the-shop' as ProjectId
  schedule.request(host)
  expect(store.find(host)?.projectId).toBeNull()
  schedule.request(host, projectId)
  schedule.request(host)
  expect(store.find(host)?.projectId).toBe(projectId)
})

test('where nothing can be written down, as on a full disk, no order follows upon the other', async () => {
  mayFail = true
  let orders = 0
  const { issue } = authority
  authority = {
    ...authority,
    issue: (request) => {
      orders += 1
      return issue(request)
    },
  }
  const { save, enter } = store
  const isFull = () => {
    throw new Error('database or disk is full')
  }
  schedule.request('a.shop.org' as HostName)
  Object.assign(store, { save: isFull, enter: isFull })
  await schedule.tryDue()
  expect([orders, logged]).toEqual([1, ['the certificate of a.shop.org could not be tried']])
  for (let minutes = 1; minutes < 20; minutes += 1) {
    clock.now = new Date(clock.now.getTime() + 61_000)
    await schedule.tryDue()
  }
  // What was issued counts, though it stands nowhere.
  expect(orders).toBe(4)
  Object.assign(store, { save, enter })
  clock.now = new Date(clock.now.getTime() + 8 * day)
  await schedule.tryDue()
  expect(schedule.stateOf('a.shop.org' as HostName).state).toBe('valid')
})

test('as soon as a damaged certificate is seen its host is served by http, and no other is touched', async () => {
  await request('a.shop.org', 'b.shop.org')
  const { issue } = authority
  authority = { ...authority, issue: refuse('network') }
  await truncate(join(folder, 'certs', 'a.shop.org', 'fullchain.pem'), 100)
  for (const host of ['a.shop.org', 'b.shop.org', 'unknown.org']) {
    await schedule.check(host as HostName)
  }
  expect(schedule.stateOf('a.shop.org' as HostName).state).toBe('waiting')
  const shown = await readdir(join(folder, 'certs'))
  expect(shown.filter((name) => !name.startsWith('.'))).toEqual(['b.shop.org'])
  await schedule.tryDue()
  authority = { ...authority, issue }
  clock.now = new Date(clock.now.getTime() + 61_000)
  await schedule.tryDue()
  expect(schedule.stateOf('a.shop.org' as HostName).state).toBe('valid')
})

test('what is left of a host that was served once is used again, or put away once it is over', async () => {
  await request('a.shop.org', 'b.shop.org')
  const first = await files.read('a.shop.org')
  const hosts = ['a.shop.org', 'b.shop.org'] as readonly string[] as readonly HostName[]
  for (const host of hosts) schedule.forget(host)
  await request('a.shop.org')
  expect((await files.read('a.shop.org'))?.key).toBe(first?.key)
  expect(await files.read('b.shop.org')).toBeNull()
  expect(tries).toHaveLength(2)
  for (const host of hosts) schedule.forget(host)
  authority = { ...authority, issue: refuse('network') }
  clock.now = new Date(clock.now.getTime() + 100 * day)
  await request('a.shop.org', 'b.shop.org')
  expect([await files.read('a.shop.org'), await files.read('b.shop.org')]).toEqual([null, null])
})
