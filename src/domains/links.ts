/** What is served of the projects' own domains: a link for each host, and its certificate. */
import type { Certificates, DomainRecord, DomainStore, Sites } from '../contracts.ts'
import type { HostName } from '../domain/names.ts'
import type { Project } from '../domain/project.ts'

export interface LinksParts {
  readonly store: DomainStore
  readonly sites: Pick<Sites, 'linkHost' | 'linkRedirect' | 'unlinkHost'>
  readonly certificates: Certificates
  /** False where nobody is asked for certificates. */
  readonly isCertified: boolean
}

export class DomainLinks {
  readonly #parts: LinksParts

  constructor(parts: LinksParts) {
    this.#parts = parts
  }

  /** Makes it lead where it should; one that is not attached leads nowhere. */
  async link(project: Project, record: DomainRecord): Promise<void> {
    const { sites, certificates, isCertified } = this.#parts
    if (record.attachedAt === null) return
    const target = this.findRedirect(record)
    if (target === null) await sites.linkHost(project.slug, record.host)
    else await sites.linkRedirect(record.host, target)
    if (isCertified) certificates.request(record.host, project.id)
  }

  async unlink({ host }: Pick<DomainRecord, 'host'>): Promise<void> {
    await this.#parts.sites.unlinkHost(host)
    this.#parts.certificates.forget(host)
  }

  /** Those that send their visitors to the host lead there, or show the site themselves. */
  async linkThoseRedirecting(project: Project, hosts: readonly HostName[]): Promise<void> {
    for (const host of hosts) {
      const record = this.#parts.store.find(host)
      if (record !== null) await this.link(project, record)
    }
  }

  /** Takes it away with its row. `project` is null where that has gone. */
  async forget(project: Project | null, record: DomainRecord): Promise<void> {
    const { store } = this.#parts
    const redirecting = store.redirectingTo(record.host).map(({ host }) => host)
    await this.unlink(record)
    store.remove(record)
    if (project !== null) await this.linkThoseRedirecting(project, redirecting)
  }

  /** Null where it shows the site: nobody is sent to a domain that does not work yet. */
  findRedirect({ redirectTo }: DomainRecord): HostName | null {
    if (redirectTo === null) return null
    const target = this.#parts.store.find(redirectTo)
    return target === null || target.attachedAt === null ? null : redirectTo
  }
}
