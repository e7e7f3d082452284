/** DNS-01 (RFC 8555, section 8.4) over a provider, and the wait until the zone's servers show it. */
import { Resolver } from 'node:dns/promises'
import { setTimeout } from 'node:timers/promises'
import type { ChallengeSolver } from './acme-authority.ts'
import type { DnsProvider } from './dns-provider.ts'
import { findProofName } from './proof-name.ts'

export interface DnsSolverParts {
  readonly provider: DnsProvider
  /** `address:port` of those that know where names lead; none: those of the system. */
  readonly resolvers: readonly string[]
  /** `address:port` of the servers that must show the record; none: nothing is looked up. */
  readonly servers: readonly string[]
  /** How long they may take to. */
  readonly propagationMs: number
  /** Waited for in any case, for secondaries that nobody can ask. */
  readonly extraWaitMs: number
}

const pollMs = 250

export function createDnsSolver(parts: DnsSolverParts): ChallengeSolver {
  /** Where each proof stands; what a name leads to may be changed meanwhile. */
  const names = new Map<string, string>()
  return {
    type: 'dns-01',
    present: async ({ host, proof }, signal) => {
      const name = await findProofName(host, parts.resolvers)
      names.set(proof, name)
      await parts.provider.present(name, proof, signal)
      await waitUntilShown(parts, name, { proof, signal })
      await setTimeout(parts.extraWaitMs, undefined, { signal })
    },
    cleanUp: async ({ proof }, signal) => {
      const name = names.get(proof)
      names.delete(proof)
      if (name !== undefined) await parts.provider.cleanUp(name, proof, signal)
    },
  }
}

async function waitUntilShown(
  { servers, propagationMs }: DnsSolverParts,
  name: string,
  { proof, signal }: { readonly proof: string; readonly signal: AbortSignal },
): Promise<void> {
  const deadline = performance.now() + propagationMs
  for (const server of servers) {
    const resolver = new Resolver({ timeout: 2_000, tries: 1 })
    resolver.setServers([server])
    while (!(await shows(resolver, name, proof))) {
      if (performance.now() > deadline) {
        throw new Error(`${server} does not show the TXT record of ${name} yet`)
      }
      await setTimeout(pollMs, undefined, { signal })
    }
  }
}

async function shows(resolver: Resolver, name: string, proof: string): Promise<boolean> {
  const records = await resolver.resolveTxt(name).catch(() => [])
  return records.some((parts) => parts.join('') === proof)
}
