/** How hosts are proved to an authority, by the settings: over HTTP, or in a zone. */
import { join } from 'node:path'
import { type Config, type DnsProviderConfig, limits } from '../config.ts'
import type { ChallengeSolver } from './acme-authority.ts'
import { createDnsSolver } from './dns-challenges.ts'
import { createProgramProvider } from './dns-provider-exec.ts'
import { createUpdateProvider } from './dns-provider-rfc2136.ts'
import type { DnsProvider } from './dns-provider.ts'
import type { TsigKey } from './dns-update.ts'
import { createHttpSolver } from './http-challenges.ts'
import { keepProofs } from './kept-proofs.ts'
import type { CertificateName } from './names.ts'
import { readNamedFile, refuseFile } from './named-file.ts'

export interface SolverParts {
  readonly config: Config
  /** Of the ACME account. */
  readonly folder: string
  readonly challengesDir: string
  readonly logError: (message: string, error: unknown) => void
}

/** A wildcard can only be proved by DNS. Throws `config_invalid` where a key can't be read. */
export async function openSolvers(
  parts: SolverParts,
): Promise<(name: CertificateName) => ChallengeSolver> {
  const { dns } = parts.config.acme
  const overHttp = createHttpSolver(parts.challengesDir)
  const inZone = dns === null ? overHttp : await openDnsSolver(parts, dns)
  return (name) => (name.startsWith('*.') ? inZone : overHttp)
}

async function openDnsSolver(
  { config, folder, logError }: SolverParts,
  dns: DnsProviderConfig,
): Promise<ChallengeSolver> {
  const provider = await openDnsProvider(dns)
  const { dnsPropagationMs: propagationMs, dnsProgramTimeoutMs: timeoutMs } = limits
  return createDnsSolver({
    provider: await keepProofs({ provider, folder: join(folder, 'proofs'), timeoutMs, logError }),
    resolvers: config.domainResolvers,
    servers: dns.kind === 'rfc2136' ? [`${dns.server.host}:${dns.server.port}`] : [],
    propagationMs,
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
function parseTsigKey(text: string): TsigKey | null {
  const name = /key\s+"?([A-Za-z0-9._-]+)"?\s*\{/.exec(text)?.[1]
  const secret = /secret\s+"?([A-Za-z0-9+/=]+)"?\s*;/.exec(text)?.[1]
  const isKnown = /algorithm\s+"?hmac-sha256"?\s*;/i.test(text)
  if (name === undefined || secret === undefined || !isKnown) return null
  return { name, secret: Buffer.from(secret, 'base64') }
}
