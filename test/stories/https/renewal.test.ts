/** Certificates that are renewed while visitors keep coming: nobody notices, and nginx is told nothing. */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Authority, createAcmeAuthority } from '../../../src/certificates/acme-authority.ts'
import { prepareAcmeTransport } from '../../../src/certificates/acme-transport.ts'
import { createCertificateFiles } from '../../../src/certificates/certificate-files.ts'
import { createHttpSolver } from '../../../src/certificates/http-challenges.ts'
import { openLocalAuthority } from '../../../src/certificates/local-authority.ts'
import { findNginxGroup } from '../../../src/certificates/nginx-group.ts'
import { CertificateSchedule } from '../../../src/certificates/schedule.ts'
import { readGeneration } from '../../../src/sites/generation.ts'
import type { HostName } from '../../../src/domain/names.ts'
import { listWorkers } from '../../../src/sites/old-workers.ts'
import { certificatesFolder, challengesFolder } from '../../../src/sites/site-folders.ts'
import { createCertificateStore } from '../../../src/store/certificates.ts'
import { openDatabase } from '../../../src/store/database.ts'
import { startPebble } from '../../tools/pebble.ts'
import { findFreePort, type SiteLab, startSiteLab } from '../../tools/site-lab.ts'
import { startHandshakes } from '../../tools/steady-handshakes.ts'
import { until } from '../../tools/until.ts'

const day = 24 * 3_600_000

interface RenewalLab extends AsyncDisposable {
  /** Lets so much time pass that the certificate is due, and answers when it was renewed. */
  readonly renew: () => Promise<void>
}

/** A site that is served, and the schedule of its certificate with a clock that can be set. */
async function openRenewals(
  lab: SiteLab,
  authority: Authority,
  wildcardDomain: HostName | null = null,
): Promise<RenewalLab> {
  const { config, host } = lab
  let telling = Promise.resolve()
  const database = openDatabase(config.dataDir)
  const clock = { now: Date.now() }
  const schedule = new CertificateSchedule({
    store: createCertificateStore(database),
    files: createCertificateFiles(certificatesFolder(config), await findNginxGroup()),
    authority,
    solverOf: () => createHttpSolver(challengesFolder(config)),
    wildcardDomain,
    tellServed: () => {
      telling = lab.nginx.apply()
    },
    preflight: () => Promise.resolve(),
    isLimited: true,
    logError: (message, error) => {
      throw new Error(message, { cause: error })
    },
    now: () => new Date(clock.now),
  })
  await lab.deploy(1, { 'index.html': '<!doctype html>by https' })
  schedule.request(host)
  await schedule.tryDue()
  await telling
  expect(schedule.stateOf(host)).toMatchObject({ state: 'valid', reason: null })
  return {
    renew: async () => {
      clock.now += 4_000 * day
      await schedule.tryDue()
      await telling
      expect(schedule.stateOf(host).reason).toBeNull()
    },
    [Symbol.asyncDispose]: async () => {
      await schedule[Symbol.asyncDispose]()
      database.close()
    },
  }
}

/** The generation of nginx's configuration, and the processes that take visitors by it. */
async function readServing({ config }: SiteLab): Promise<readonly (string | number | null)[]> {
  const pid = (await readFile(join(config.dataDir, 'nginx', 'nginx.pid'), 'utf8')).trim()
  return [await readGeneration(config), pid, ...(await listWorkers(Number(pid)))]
}

/** Renews so often, and answers how many certificates visitors saw; each must have been seen. */
async function renewUnderLoad(
  lab: SiteLab,
  how: { readonly renewals: RenewalLab; readonly root: string; readonly times: number },
): Promise<number> {
  const port = lab.config.nginx.httpsPort
  const before = await readServing(lab)
  const visitors = startHandshakes({ port, host: lab.host, root: how.root })
  try {
    await until(() => Promise.resolve(visitors.seen.size === 1))
    for (let time = 1; time <= how.times; time += 1) {
      await how.renewals.renew()
      await until(() => Promise.resolve(visitors.seen.size === 1 + time))
    }
  } finally {
    await visitors.stop()
  }
  expect(visitors.failures).toEqual([])
  expect(await readServing(lab)).toEqual(before)
  return visitors.seen.size
}

async function startLab(settings: Readonly<Record<string, string>> = {}): Promise<SiteLab> {
  const environment = {
    ...settings,
    // The authority is the test's; this makes nginx serve a certificate a host.
    ACME_DIRECTORY: 'https://authority.invalid/directory',
    NGINX_HTTPS_PORT: String(await findFreePort()),
  }
  return startSiteLab({ environment })
}

test('forty renewals of a host that is visited all the time fail no handshake and reload nothing', async () => {
  await using lab = await startLab()
  const folder = join(lab.folder, 'authority')
  await mkdir(folder)
  const { root, issue } = await openLocalAuthority(folder, 'apps.test')
  await using renewals = await openRenewals(lab, {
    name: 'local',
    issue: ({ names, key = null }) => issue(names, key),
    renewalWindow: () => Promise.resolve(null),
  })
  expect(await renewUnderLoad(lab, { renewals, root, times: 40 })).toBe(41)
})

test('a wildcard reloads nginx when it is there, and not when it is renewed', async () => {
  await using lab = await startLab({ ACME_CHALLENGE: 'dns-01', ACME_DNS: 'exec:/bin/true' })
  const { root, issue } = await openLocalAuthority(lab.folder, 'apps.test')
  const before = await readServing(lab)
  await using renewals = await openRenewals(
    lab,
    {
      name: 'local',
      issue: ({ names, key = null }) => issue(names, key),
      renewalWindow: () => Promise.resolve(null),
    },
    lab.config.frontendDomain,
  )
  expect(await readServing(lab)).not.toEqual(before)
  expect(await renewUnderLoad(lab, { renewals, root, times: 5 })).toBe(6)
})

test('renewals that an authority proves over the port that the visitors use fail no handshake either', async () => {
  await using lab = await startLab()
  await using pebble = await startPebble({ httpPort: lab.config.nginx.httpPort })
  prepareAcmeTransport(pebble.rootPem)
  const { directory } = pebble
  const folder = lab.folder
  await using renewals = await openRenewals(
    lab,
    createAcmeAuthority({ directory, email: 'ops@example.org', folder }),
  )
  const root = await pebble.issuingRoot()
  expect(await renewUnderLoad(lab, { renewals, root, times: 5 })).toBe(6)
})
