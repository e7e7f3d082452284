/** What a domain of a project needs, and what is seen of it now. */
import type { Config } from '../config.ts'
import type { Certificates } from '../contracts.ts'
import { type HostName, projectHost } from '../domain/names.ts'
import type { Project } from '../domain/project.ts'
import { isApex } from './custom-host.ts'
import { judge, type Judged } from './judge.ts'
import { observe, type ObserveParts } from './observe.ts'
import type { OwnAddresses } from './own-addresses.ts'
import type { TokenOf } from './proofs.ts'
import { proofValue, type WantedParts } from './records.ts'

export interface SightParts extends ObserveParts {
  readonly config: Pick<Config, 'frontendDomain'>
  readonly certificates: Pick<Certificates, 'stateOf'>
  /** False where who signs certificates reads no CAA records. */
  readonly isCaaRead: boolean
  /** What CAA records call the authority; null where we do not know it. */
  readonly authority: string | null
  readonly tokenOf: TokenOf
  readonly ownAddresses: Pick<OwnAddresses, 'find'>
}

export class DomainSight {
  readonly #parts: SightParts

  constructor(parts: SightParts) {
    this.#parts = parts
  }

  async want(project: Project, host: HostName): Promise<WantedParts> {
    const { config, tokenOf, ownAddresses } = this.#parts
    const target = projectHost(project.slug, config.frontendDomain)
    const addresses = await ownAddresses.find(target)
    return { host, isApex: isApex(host), token: tokenOf(project, host), target, addresses }
  }

  async see(project: Project, host: HostName, signal: AbortSignal): Promise<Judged> {
    const { certificates, isCaaRead, authority } = this.#parts
    const wanted = await this.want(project, host)
    const asked = { host, proof: proofValue(wanted.token), ownAddresses: wanted.addresses }
    const seen = await observe(this.#parts, asked, signal)
    const certificate = certificates.stateOf(host)
    return judge(seen, { ...wanted, certificate, isCaaRead, authority })
  }
}
