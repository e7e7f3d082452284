/**
 * Whether a host of the platform itself leads here, looked at before an authority is asked for its
 * certificate: a failure there counts against limits that all hosts share. What nobody can say from
 * here, as behind many routers, holds nothing up.
 */
import { networkInterfaces } from 'node:os'
import type { HostName } from '../domain/names.ts'
import { isPublicAddress } from '../machine/public-address.ts'
import { findCaaProblem, lookUpCaa } from './caa.ts'
import type { NameLookup } from './look-up.ts'
import { valuesOf } from './observe.ts'
import type { Answer, OwnToken } from './own-token.ts'

export interface PlatformHostParts {
  readonly lookup: NameLookup
  readonly showOwnToken: () => Promise<OwnToken>
  /** What CAA records call the authority; null where we do not know it. */
  readonly authority: string | null
  /** False for one of the operator's own, which may sign what is in no public network. */
  readonly isPublic: boolean
  /** Of this machine, as far as it knows them itself. */
  readonly machineAddresses?: () => readonly string[]
}

/** Throws with a sentence that names the record to set. */
export async function requireLeadsHere(
  parts: PlatformHostParts,
  host: HostName,
  signal: AbortSignal,
): Promise<void> {
  // RFC 6761, section 6.3: no name server is asked for it.
  if (`.${host}`.endsWith('.localhost')) return
  const { lookup, authority, machineAddresses = publicAddresses } = parts
  const [ipv4, ipv6, caa] = await Promise.all([
    lookup.ipv4(host),
    lookup.ipv6(host),
    lookUpCaa(lookup, host),
  ])
  signal.throwIfAborted()
  if (ipv4.outcome === 'none' && ipv6.outcome === 'none') {
    throw new Error(`there is no A or AAAA record ${host}; ${advise(host, machineAddresses())}`)
  }
  const problem = findCaaProblem(valuesOf(caa.looked), authority)
  if (problem !== null) throw new Error(`the CAA record of ${caa.at}: ${problem}`)
  const addresses = [...valuesOf(ipv4), ...valuesOf(ipv6)]
  await using token = await parts.showOwnToken()
  for (const address of addresses) {
    const answer = await token.ask({ host, address, signal })
    const words = describeWrong(parts, address, answer)
    if (words !== null) throw new Error(`${words}; ${advise(host, machineAddresses())}`)
  }
}

/** Null where it is this server, or where nobody can say. */
function describeWrong(
  { isPublic }: PlatformHostParts,
  address: string,
  { outcome, said }: Answer,
): string | null {
  if (outcome === 'other') return `what answers at ${address} is not this server (${said})`
  if (outcome === 'ours' || !isPublic || isPublicAddress(address)) return null
  return `${address} is a private address, which nobody outside can visit`
}

function advise(host: HostName, addresses: readonly string[]): string {
  if (addresses.length === 0) return `set ${host} to the public address of this server`
  const records = addresses.map((one) => `${one.includes(':') ? 'AAAA' : 'A'} ${one}`)
  return `set ${host} ${records.join(' and ')}`
}

function publicAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((each) => (each ?? []).map(({ address }) => address))
    .filter(isPublicAddress)
}
