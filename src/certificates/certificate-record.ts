/** What the store keeps of a certificate, and what is told of it. Pure. */
import { getDomain } from 'tldts'
import type { CertificateRecord, CertificateState } from '../contracts.ts'
import { type HostName, type ProjectId, toHostName } from '../domain/names.ts'
import type { CertificateName } from './names.ts'

/** Before the first try. */
export function unknownRecord(
  name: CertificateName,
  projectId: ProjectId | null = null,
): Omit<CertificateRecord, 'nextTry'> {
  const nothing = { notBefore: null, notAfter: null, reason: null, renewAt: null }
  return { name, projectId, failures: 0, isHeldBack: false, ...nothing }
}

export function toCertificateState(
  host: HostName,
  record: CertificateRecord | null,
  now: Date,
): CertificateState {
  if (record === null) return { host, state: 'none', notAfter: null, reason: null, nextTry: null }
  const { notAfter, reason, nextTry } = record
  return { host, state: isServed(record, now) ? 'valid' : 'waiting', notAfter, reason, nextTry }
}

/** Whether visitors get it, and take it. */
export function isServed(record: CertificateRecord | null, now: Date): boolean {
  return record !== null && record.notAfter !== null && record.notAfter > now
}

/** The domain of a wildcard, or the host itself. */
export function hostOf(name: CertificateName): HostName {
  const host = toHostName(name.replace(/^\*\./, ''))
  if (host === null) throw new Error(`no name of a certificate: ${name}`)
  return host
}

/** What somebody registered, such as `example.co.uk`: an authority's limits count by it. */
export function registeredOf(name: string): string {
  const host = name.replace(/^\*\./, '')
  return getDomain(host, { allowPrivateDomains: true }) ?? host
}
