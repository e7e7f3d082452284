/** The addresses of this server as the world sees it: those of FRONTEND_DOMAIN, or of what is below it. */
import type { HostName } from '../domain/names.ts'
import { valuesOf } from './observe.ts'
import type { NameLookup } from './look-up.ts'

const keptMs = 10 * 60_000
/** What could not be found out is asked for again. */
const failedKeptMs = 30_000
const namesMax = 100

export class OwnAddresses {
  readonly #lookup: Pick<NameLookup, 'ipv4' | 'ipv6'>
  readonly #domain: HostName
  readonly #now: () => Date
  readonly #known = new Map<HostName, Known>()

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
    const now = this.#now().getTime()
    const known = this.#known.get(name)
    if (known !== undefined && now < known.until) return known.found
    if (this.#known.size >= namesMax) this.#known.clear()
    const asked = { found: this.#look(name), until: now + keptMs }
    this.#known.set(name, asked)
    return asked.found
  }

  async #look(name: HostName): Promise<Addresses> {
    const looked = await Promise.all([this.#lookup.ipv4(name), this.#lookup.ipv6(name)])
    const found = looked.flatMap(valuesOf)
    if (looked.some(({ outcome }) => outcome === 'failed')) {
      const until = this.#now().getTime() + failedKeptMs
      this.#known.set(name, { found: Promise.resolve(found), until })
    }
    return found
  }
}

interface Known {
  readonly found: Promise<Addresses>
  readonly until: number
}

type Addresses = readonly string[]
