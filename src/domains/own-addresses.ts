/** The addresses of this server as the world sees it: those of FRONTEND_DOMAIN, or of what is below it. */
import type { HostName } from '../domain/names.ts'
import { valuesOf } from './observe.ts'
import type { NameLookup } from './look-up.ts'

const keptMs = 10 * 60_000
const namesMax = 100

export class OwnAddresses {
  readonly #lookup: Pick<NameLookup, 'ipv4' | 'ipv6'>
  readonly #domain: HostName
  readonly #now: () => Date
  readonly #known = new Map<HostName, { readonly at: number; readonly found: Promise<Addresses> }>()

  constructor(parts: {
    readonly lookup: Pick<NameLookup, 'ipv4' | 'ipv6'>
    readonly domain: HostName
    readonly now: () => Date
  }) {
    this.#lookup = parts.lookup
    this.#domain = parts.domain
    this.#now = parts.now
  }

  /** `below` has those of a wildcard, where FRONTEND_DOMAIN itself has none. Empty: nobody knows. */
  async find(below: HostName): Promise<Addresses> {
    // RFC 6761, section 6.3: no name server is asked for it.
    if (`.${this.#domain}`.endsWith('.localhost')) return ['127.0.0.1', '::1']
    const found = await this.#ask(this.#domain)
    return found.length > 0 ? found : this.#ask(below)
  }

  #ask(name: HostName): Promise<Addresses> {
    const at = this.#now().getTime()
    const known = this.#known.get(name)
    if (known !== undefined && at - known.at < keptMs) return known.found
    if (this.#known.size >= namesMax) this.#known.clear()
    const found = this.#look(name)
    this.#known.set(name, { at, found })
    return found
  }

  async #look(name: HostName): Promise<Addresses> {
    const looked = await Promise.all([this.#lookup.ipv4(name), this.#lookup.ipv6(name)])
    // What could not be found out is asked for again.
    if (looked.some(({ outcome }) => outcome === 'failed')) this.#known.delete(name)
    return looked.flatMap(valuesOf)
  }
}

type Addresses = readonly string[]
