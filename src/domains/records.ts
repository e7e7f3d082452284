/** What the owner of a domain is asked to set in its zone. Pure. */
import type { WantedRecord } from '../contracts.ts'
import type { HostName } from '../domain/names.ts'

export interface WantedParts {
  readonly host: HostName
  readonly isApex: boolean
  readonly token: string
  /** Where visitors are led: the project's own host below FRONTEND_DOMAIN. */
  readonly target: HostName
  /** Those of this server, as the world sees it; may be empty. */
  readonly addresses: readonly string[]
}

export function proofName(host: HostName): string {
  return `_slipway.${host}`
}

export function proofValue(token: string): string {
  return `slipway-verify=${token}`
}

/** The proof first. */
export function wantedRecords(parts: WantedParts): readonly WantedRecord[] {
  return [proofRecord(parts), ...pointingRecords(parts)]
}

export function proofRecord({ host, token }: Pick<WantedParts, 'host' | 'token'>): WantedRecord {
  return {
    type: 'TXT',
    name: proofName(host),
    value: proofValue(token),
    purpose: 'Proves that the owner of the domain wants it for this project.',
  }
}

/** A CNAME can't stand at an apex (RFC 1034, section 3.6.2). */
export function pointingRecords({
  host,
  isApex,
  target,
  addresses,
}: WantedParts): readonly WantedRecord[] {
  if (!isApex) {
    return [{ type: 'CNAME', name: host, value: target, purpose: 'Leads visitors here.' }]
  }
  if (addresses.length === 0) {
    const purpose =
      'Leads visitors here; at the domain itself your DNS provider calls it ALIAS or ANAME.'
    return [{ type: 'CNAME', name: host, value: target, purpose }]
  }
  return addresses.map((value) => {
    const type = value.includes(':') ? 'AAAA' : 'A'
    return { type, name: host, value, purpose: 'Leads visitors here.' }
  })
}
