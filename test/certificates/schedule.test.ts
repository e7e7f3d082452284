/** The job that gets and renews certificates, against Pebble on good days and on bad ones. */
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { axios, Client } from 'acme-client'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createAcmeAuthority, renewalId } from '../../src/certificates/acme-authority.ts'
import { prepareAcmeTransport } from '../../src/certificates/acme-transport.ts'
import { createCertificateFiles } from '../../src/certificates/certificate-files.ts'
import { createHttpSolver } from '../../src/certificates/http-challenges.ts'
import { CertificateSchedule } from '../../src/certificates/schedule.ts'
import { limits } from '../../src/config.ts'
import type { HostName } from '../../src/domain/names.ts'
import { createCertificateStore } from '../../src/store/certificates.ts'
import { openDatabase } from '../../src/store/database.ts'
import { type AcmeProxy, startAcmeProxy } from '../tools/acme-proxy.ts'
import { type Pebble, startPebble } from '../tools/pebble.ts'
import { findFreePort } from '../tools/site-lab.ts'

let pebble: Pebble
let proxy: AcmeProxy
let dataDir: string
let schedule: CertificateSchedule
let store: ReturnType<typeof createCertificateStore>
let database: ReturnType<typeof openDatabase>
const errors: unknown[] = []
const clock = { now: new Date() }
const minute = 60_000
const day = 24 * 60 * minute
const server = createServer((request, response) => {
  readFile(join(dataDir, 'challenges', (request.url ?? '').split('/').at(-1) ?? '')).then(
    (proof) => response.end(proof),
    () => response.writeHead(404).end(),
  )
})

beforeAll(async () => {
  const httpPort = await findFreePort()
  await new Promise<void>((resolve) => {
    server.listen(httpPort, '127.0.0.1', resolve)
  })
  pebble = await startPebble({ httpPort })
  proxy = await startAcmeProxy(pebble)
  prepareAcmeTransport(proxy.rootPem)
})
afterAll(async () => {
  server.close()
  await proxy[Symbol.asyncDispose]()
  await pebble[Symbol.asyncDispose]()
})
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'slipway-schedule-'))
  database = openDatabase(dataDir)
  clock.now = new Date()
  errors.length = 0
  proxy.fault = () => null
  proxy.renewalWindow = null
  schedule = openSchedule()
})
afterEach(async () => {
  await schedule[Symbol.asyncDispose]()
  database.close()
  await rm(dataDir, { recursive: true, force: true })
  expect(errors).toEqual([])
})

function openSchedule(): CertificateSchedule {
  store = createCertificateStore(database)
  const { directory } = proxy
  return new CertificateSchedule({
    store,
    files: createCertificateFiles(join(dataDir, 'certs'), null),
    authority: createAcmeAuthority({ directory, email: 'ops@example.org', folder: dataDir }),
    solverOf: () => createHttpSolver(join(dataDir, 'challenges')),
    wildcardDomain: null,
    preflight: () => Promise.resolve(),
    isLimited: true,
    logError: (_, error) => errors.push(error),
    now: () => clock.now,
    random: () => 0,
  })
}

async function serial(name: string): Promise<string> {
  const chain = await readFile(join(dataDir, 'certs', name, 'fullchain.pem'))
  return new X509Certificate(chain).serialNumber
}

function stateOf(name: string) {
  return schedule.stateOf(name as HostName)
}

/** Asks for a host, and answers when it was tried. */
async function request(name: string): Promise<void> {
  schedule.request(name as HostName)
  await schedule.tryDue()
}

/** Lets time pass until the next try, and answers how many minutes that were. */
async function passUntilNextTry(name: string): Promise<number> {
  const next = stateOf(name).nextTry ?? clock.now
  const passed = (next.getTime() - clock.now.getTime()) / minute
  clock.now = next
  await schedule.tryDue()
  return Math.round(passed)
}

test('who is asked for gets a certificate, and is looked after from then on', async () => {
  expect(stateOf('a.example.org').state).toBe('none')
  await request('a.example.org')
  const state = stateOf('a.example.org')
  expect(state).toMatchObject({ state: 'valid', reason: null })
  expect(state.nextTry?.getTime()).toBe(clock.now.getTime() + 6 * 60 * minute)
  const before = await serial('a.example.org')
  await passUntilNextTry('a.example.org')
  expect(await serial('a.example.org')).toBe(before)
})

test('asking again, and another start of the server, order nothing', async () => {
  await request('b.example.org')
  const ordered = proxy.orders.length
  await request('b.example.org')
  await schedule[Symbol.asyncDispose]()
  schedule = openSchedule()
  await request('b.example.org')
  expect(proxy.orders).toHaveLength(ordered)
  expect(stateOf('b.example.org').state).toBe('valid')
})

