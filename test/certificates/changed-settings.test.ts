/** Other settings than at the last start: another authority, a wildcard, or none any more. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { X509Certificate } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createCertificateFiles, parsePair } from '../../src/certificates/certificate-files.ts'
import { unknownRecord } from '../../src/certificates/certificate-record.ts'
import { settleSettings } from '../../src/certificates/changed-settings.ts'
import { createHttpSolver } from '../../src/certificates/http-challenges.ts'
import { lendWildcard } from '../../src/certificates/lend-wildcard.ts'
import { openLocalAuthority } from '../../src/certificates/local-authority.ts'
import { CertificateSchedule } from '../../src/certificates/schedule.ts'
import type { CertificateRecord, CertificateStore, CertificateTry } from '../../src/contracts.ts'
import type { HostName } from '../../src/domain/names.ts'
import { createCertificateStore } from '../../src/store/certificates.ts'
import { openDatabase } from '../../src/store/database.ts'

const staging = 'https://staging.example/directory'
const real = 'https://real.example/directory'
const host = 'shop.example.org' as HostName
let folder: string
let database: ReturnType<typeof openDatabase>
let store: CertificateStore

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-settings-'))
  database = openDatabase(folder)
  store = createCertificateStore(database)
})
afterEach(async () => {
  database.close()
  await rm(folder, { recursive: true, force: true })
})

/**
 * A start of the server with an authority, until nothing is due; answers what was tried. The
 * authority signs all names but the refused one.
 */
async function startWith(
  authority: string,
  wildcardDomain: HostName | null = null,
  refused: string | null = null,
): Promise<readonly CertificateTry[]> {
  await settleSettings({ store, folder, authority, wildcardDomain, now: new Date() })
  const { issue } = await openLocalAuthority(folder, 'org')
  const tries: CertificateTry[] = []
  await using schedule = new CertificateSchedule({
    store,
    files: createCertificateFiles(join(folder, 'certs'), null),
    authority: {
      name: authority,
      issue: ({ names, key = null }) =>
        refused !== null && names.includes(refused)
          ? Promise.reject(new Error('no such zone'))
          : issue(names, key),
      renewalWindow: () => Promise.resolve(null),
    },
    solverOf: () => createHttpSolver(join(folder, 'challenges')),
    wildcardDomain,
    preflight: () => Promise.resolve(),
    isLimited: true,
    logError: (message, error) => {
      throw new Error(message, { cause: error })
    },
    tellTry: (end) => tries.push(end),
  })
  schedule.request(host)
  await schedule.tryDue()
  expect(schedule.stateOf(host).state).toBe('valid')
  return tries
}

function known(name: string): CertificateRecord {
  const record = store.find(name as HostName)
  if (record === null) throw new Error(`nothing is known of ${name}`)
  return record
}

function readChain(name = 'shop.example.org'): Promise<string> {
  return readFile(join(folder, 'certs', name, 'fullchain.pem'), 'utf8')
}

test('what an authority for trying out has issued is exchanged when the real one is set', async () => {
  expect(await startWith(staging)).toMatchObject([{ result: 'issued', isRenewal: false }])
  const before = await readChain()
  expect(before).toContain(staging)
  expect(await startWith(staging), 'nothing to do with the same settings').toEqual([])
  // What was tried there is no renewal here, and counts for none of the limits.
  expect(await startWith(real)).toMatchObject([{ result: 'issued', isRenewal: false }])
  const after = await readChain()
  expect(after).toContain(real)
  expect(new X509Certificate(after).serialNumber).not.toBe(new X509Certificate(before).serialNumber)
  expect(store.entriesSince(new Date(0))).toHaveLength(1)
  expect(await startWith(real)).toEqual([])
})

test('a certificate that the operator has put there is left alone until its time', async () => {
  const authority = await openLocalAuthority(folder, 'org')
  const pair = await authority.issue([host])
  await createCertificateFiles(join(folder, 'certs'), null).write(host, pair, [host])
  expect(parsePair(pair).authority).toBeNull()
  expect(await startWith(real)).toEqual([])
  expect(await readChain()).toBe(pair.chain)
})

