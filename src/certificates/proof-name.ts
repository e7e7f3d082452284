/**
 * Under which name a proof of DNS-01 is set: where the CNAME of `_acme-challenge.<host>` leads, so
 * that a zone which nothing may change can leave its proofs to another one.
 */
import { randomBytes } from 'node:crypto'
import { Resolver } from 'node:dns/promises'

const aliasesMax = 8

/** `servers` as `address:port`; none: those of the system. Where nobody can say, nothing is followed. */
export async function findProofName(host: string, servers: readonly string[]): Promise<string> {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 })
  if (servers.length > 0) resolver.setServers(servers)
  const findNext = async (name: string): Promise<string | null> => {
    const [next] = await resolver.resolveCname(name).catch(() => [])
    return next?.toLowerCase().replace(/\.$/, '') ?? null
  }
  const name = `_acme-challenge.${host}`
  const first = await findNext(name)
  if (first === null) return name
  // Names below the host may all lead somewhere; that is for visitors, and no word about proofs.
  const others = await findNext(`_acme-${randomBytes(8).toString('hex')}.${host}`)
  if (others === first) return name
  let last = first
  for (let followed = 1; followed < aliasesMax; followed += 1) {
    const next = await findNext(last)
    if (next === null) return last
    last = next
  }
  throw new Error(`the CNAMEs of ${name} have no end`)
}