test('when two thirds of its life are over it is renewed, and what was served stays until then', async () => {
  await request('c.example.org')
  const { renewAt, notBefore, notAfter } = store.find('c.example.org' as HostName) ?? {}
  const life = (notAfter?.getTime() ?? 0) - (notBefore?.getTime() ?? 0)
  expect(renewAt?.getTime()).toBe(Math.trunc((notBefore?.getTime() ?? 0) + (life * 2) / 3))
  const before = await serial('c.example.org')
  clock.now = new Date((renewAt?.getTime() ?? 0) - minute)
  schedule.retry('c.example.org' as HostName)
  await schedule.tryDue()
  expect(await serial('c.example.org')).toBe(before)
  clock.now = renewAt ?? clock.now
  schedule.retry('c.example.org' as HostName)
  await schedule.tryDue()
  expect(await serial('c.example.org')).not.toBe(before)
})

test('a renewal keeps the key, so that no visitor is shown one half of each', async () => {
  await request('k.example.org')
  const readKey = () => readFile(join(dataDir, 'certs', 'k.example.org', 'privkey.pem'), 'utf8')
  const renew = async () => {
    clock.now = new Date(clock.now.getTime() + 4_000 * day)
    await schedule.tryDue()
  }
  const [key, before] = [await readKey(), await serial('k.example.org')]
  await renew()
  const renewed = await serial('k.example.org')
  expect(renewed).not.toBe(before)
  expect(await readKey()).toBe(key)

  const refused = { type: 'urn:ietf:params:acme:error:badPublicKey', detail: 'it was reported' }
  let isFirst = true
  proxy.fault = (_, path) => {
    if (!path.startsWith('/finalize-order/') || !isFirst) return null
    isFirst = false
    return { status: 400, body: refused }
  }
  await renew()
  expect(isFirst).toBe(false)
  expect(await serial('k.example.org')).not.toBe(renewed)
  expect(await readKey(), 'a key that the authority knows to be lost').not.toBe(key)
  expect(stateOf('k.example.org').reason).toBeNull()
})

test('an authority that wants it earlier gets it earlier, and is told what is replaced', async () => {
  await request('d.example.org')
  const before = await serial('d.example.org')
  const start = new Date(clock.now.getTime() - day)
  proxy.renewalWindow = { start, end: new Date(start.getTime() + minute) }
  clock.now = new Date(clock.now.getTime() + 6 * 60 * minute)
  await schedule.tryDue()
  expect(await serial('d.example.org')).not.toBe(before)
  expect(proxy.orders.some(({ replaces }) => typeof replaces === 'string')).toBe(true)
  expect(stateOf('d.example.org')).toMatchObject({ state: 'valid', reason: null })
})

test('an authority that says when to ask again is asked then', async () => {
  await request('l.example.org')
  const before = await serial('l.example.org')
  const start = new Date(clock.now.getTime() + 30 * day)
  proxy.renewalWindow = { start, end: new Date(start.getTime() + day), retryAfter: '7200' }
  expect(await passUntilNextTry('l.example.org')).toBe(6 * 60)
  expect(await passUntilNextTry('l.example.org')).toBe(2 * 60)
  proxy.renewalWindow = { ...proxy.renewalWindow, retryAfter: '0' }
  expect(await passUntilNextTry('l.example.org')).toBe(2 * 60)
  expect(await passUntilNextTry('l.example.org')).toBe(1)
  expect(await serial('l.example.org')).toBe(before)
})

test('a certificate that its authority has revoked is exchanged at the next look', async () => {
  await request('m.example.org')
  const chain = await readFile(join(dataDir, 'certs', 'm.example.org', 'fullchain.pem'), 'utf8')
  const accountKey = await readFile(join(dataDir, 'account.key'))
  const account = new Client({ directoryUrl: proxy.directory, accountKey })
  await account.createAccount({ onlyReturnExisting: true })
  await account.revokeCertificate(chain.slice(chain.indexOf('-----BEGIN')))
  // What Let's Encrypt says of one that it has revoked: it should have been renewed already.
  const end = new Date(clock.now.getTime() - day)
  proxy.renewalWindow = { start: new Date(end.getTime() - day), end }
  const ordered = proxy.orders.length
  await passUntilNextTry('m.example.org')
  expect(await serial('m.example.org')).not.toBe(new X509Certificate(chain).serialNumber)
  expect(proxy.orders.slice(ordered)).toMatchObject([{ replaces: renewalId(chain) }])
  expect(stateOf('m.example.org')).toMatchObject({ state: 'valid', reason: null })
})