test('hosts that a wildcard serves from now on are looked after no more, and the other way', async () => {
  const other = 'www.elsewhere.org' as HostName
  await startWith(real)
  store.save({ ...unknownRecord(other), nextTry: new Date(Date.now() + 86_400_000) })
  await startWith(real, 'example.org' as HostName)
  expect(store.list().map(({ name }) => name)).toEqual(['*.example.org', other])
  expect(await readChain('_wildcard.example.org')).toContain('BEGIN CERTIFICATE')
  // Its own certificate is still there, so going back costs nothing.
  expect(await startWith(real)).toEqual([])
  expect(store.list().map(({ name }) => name)).toEqual([host, other])
})

test('who has a certificate has it renewed as before until the wildcard is there', async () => {
  const domain = 'example.org' as HostName
  const never = 'never.example.org' as HostName
  await startWith(real)
  store.save({ ...unknownRecord(never), nextTry: new Date(Date.now() + 86_400_000) })
  const due = { ...known(host), renewAt: new Date(0), nextTry: new Date(0) }
  store.save(due)
  const before = await readChain()
  const tries = await startWith(real, domain, '*.example.org')
  expect(tries.toSorted((one, other) => (one.name < other.name ? -1 : 1))).toMatchObject([
    { name: '*.example.org', result: 'failed', reason: 'no such zone' },
    { name: host, result: 'issued', isRenewal: true },
  ])
  expect(await readChain()).not.toBe(before)
  expect(store.list().map(({ name }) => name)).toEqual(['*.example.org', host])
  store.save({ ...known('*.example.org'), nextTry: new Date(0) })
  expect(await startWith(real, domain)).toMatchObject([
    { name: '*.example.org', result: 'issued', isRenewal: false },
  ])
  expect(store.list().map(({ name }) => name)).toEqual(['*.example.org'])
})

describe('a wildcard from before', () => {
  const domain = 'example.org' as HostName
  const other = 'www.elsewhere.org' as HostName

  async function* served(): AsyncGenerator<HostName> {
    for (const name of [domain, host, other]) yield await Promise.resolve(name)
  }

  /** As a start of the server does before it tells nginx, with a certificate for each host. */
  async function lend(authority: string, now = new Date()): Promise<void> {
    await settleSettings({ store, folder, authority, wildcardDomain: null, now })
    const files = createCertificateFiles(join(folder, 'certs'), null)
    await lendWildcard({ store, files, domain, authority, now }, served())
  }

  test('is that of its hosts until each has its own, and of nobody else', async () => {
    await startWith(real, domain)
    await lend(real)
    expect(store.list().map(({ name }) => name)).toEqual([domain, host])
    const wildcard = await readChain('_wildcard.example.org')
    for (const name of [domain, host]) expect(await readChain(name)).toBe(wildcard)
    await expect(readChain(other)).rejects.toThrow('ENOENT')

    const tries = await startWith(real, null, host)
    expect(tries.find(({ name }) => name === host)).toMatchObject({ result: 'failed' })
    expect(await readChain(), 'as long as there is none of its own').toBe(wildcard)
    expect(tries.find(({ name }) => name === domain)).toMatchObject({ result: 'issued' })
    expect(await readChain(domain)).not.toBe(wildcard)

    await lend(real)
    store.save({ ...known(host), nextTry: new Date(0) })
    expect(await startWith(real)).toMatchObject([{ result: 'issued', isRenewal: false }])
    expect(new X509Certificate(await readChain()).subjectAltName).toBe(`DNS:${host}`)
    expect(await readChain('_wildcard.example.org')).toBe(wildcard)
  })

  test.each([
    ['of an authority that nobody may trust', real, new Date()],
    ['that is over', staging, new Date(Date.now() + 365 * 86_400_000)],
  ])('%s is of no use', async (_, authority, now) => {
    await startWith(staging, domain)
    await lend(authority, now)
    expect(store.list()).toEqual([])
    await expect(readChain()).rejects.toThrow('ENOENT')
  })

  test('takes nothing from a host that has its own', async () => {
    await startWith(real)
    const own = await readChain()
    await startWith(real, domain)
    await lend(real)
    expect(await readChain()).toBe(own)
    // Only the domain itself had none, and a new one is no renewal of the wildcard.
    expect(await startWith(real)).toMatchObject([{ name: domain, isRenewal: false }])
  })
})
