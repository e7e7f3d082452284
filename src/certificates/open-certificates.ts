/** Where certificates come from, by the settings: an authority by ACME, one of our own, or nowhere. */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Config, type DnsProviderConfig, limits, wildcardDomainOf } from '../config.ts'
import type { Certificates, CertificateStore, CertificateTry } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'
import type { HostName } from '../domain/names.ts'
import { type Authority, type ChallengeSolver, createAcmeAuthority } from './acme-authority.ts'
import { prepareAcmeTransport } from './acme-transport.ts'
import { createCertificateFiles } from './certificate-files.ts'
import { settleSettings } from './changed-settings.ts'
import { createDnsSolver } from './dns-challenges.ts'
import { createProgramProvider } from './dns-provider-exec.ts'
import { createUpdateProvider } from './dns-provider-rfc2136.ts'
import type { DnsProvider } from './dns-provider.ts'
import type { TsigKey } from './dns-update.ts'
import { createHttpSolver } from './http-challenges.ts'
import { type LocalAuthority, openLocalAuthority } from './local-authority.ts'
import { findNginxGroup } from './nginx-group.ts'
import { requirePublicName } from './public-name.ts'
import { CertificateSchedule } from './schedule.ts'

export interface CertificatesParts {
  readonly config: Config
  readonly store: CertificateStore
  /** Read by nginx, by the name of the host. */
  readonly certificatesDir: string
  /** Shown by nginx below `/.well-known/acme-challenge/`. */
  readonly challengesDir: string
  /** Throws with a sentence where an order could not succeed; spends nothing of the limits. */
  readonly preflight: (name: string, signal: AbortSignal) => Promise<void>
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
  const { config } = parts
  if (config.acme.directory === 'off') return nowhere
  const folder = join(config.dataDir, 'acme')
  await mkdir(folder, { recursive: true, mode: 0o711 })
  const wildcardDomain = wildcardDomainOf(config)
  const { directory } = config.acme
  const now = new Date()
  await settleSettings({ store: parts.store, folder, authority: directory, wildcardDomain, now })
  // An authority with a root of its own may sign what it likes.
  const isPublic = directory !== 'local' && config.acme.caFile === null
  const dnsSolver = config.acme.dns === null ? null : await openDnsSolver(config, config.acme.dns)
  const httpSolver = createHttpSolver(parts.challengesDir)
  const schedule = new CertificateSchedule({
    ...parts,
    preflight: async (name, signal) => {
      if (isPublic) requirePublicName(name)
      await parts.preflight(name, signal)
    },
    files: createCertificateFiles(parts.certificatesDir, await findNginxGroup()),
    authority:
      config.acme.directory === 'local'
        ? toAuthority(await openLocalAuthority(folder, config.frontendDomain), config)
        : await openPublicAuthority(config, folder),
    solverOf: (name) => (name.startsWith('*.') ? (dnsSolver ?? httpSolver) : httpSolver),
    wildcardDomain,
    isLimited: config.acme.directory !== 'local',
  })
  let checking: NodeJS.Timeout | undefined
  const checkFiles = (): void => {
    schedule.checkFiles().catch((error: unknown) => {
      parts.logError('certificates on disk can not be checked', error)
    })
  }
  return {
    certificates: schedule,
    start: (hosts) => {
      checkFiles()
      schedule.requestAll(signable(hosts, config)).catch((error: unknown) => {
        parts.logError('hosts that are served can not be listed', error)
      })
      checking = setInterval(checkFiles, filesCheckMs).unref()
    },
    [Symbol.asyncDispose]: async () => {
      clearInterval(checking)
      await schedule[Symbol.asyncDispose]()
    },
  }
}

/** Without those that our own authority signs nothing for: the projects' own domains. */
async function* signable(
  hosts: AsyncIterable<HostName>,
  { acme, frontendDomain }: Config,
): AsyncGenerator<HostName> {
  for await (const host of hosts) {
    if (acme.directory !== 'local' || isBelow(host, frontendDomain)) yield host
  }
}

function isBelow(host: string, domain: HostName): boolean {
  return `.${host}`.endsWith(`.${domain}`)
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

/** It asks for no proof: whoever can start an order here is the server itself. */
function toAuthority({ issue }: LocalAuthority, { frontendDomain }: Config): Authority {
  return {
    name: 'local',
    issue: ({ names, key }) => {
      const isOurs = names.every((name) => isBelow(name, frontendDomain))
      if (isOurs) return issue(names, key ?? null)
      throw new Error(`this server's own authority signs names below ${frontendDomain} only`)
    },
    renewalWindow: () => Promise.resolve(null),
  }
}

async function openDnsSolver(config: Config, dns: DnsProviderConfig): Promise<ChallengeSolver> {
  return createDnsSolver({
    provider: await openDnsProvider(dns),
    servers: dns.kind === 'rfc2136' ? [`${dns.server.host}:${dns.server.port}`] : [],
    propagationMs: limits.dnsPropagationMs,
    extraWaitMs: config.acme.dnsWaitMs,
  })
}

async function openDnsProvider(dns: DnsProviderConfig): Promise<DnsProvider> {
  if (dns.kind === 'exec') {
    return createProgramProvider({ program: dns.program, timeoutMs: limits.dnsProgramTimeoutMs })
  }
  const { server, zone, keyFile } = dns
  const key = parseTsigKey(await readNamedFile('ACME_DNS_KEY_FILE', keyFile))
  if (key === null) throw refuseFile('ACME_DNS_KEY_FILE', keyFile, 'expected a key of hmac-sha256')
  return createUpdateProvider({ ...server, zone, key, timeoutMs: limits.acmeRequestTimeoutMs })
}

/** As `tsig-keygen` writes it: `key "name" { algorithm hmac-sha256; secret "…"; };` */
export function parseTsigKey(text: string): TsigKey | null {
  const name = /key\s+"?([A-Za-z0-9._-]+)"?\s*\{/.exec(text)?.[1]
  const secret = /secret\s+"?([A-Za-z0-9+/=]+)"?\s*;/.exec(text)?.[1]
  const isKnown = /algorithm\s+"?hmac-sha256"?\s*;/i.test(text)
  if (name === undefined || secret === undefined || !isKnown) return null
  return { name, secret: Buffer.from(secret, 'base64') }
}

async function readNamedFile(setting: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    throw refuseFile(setting, path, 'expected a file that the server can read')
  }
}

function refuseFile(name: string, value: string, expected: string): SlipwayError {
  return new SlipwayError('config_invalid', { name, value, expected })
}
