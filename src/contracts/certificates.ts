/** What the core asks of the place where certificates come from. */
import type { HostName } from '../domain/names.ts'

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
  /** Asks for one in the background, and keeps it renewed; asking again changes nothing. */
  readonly request: (host: HostName) => void
  /** Tries again now what waits, within the authority's limits. */
  readonly retry: (host: HostName) => void
  /** No more renewals. The files stay for the next time that the host is asked for. */
  readonly forget: (host: HostName) => void
  /** All hosts that are kept, for metrics and for the operator. */
  readonly list: () => readonly CertificateState[]
}
