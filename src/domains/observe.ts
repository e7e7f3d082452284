/** Looks at all that a domain needs: its zone, and what answers where it leads. Judges nothing. */
import { isPublicAddress } from '../machine/public-address.ts'
import { limits } from '../config.ts'
import type { HostName } from '../domain/names.ts'
import { type CaaSeen, lookUpCaa } from './caa.ts'
import type { Looked, NameLookup } from './look-up.ts'
import type { Answer, OwnToken } from './own-token.ts'
import { proofName } from './records.ts'

export interface Probe {
  readonly address: string
  /**
   * `private`: nobody outside could visit it, so neither did we. `assumed`: it is an address of this
   * server, which can not be asked from within, as behind many routers.
   */
  readonly outcome: Answer['outcome'] | 'private' | 'assumed'
  readonly said: string
}

export interface Observation {
  readonly texts: Looked<string>
  readonly alias: Looked<string>
  readonly ipv4: Looked<string>
  readonly ipv6: Looked<string>
  readonly caa: CaaSeen
  /** Null where nobody was asked, because the domain is not proved. */
  readonly probes: readonly Probe[] | null
}

export interface ObserveParts {
  readonly lookup: NameLookup
  readonly showOwnToken: () => Promise<OwnToken>
}

export interface Wanted {
  readonly host: HostName
  /** The TXT record that is wanted. */
  readonly proof: string
  /** Of this server, as the world sees it. */
  readonly ownAddresses: readonly string[]
}

export async function observe(
  { lookup, showOwnToken }: ObserveParts,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Observation> {
  const { host } = wanted
  const looking = Promise.all([
    lookup.texts(proofName(host)),
    lookup.alias(host),
    lookup.ipv4(host),
    lookup.ipv6(host),
    lookUpCaa(lookup, host),
  ])
  const [texts, alias, ipv4, ipv6, caa] = await untilAborted(looking, signal)
  const seen = { texts, alias, ipv4, ipv6, caa }
  // Who has not proved the domain sends us nowhere.
  if (!valuesOf(texts).includes(wanted.proof)) return { ...seen, probes: null }
  const addresses = [...valuesOf(ipv4), ...valuesOf(ipv6)].slice(0, limits.domainAddressesMax)
  await using token = await showOwnToken()
  const probes = await Promise.all(
    addresses.map((address) => probe(token, { ...wanted, address }, signal)),
  )
  return { ...seen, probes }
}

export function valuesOf<Value>(looked: Looked<Value>): readonly Value[] {
  return looked.outcome === 'found' ? looked.values : []
}

async function probe(
  token: OwnToken,
  { host, address, ownAddresses }: Wanted & { readonly address: string },
  signal: AbortSignal,
): Promise<Probe> {
  const isOwn = ownAddresses.includes(address)
  if (!isOwn && !isPublicAddress(address)) return { address, outcome: 'private', said: '' }
  const { outcome, said } = await token.ask({ host, address, signal })
  return { address, outcome: outcome === 'silent' && isOwn ? 'assumed' : outcome, said }
}

/** A look-up can not be ended, but nobody has to wait for it. */
async function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => {
    reject(new Error('it was ended'))
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
