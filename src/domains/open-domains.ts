/** The projects' own domains, by the settings: the service that is asked, and the watch beside it. */
import type { Config } from '../config.ts'
import type { Domains } from '../contracts.ts'
import { type HostName, toHostName } from '../domain/names.ts'
import { findAuthorityName } from './caa.ts'
import { CustomDomains, type DomainsParts } from './domains.ts'
import { createNameLookup } from './look-up.ts'
import { OwnAddresses } from './own-addresses.ts'
import { showOwnToken } from './own-token.ts'
import { requireLeadsHere } from './platform-hosts.ts'
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
  const { directory, caFile } = config.acme
  const lookup = createNameLookup(config.domainResolvers)
  const asking = {
    lookup,
    showOwnToken: () => showOwnToken({ challengesDir, port: config.nginx.httpPort }),
    authority: findAuthorityName(directory),
  }
  const domains = new CustomDomains({
    ...parts,
    ...asking,
    isCertified: directory !== 'off',
    isCaaRead: directory !== 'off' && directory !== 'local',
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
    preflight: async (name, signal) => {
      const host = toHostName(name)
      if (host === null) return
      if (isOfPlatform(host, config.frontendDomain, parts.reservedHosts)) {
        await requireLeadsHere({ ...asking, isPublic: caFile === null }, host, signal)
      } else await domains.preflight(host, signal)
    },
    start: () => {
      watch.wake()
    },
    lookDue: () => watch.lookDue(),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([watch[Symbol.asyncDispose](), domains.end()])
    },
  }
}

function isOfPlatform(host: HostName, domain: HostName, reserved: readonly HostName[]): boolean {
  return `.${host}`.endsWith(`.${domain}`) || reserved.includes(host)
}

function platformHosts({ publicUrl, backendUrl }: Config) {
  return [publicUrl, backendUrl]
    .map((url) => toHostName(new URL(url).hostname))
    .filter((host) => host !== null)
}
