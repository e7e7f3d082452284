/** What the doctor says of a server, by what is known of it. */
import { expect, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import type { CertificateCounts, CertificateState } from '../../src/contracts.ts'
import type { HostName } from '../../src/domain/names.ts'
import { createDoctor, type Finding } from '../../src/http/doctor.ts'

const well = { database: true, nginx: true, sandbox: true, disk: true, accepting: true }
const now = new Date('2026-12-01T00:00:00Z')
const unasked = { notAfter: null, reason: null, nextTry: null }
const none = { valid: 0, waiting: 0, failing: 0, heldBack: 0, firstEnd: null }

async function examine(given: {
  readonly settings?: Readonly<Record<string, string>>
  readonly ready?: Partial<typeof well>
  readonly counts?: Partial<CertificateCounts>
  readonly states?: Readonly<Record<string, Partial<CertificateState>>>
}): Promise<Readonly<Record<string, Finding>>> {
  const findings = await createDoctor({
    config: readConfig({ FRONTEND_DOMAIN: 'apps.example.org', ...given.settings }, 2),
    certificates: {
      count: () => ({ ...none, ...given.counts }),
      stateOf: (host) => ({ host, state: 'valid', ...unasked, ...given.states?.[host] }),
    },
    entrance: { hosts: ['deploy.apps.example.org' as HostName] },
    readReadiness: () => Promise.resolve({ ...well, ...given.ready }),
    now: () => now,
  })()
  return Object.fromEntries(findings.map((finding) => [finding.check, finding]))
}

test('a server that works has nothing to do', async () => {
  const firstEnd = new Date('2027-02-01T00:00:00Z')
  const found = await examine({ counts: { valid: 12, firstEnd } })
  expect(Object.values(found).map(({ state }) => state)).toEqual(Array(6).fill('good'))
  expect(found['certificates']?.detail).toBe('12 served, the first until 2027-02-01.')
})

test.each(['database', 'nginx', 'sandbox', 'disk'])('%s that fails is a problem', async (name) => {
  const found = await examine({ ready: { [name]: false } })
  expect(found[name]).toMatchObject({ state: 'problem', remedy: expect.stringMatching(/\w/) })
})

test('a sandbox that was switched off is warned of, whatever works', async () => {
  const found = await examine({ settings: { SLIPWAY_SANDBOX: 'off' } })
  expect(found['sandbox']?.state).toBe('warning')
})

test('a certificate that ends is told days before, and why there is none', async () => {
  const soon = new Date('2026-12-06T00:00:00Z')
  const ending = await examine({ counts: { valid: 3, failing: 1, firstEnd: soon } })
  expect(ending['certificates']).toMatchObject({
    state: 'problem',
    detail: '3 served, the first until 2026-12-06; 1 failed at their last try.',
  })
  const later = new Date('2027-01-06T00:00:00Z')
  const failing = await examine({ counts: { valid: 3, failing: 1, heldBack: 2, firstEnd: later } })
  expect(failing['certificates']?.state).toBe('warning')
  const plain = await examine({ settings: { ACME_DIRECTORY: 'off' } })
  expect(plain['certificates']?.detail).toBe('Sites are served over HTTP only.')
})

test('a host of the platform without a certificate is told with the record to set', async () => {
  const reason = 'there is no A or AAAA record deploy.apps.example.org; set … A 192.0.2.1'
  const waiting = { state: 'waiting', reason, nextTry: now } as const
  const one = await examine({ states: { 'deploy.apps.example.org': waiting } })
  expect(one['https']).toEqual({
    check: 'https',
    state: 'warning',
    detail: `deploy.apps.example.org has no certificate: ${reason}.`,
    remedy: 'When that is mended, start the server again, or wait until 2026-12-01T00:00:00.000Z.',
  })
  const states = { 'deploy.apps.example.org': waiting, 'apps.example.org': waiting }
  const both = Object.values(await examine({ states })).filter(({ check }) => check === 'https')
  expect(both, 'one wildcard').toMatchObject([{ detail: expect.stringMatching(/^apps\./) }])
  const onTheWay = { 'apps.example.org': { state: 'waiting' } } as const
  expect(Object.keys(await examine({ states: onTheWay }))).not.toContain('https')
})

test.each([
  ['https://www.example.org', 'apps.example.org', 'warning'],
  ['https://api.apps.example.org', 'apps.example.org', 'warning'],
  ['https://platform.example.com', 'apps.example.org', 'good'],
  ['http://localhost:8000', 'apps.example.org', 'good'],
  ['http://10.0.0.1:8000', 'apps.example.org', 'good'],
  ['https://me.github.io', 'you.github.io', 'good'],
])('a platform at %s with sites below %s: %s', async (backend, domain, state) => {
  const settings = { BACKEND_URL: backend, FRONTEND_DOMAIN: domain }
  const found = (await examine({ settings }))['platform']
  expect(found?.state).toBe(state)
  expect(found?.detail).toContain('cookies')
})
