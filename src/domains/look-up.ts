/**
 * What DNS says of a name. That there is no such record and that nobody could say are two answers:
 * the first is the owner's to mend, the second may be nobody's fault.
 */
import type { CaaRecord } from 'node:dns'
import { Resolver } from 'node:dns/promises'
import { limits } from '../config.ts'
import { hasErrorCode } from '../machine/files.ts'

export type Looked<Value> =
  | { readonly outcome: 'found'; readonly values: readonly [Value, ...Value[]] }
  | { readonly outcome: 'none' }
  /** `problem` is the name of the error, such as `ESERVFAIL`. */
  | { readonly outcome: 'failed'; readonly problem: string }

export interface NameLookup {
  readonly texts: (name: string) => Promise<Looked<string>>
  readonly alias: (name: string) => Promise<Looked<string>>
  readonly ipv4: (name: string) => Promise<Looked<string>>
  readonly ipv6: (name: string) => Promise<Looked<string>>
  readonly caa: (name: string) => Promise<Looked<CaaProperty>>
}

/** One property of RFC 8659. */
export interface CaaProperty {
  readonly isCritical: boolean
  readonly tag: string
  readonly value: string
}

const attemptMs = 2_000
const tries = 2
const aliasesMax = 8

/** `servers` as `address:port`; none: those of the system. */
export function createNameLookup(servers: readonly string[]): NameLookup {
  // A new one each time: what it has learned may have been changed since.
  const open = (): Resolver => {
    const resolver = new Resolver({ timeout: attemptMs, tries })
    if (servers.length > 0) resolver.setServers(servers)
    return resolver
  }
  const alias = (name: string): Promise<Looked<string>> => look(() => open().resolveCname(name))
  const addresses = async (
    name: string,
    ask: (name: string) => Promise<readonly string[]>,
  ): Promise<Looked<string>> => {
    let asked = name
    for (let followed = 0; followed <= aliasesMax; followed += 1) {
      const found = await look(() => ask(asked))
      if (found.outcome !== 'none') return found
      // A server that knows the zone alone tells where the name leads, and goes no further.
      const next = await alias(asked)
      if (next.outcome !== 'found') return next
      asked = next.values[0]
    }
    return { outcome: 'failed', problem: 'its CNAMEs have no end' }
  }
  return {
    texts: (name) =>
      inTime(look(async () => (await open().resolveTxt(name)).map((all) => all.join('')))),
    alias: (name) => inTime(alias(name)),
    ipv4: (name) => inTime(addresses(name, (asked) => open().resolve4(asked))),
    ipv6: (name) => inTime(addresses(name, (asked) => open().resolve6(asked))),
    caa: (name) => inTime(look(async () => (await open().resolveCaa(name)).map(toProperty))),
  }
}

async function look<Value>(ask: () => Promise<readonly Value[]>): Promise<Looked<Value>> {
  try {
    const [first, ...others] = await ask()
    return first === undefined ? none : { outcome: 'found', values: [first, ...others] }
  } catch (error) {
    if (hasErrorCode(error, 'ENOTFOUND', 'ENODATA')) return none
    return { outcome: 'failed', problem: nameError(error) }
  }
}

/** Who answers slowly, again and again, keeps nobody waiting. */
async function inTime<Value>(work: Promise<Looked<Value>>): Promise<Looked<Value>> {
  const { promise, resolve } = Promise.withResolvers<Looked<Value>>()
  const timer = setTimeout(() => {
    resolve(tooLate)
  }, limits.dnsTimeoutMs)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}

export const tooLate = { outcome: 'failed', problem: 'ETIMEOUT' } as const

const none = { outcome: 'none' } as const

/** Without the words around it, which name the question once more. */
function nameError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null
  return typeof code === 'string' ? code : String(error)
}

/** Its tag is the name of the one field beside these two. */
function toProperty(record: CaaRecord): CaaProperty {
  const { critical, type: _type, ...named } = record as CaaRecord & { readonly type?: string }
  const [[tag, value] = ['', '']] = Object.entries(named)
  return { isCritical: critical >= 128, tag, value: String(value) }
}
