/** Where certificates come from, by the settings: an authority by ACME, one of our own, or nowhere. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Config, wildcardDomainOf } from '../config.ts'
import type { Certificates, CertificateStore, CertificateTry } from '../contracts.ts'
import type { HostName } from '../domain/names.ts'
import { type Authority, createAcmeAuthority } from './acme-authority.ts'
import { prepareAcmeTransport } from './acme-transport.ts'
import { createCertificateFiles } from './certificate-files.ts'
import { settleSettings } from './changed-settings.ts'
import { removeChallenges } from './http-challenges.ts'
import { lendWildcard } from './lend-wildcard.ts'
import { readNamedFile } from './named-file.ts'
import { findNginxGroup } from './nginx-group.ts'
import { openSolvers } from './open-solvers.ts'
import { requirePublicName } from './public-name.ts'
import { CertificateSchedule } from './schedule.ts'
import { createLocalSigning, makeLocalWildcard } from './sign-locally.ts'

export interface CertificatesParts {
  readonly config: Config
  readonly store: CertificateStore
  /** Read by nginx, by the name of the host. */
  readonly certificatesDir: string
  /** Shown by nginx below `/.well-known/acme-challenge/`. */
  readonly challengesDir: string
  /** That are served already; read only where a wildcard was left to them. */
  readonly hosts: AsyncIterable<HostName>
  /** Throws with a sentence where an order could not succeed; spends nothing of the limits. */
  readonly preflight: (name: string, signal: AbortSignal) => Promise<void>
  /** Called when there is a wildcard, each time that it was looked at. */
  readonly tellWildcard: () => void
  readonly logError: (message: string, error: unknown) => void
  readonly tellTry: (end: CertificateTry) => void
}

const filesCheckMs = 3_600_000

export interface OpenCertificates extends AsyncDisposable {
  readonly certificates: Certificates
  /** To be called when nginx shows the challenges, with the hosts that are served already. */
  readonly start: (hosts: AsyncIterable<HostName>) => void
}

/** Throws `config_invalid` where a file that a setting names can't be read. */
export async function openCertificates(parts: CertificatesParts): Promise<OpenCertificates> {
  const { config, store, certificatesDir, challengesDir, hosts, logError } = parts
  const { directory } = config.acme
  await removeChallenges(challengesDir)
  if (directory === 'off') return nowhere
  const folder = join(config.dataDir, 'acme')
  await mkdir(folder, { recursive: true, mode: 0o711 })
  const wildcardDomain = wildcardDomainOf(config)
  await settleSettings({ store, folder, authority: directory, wildcardDomain, now: new Date() })
  const isLocal = directory === 'local'
  const files = createCertificateFiles(certificatesDir, await findNginxGroup())
  if (wildcardDomain === null) {
    const lending = { store, files, domain: config.frontendDomain, authority: directory }
    await lendWildcard({ ...lending, now: new Date() }, hosts).catch((error: unknown) => {
      logError('a wildcard from before can not be lent to its hosts', error)
    })
  } else if (isLocal) await makeLocalWildcard(files, folder, wildcardDomain)
  const schedule = new CertificateSchedule({
    ...parts,
    files,
    authority: isLocal
      ? createLocalSigning(folder, config.frontendDomain)
      : await openPublicAuthority(config, folder),
    solverOf: await openSolvers({ config, folder, challengesDir, logError }),
    preflight: async (name, signal) => {
      if (isLocal) return
      // An authority with a root of its own may sign what it likes.
      if (config.acme.caFile === null) requirePublicName(name)
      await parts.preflight(name, signal)
    },
    wildcardDomain,
    isLimited: !isLocal,
    tellServed: (name) => {
      if (name.startsWith('*.')) parts.tellWildcard()
    },
  })
  let checking: NodeJS.Timeout | undefined
  const checkFiles = (): void => {
    schedule.checkFiles().catch((error: unknown) => {
      logError('certificates on disk can not be checked', error)
    })
  }
  return {
    certificates: schedule,
    start: (hosts) => {
      checkFiles()
      schedule.requestAll(hosts).catch((error: unknown) => {
        logError('hosts that are served can not be listed', error)
      })
      checking = setInterval(checkFiles, filesCheckMs).unref()
    },
    [Symbol.asyncDispose]: async () => {
      clearInterval(checking)
      await schedule[Symbol.asyncDispose]()
    },
  }
}

/** Where nobody is asked for any. */
export const noCertificates: Certificates = {
  stateOf: (host) => ({ host, state: 'none', notAfter: null, reason: null, nextTry: null }),
  request: () => undefined,
  check: () => Promise.resolve(),
  retry: () => undefined,
  forget: () => undefined,
  list: () => [],
  count: () => ({ valid: 0, waiting: 0, failing: 0, heldBack: 0, firstEnd: null }),
}

const nowhere: OpenCertificates = {
  certificates: noCertificates,
  start: () => undefined,
  [Symbol.asyncDispose]: () => Promise.resolve(),
}

async function openPublicAuthority({ acme, sslEmail }: Config, folder: string): Promise<Authority> {
  const root = acme.caFile === null ? null : await readNamedFile('ACME_CA_FILE', acme.caFile)
  prepareAcmeTransport(root)
  return createAcmeAuthority({ directory: acme.directory, email: sslEmail, folder })
}