test('an authority that is away for a day is asked after 1, 10 and 100 minutes, then once a day', async () => {
  await request('e.example.org')
  const before = await serial('e.example.org')
  const { renewAt } = store.find('e.example.org' as HostName) ?? {}
  clock.now = renewAt ?? clock.now
  proxy.fault = () => 'reset'
  schedule.retry('e.example.org' as HostName)
  await schedule.tryDue()
  const waits: number[] = []
  for (let turn = 0; turn < 4; turn += 1) waits.push(await passUntilNextTry('e.example.org'))
  expect(waits).toEqual([1, 10, 100, 1_440])
  expect(stateOf('e.example.org')).toMatchObject({
    state: 'valid',
    reason: expect.stringContaining('does not answer') as string,
  })
  expect(await serial('e.example.org')).toBe(before)
  proxy.fault = () => null
  await passUntilNextTry('e.example.org')
  expect(await serial('e.example.org')).not.toBe(before)
  expect(stateOf('e.example.org').reason).toBeNull()
})

test('an authority that names a time is asked no earlier, and nobody sleeps for it', async () => {
  proxy.fault = (method, path) =>
    path.endsWith('/order-plz')
      ? {
          status: 429,
          headers: { 'retry-after': '122400' },
          body: { type: 'urn:ietf:params:acme:error:rateLimited', detail: 'too many' },
        }
      : null
  await request('f.example.org')
  const { state, reason, nextTry } = stateOf('f.example.org')
  expect([state, reason]).toEqual([
    'waiting',
    'the certificate authority has a limit that was reached (too many)',
  ])
  expect(nextTry?.getTime()).toBe(clock.now.getTime() + 122_400_000)
})

test('an authority that takes the question and never answers is waited for so long, and no longer', async () => {
  const timeout = limits.acmeRequestTimeoutMs
  expect(axios.defaults.timeout).toBe(timeout)
  axios.defaults.timeout = 100
  try {
    proxy.fault = () => 'hang'
    await request('k.example.org')
    expect(stateOf('k.example.org').reason).toContain('the certificate authority does not answer')
  } finally {
    axios.defaults.timeout = timeout
  }
  proxy.fault = () => null
  expect(await passUntilNextTry('k.example.org')).toBe(1)
  expect(stateOf('k.example.org').state).toBe('valid')
})

test('of two hosts one may fail, and the other has its certificate', async () => {
  schedule.request('under_score.example.org' as HostName)
  await request('g.example.org')
  expect(stateOf('g.example.org').state).toBe('valid')
  expect(stateOf('under_score.example.org').state).toBe('waiting')
  expect(stateOf('under_score.example.org').reason).not.toBeNull()
})

test('a host that fails is not tried a fourth time within an hour, whoever asks', async () => {
  await rm(join(dataDir, 'challenges'), { recursive: true, force: true })
  await writeFile(join(dataDir, 'challenges'), 'no folder')
  await request('h.example.org')
  for (let count = 0; count < 2; count += 1) {
    clock.now = new Date(clock.now.getTime() + minute)
    schedule.retry('h.example.org' as HostName)
    await schedule.tryDue()
  }
  const ordered = proxy.orders.length
  schedule.retry('h.example.org' as HostName)
  await schedule.tryDue()
  expect(proxy.orders).toHaveLength(ordered)
  const { reason, nextTry } = stateOf('h.example.org')
  expect(reason).toBe('h.example.org failed 3 times in the last hour')
  // An hour after the first failure.
  expect(nextTry?.getTime()).toBe(clock.now.getTime() + 58 * minute)
})

test('a certificate that was damaged on disk is ordered anew, and says so until it is there', async () => {
  await request('i.example.org')
  const before = await serial('i.example.org')
  const file = join(dataDir, 'certs', 'i.example.org', 'fullchain.pem')
  await writeFile(file, (await readFile(file, 'utf8')).slice(0, 200))
  proxy.fault = () => 'reset'
  await passUntilNextTry('i.example.org')
  expect(stateOf('i.example.org').state).toBe('waiting')
  proxy.fault = () => null
  await passUntilNextTry('i.example.org')
  expect(await serial('i.example.org')).not.toBe(before)
})

test('a host that is forgotten is renewed no more', async () => {
  await request('j.example.org')
  schedule.forget('j.example.org' as HostName)
  expect(stateOf('j.example.org').state).toBe('none')
  const ordered = proxy.orders.length
  clock.now = new Date(clock.now.getTime() + 4_000 * day)
  await schedule.tryDue()
  expect(proxy.orders).toHaveLength(ordered)
})
