/** What the core and the doors ask of the place where the projects' own domains are kept. */
import type { HostName, ProjectId } from '../domain/names.ts'
import type { Project } from '../domain/project.ts'
import type { CertificateState } from './certificates.ts'

export const domainStates = ['pending_dns', 'pending_certificate', 'live', 'error'] as const
export type DomainState = (typeof domainStates)[number]

/** A record that the owner of a domain is asked to set. */
export interface WantedRecord {
  readonly type: 'TXT' | 'CNAME' | 'A' | 'AAAA' | 'CAA'
  readonly name: string
  readonly value: string
  /** Why, in one sentence. */
  readonly purpose: string
}

/** A domain of a project, as its owner is told of it. */
export interface Domain {
  /** As DNS knows it: `xn--caf-dma.fr`. */
  readonly host: HostName
  /** As people write it: `café.fr`. */
  readonly shown: string
  /**
   * `pending_dns`: its records are not all there yet; `error`: what is there is wrong, or has gone;
   * `pending_certificate`: served, by HTTP as yet; `live`: as it should be.
   */
  readonly state: DomainState
  /** Why it is not live, with what was found where: a sentence for people. */
  readonly reason: string | null
  readonly records: readonly WantedRecord[]
  /** Where the name may be taken for another one. */
  readonly warning: string | null
  /** The domain of the same project that visitors are sent to; null where it shows the site. */
  readonly redirectTo: HostName | null
  readonly certificate: CertificateState
  readonly createdAt: Date
  readonly checkedAt: Date | null
  readonly nextCheck: Date
}

export const findingNames = ['TXT', 'CNAME', 'A', 'AAAA', 'port 80', 'CAA', 'certificate'] as const
export const findingOutcomes = ['good', 'none', 'missing', 'wrong', 'unknown'] as const

/** One thing that was looked at. `none`: it is not there, and need not be. */
export interface DomainFinding {
  readonly what: (typeof findingNames)[number]
  readonly outcome: (typeof findingOutcomes)[number]
  readonly found: readonly string[]
  readonly problem: string | null
  /** What to set so that it is good. */
  readonly records: readonly WantedRecord[]
}

/**
 * The projects' own domains. Every name is proved by its owner before it is served, and looked
 * after in the background from then on. Hosts are taken as people type them.
 */
export interface Domains {
  /** Oldest first. */
  readonly list: (project: Project) => Promise<readonly Domain[]>
  /** Throws `domain_not_found`. */
  readonly find: (project: Project, host: string) => Promise<Domain>
  /**
   * Adds a domain, or changes where one that the project has leads. Returns before it is looked at.
   * Throws `domain_invalid`, `domain_reserved`, `domain_taken`, `domains_too_many` or
   * `domain_redirect_invalid`.
   */
  readonly add: (
    project: Project,
    wish: { readonly host: string; readonly redirectTo: string | null },
  ) => Promise<{ readonly domain: Domain; readonly isNew: boolean }>
  /** It is served no more when this returns. Throws `domain_not_found`. */
  readonly remove: (project: Project, host: string) => Promise<void>
  /** Looks now, and tells all that was found. Throws `domain_not_found`. */
  readonly check: (
    project: Project,
    host: string,
  ) => Promise<{ readonly domain: Domain; readonly findings: readonly DomainFinding[] }>
  /** Makes what is proved lead to the project again. */
  readonly link: (project: Project) => Promise<void>
  /** Those that show its site now. */
  readonly hostsOf: (project: Project) => readonly HostName[]
  /** Forgets all domains of a project that ends. */
  readonly removeAll: (project: Project) => Promise<void>
}

export interface DomainProblem {
  /** `unknown`: it could not be found out, which is nobody's fault as yet. */
  readonly kind: 'missing' | 'wrong' | 'unknown'
  readonly text: string
}

/** What is known of a domain between two looks at it. */
export interface DomainRecord {
  readonly host: HostName
  readonly projectId: ProjectId
  readonly redirectTo: HostName | null
  /** When its proof was seen last; null: never. */
  readonly provedAt: Date | null
  /** Since when it is served; null where it is not. */
  readonly attachedAt: Date | null
  /** Since when it is served without what it needs for that. */
  readonly lostAt: Date | null
  readonly problem: DomainProblem | null
  /** Looks in a row that found a problem. */
  readonly failures: number
  readonly createdAt: Date
  readonly checkedAt: Date | null
  readonly nextCheck: Date
}

export interface DomainStore {
  /**
   * Throws `domains_too_many` or `project_gone`; then nothing was written. That no project has the
   * host is for the caller to know.
   */
  readonly create: (
    domain: Pick<DomainRecord, 'host' | 'projectId' | 'redirectTo' | 'createdAt'>,
  ) => DomainRecord
  readonly find: (host: HostName) => DomainRecord | null
  /** Oldest first. */
  readonly list: (projectId: ProjectId) => readonly DomainRecord[]
  /** Those that send their visitors to the host. */
  readonly redirectingTo: (host: HostName) => readonly DomainRecord[]
  /** Changes nothing where the project does not have it any more. */
  readonly save: (record: DomainRecord) => void
  /** What redirects to it shows the site from then on. */
  readonly remove: (domain: Pick<DomainRecord, 'host' | 'projectId'>) => void
  /** Those whose `nextCheck` has come, the longest due first; then what a wrong clock has planned. */
  readonly due: (now: Date, limit: number) => readonly DomainRecord[]
  readonly nextCheck: () => Date | null
}
