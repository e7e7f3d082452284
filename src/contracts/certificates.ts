/** What the core asks of the place where certificates come from. */
import type { HostName, ProjectId } from '../domain/names.ts'

export interface CertificateState {
  readonly host: HostName
  /**
   * `none`: nobody asked for one, or the server serves HTTP only; `waiting`: asked for, and on its
   * way or to be tried again; `valid`: visitors get it.
   */
  readonly state: 'none' | 'waiting' | 'valid'
  /** Of what is served now; null where nothing is. */
  readonly notAfter: Date | null
  /** Why there is none yet, or why the last renewal failed: a sentence for people. */
  readonly reason: string | null
  /** When it is tried (or renewed) next; null where nothing is planned. */
  readonly nextTry: Date | null
}

/**
 * Certificates are a job beside the deployments: nothing here waits for an authority, and nothing
 * that fails here takes a site down.
 */
export interface Certificates {
  readonly stateOf: (host: HostName) => CertificateState
  /**
   * Asks for one in the background, and keeps it renewed; asking again changes nothing. `projectId`
   * is of whose own domain it is; left out for a host of the platform.
   */
  readonly request: (host: HostName, projectId?: ProjectId) => void
  /**
   * Looks whether what visitors get is whole on disk. Where it is not, they are served by http from
   * then on, and another is asked for. Never throws.
   */
  readonly check: (host: HostName) => Promise<void>
  /** Tries again now what waits, within the authority's limits. */
  readonly retry: (host: HostName) => void
  /** It is shown and renewed no more; kept for the next time that the host is asked for. */
  readonly forget: (host: HostName) => void
  /** All hosts that are kept, for the operator. */
  readonly list: () => readonly CertificateState[]
  /** The same in figures, for metrics: it costs little where there are many. */
  readonly count: () => CertificateCounts
}

export interface CertificateCounts {
  /** Visitors get them. */
  readonly valid: number
  /** Visitors get none: it is on its way, or has ended. */
  readonly waiting: number
  /** Of both, those whose last try failed. */
  readonly failing: number
  /** Of both, those that wait for a limit of the authority. */
  readonly heldBack: number
  /** When the first of those that visitors got ends, or has ended. */
  readonly firstEnd: Date | null
}

/** How a try to get or to renew a certificate has ended. */
export interface CertificateTry {
  readonly name: CertificateRecord['name']
  /** `held_back`: nothing was ordered, since a limit of the authority would have been passed. */
  readonly result: 'issued' | 'failed' | 'held_back'
  readonly isRenewal: boolean
  /** Of what visitors get now. */
  readonly notAfter: Date | null
  readonly reason: string | null
  readonly nextTry: Date
}

/** What is known of a certificate between two starts of the server. */
export interface CertificateRecord {
  /** The host, or `*.` and the domain. */
  readonly name: HostName | `*.${HostName}`
  /** Whose own domain it is; null for a host of the platform. */
  readonly projectId: ProjectId | null
  /** Of what is served now; null before the first. */
  readonly notBefore: Date | null
  readonly notAfter: Date | null
  /** In a row; 0 after a success. */
  readonly failures: number
  readonly reason: string | null
  readonly nextTry: Date
  /** By a limit of the authority; it is no failure. */
  readonly isHeldBack: boolean
  /** When it is to be renewed, as it was chosen last; null before the first. */
  readonly renewAt: Date | null
}

/** One order of a certificate, to be counted against the authority's limits. */
export interface LedgerEntry {
  readonly at: Date
  readonly names: readonly string[]
  /** As in the record. */
  readonly projectId: ProjectId | null
  readonly outcome: 'issued' | 'failed'
  /** Of what was served already: it counts for little. */
  readonly isRenewal: boolean
}

export interface CertificateStore {
  readonly list: () => readonly CertificateRecord[]
  /** By name, from the one that comes after the given one. */
  readonly page: (after: string, limit: number) => readonly CertificateRecord[]
  readonly find: (name: CertificateRecord['name']) => CertificateRecord | null
  readonly save: (record: CertificateRecord) => void
  readonly remove: (name: CertificateRecord['name']) => void
  readonly removeAll: (names: readonly CertificateRecord['name'][]) => void
  /** With another authority: what was ordered of the one before counts no more, and all are due. */
  readonly startAnew: (now: Date) => void
  /** Those whose `nextTry` has come, the longest due first; then what a wrong clock has planned. */
  readonly due: (now: Date, limit: number) => readonly CertificateRecord[]
  readonly nextTry: () => Date | null
  readonly count: (now: Date) => CertificateCounts
  /** Also forgets what is older than `forgetBefore`. */
  readonly enter: (entry: LedgerEntry, forgetBefore: Date) => void
  readonly entriesSince: (since: Date) => readonly LedgerEntry[]
}
