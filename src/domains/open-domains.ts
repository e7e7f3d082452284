/** The projects' own domains, by the settings: the service that is asked, and the watch beside it. */
import type { Config } from '../config.ts'
import type { Domains } from '../contracts.ts'
import { toHostName } from '../domain/names.ts'
import { findAuthorityName } from './caa.ts'
import { CustomDomains, type DomainsParts } from './domains.ts'
import { createNameLookup } from './look-up.ts'
import { OwnAddresses } from './own-addresses.ts'
import { showOwnToken } from './own-token.ts'
import { createProofs } from './proofs.ts'
import { DomainWatch } from './watch-domains.ts'

export interface OpenDomainsParts extends Pick<
  DomainsParts,
  'store' | 'projects' | 'sites' | 'certificates' | 'reservedHosts'
> {
  readonly config: Config
  readonly secretKey: Buffer
  /** Shown by nginx below `/.well-known/acme-challenge/`. */
  readonly challengesDir: string
  readonly logError: (message: string, error: unknown) => void
  readonly now?: () => Date
  /** From 0 to 1. */
  readonly random?: () => number
}

export interface OpenDomains extends AsyncDisposable {
  readonly domains: Domains
  /** Throws with a sentence where a certificate of the name could not be had now. */
  readonly preflight: (name: string, signal: AbortSignal) => Promise<void>
  /** To be called when nginx serves. */
  readonly start: () => void
  /** Looks at all that is due by now. */
  readonly lookDue: () => Promise<void>
}

export async function openDomains(parts: OpenDomainsParts): Promise<OpenDomains> {
  const { config, challengesDir, now = () => new Date(), random = Math.random } = parts
  const { directory } = config.acme
  const lookup = createNameLookup(config.domainResolvers)
  const domains = new CustomDomains({
    ...parts,
    lookup,
    showOwnToken: () => showOwnToken({ challengesDir, port: config.nginx.httpPort }),
    isCertified: directory !== 'off',
    isCaaRead: directory !== 'off' && directory !== 'local',
    authority: findAuthorityName(directory),
    tokenOf: createProofs(parts.secretKey),
    ownAddresses: new OwnAddresses({ lookup, domain: config.frontendDomain, now }),
    reservedHosts: [...parts.reservedHosts, ...platformHosts(config)],
    wake: () => {
      watch.wake()
    },
    now,
    random,
  })
  const watch = new DomainWatch({
    ...parts,
    look: (record, project) => domains.look(record, project),
    now,
  })
  return {
    domains,
    preflight: (name, signal) => domains.preflight(name, signal),
    start: () => {
      watch.wake()
    },
    lookDue: () => watch.lookDue(),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([watch[Symbol.asyncDispose](), domains.end()])
    },
  }
}

function platformHosts({ publicUrl, backendUrl }: Config) {
  return [publicUrl, backendUrl]
    .map((url) => toHostName(new URL(url).hostname))
    .filter((host) => host !== null)
}
