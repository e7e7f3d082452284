/** What the certificate on disk makes of what is remembered of it. Pure. */
import type { CertificateRecord } from '../contracts.ts'
import type { RenewalWindow } from './acme-authority.ts'
import type { ReadCertificate } from './certificate-files.ts'
import { chooseRenewalTime } from './renewal.ts'

export interface ServedFacts {
  /** Null where visitors get none. */
  readonly served: ReadCertificate | null
  /** When the authority would like it to be renewed; null where it has no say. */
  readonly window: RenewalWindow | null
  readonly random: () => number
}

/** What the files say counts, and not what the database remembers of them. */
export function settleServed(
  record: CertificateRecord,
  { served, window, random }: ServedFacts,
): CertificateRecord {
  const isHeldBack = false
  if (served === null) {
    const reason = record.notAfter === null ? record.reason : damagedReason
    return { ...record, isHeldBack, reason, notBefore: null, notAfter: null, renewAt: null }
  }
  const { notBefore, notAfter } = served
  const isSame = record.notAfter?.getTime() === notAfter.getTime()
  const isAsked = window !== null && (record.renewAt === null || record.renewAt > window.end)
  const renewAt =
    isSame && record.renewAt !== null && !isAsked
      ? record.renewAt
      : chooseRenewalTime(served, window, random)
  return { ...record, isHeldBack, notBefore, notAfter, renewAt }
}

export const damagedReason =
  'the certificate on disk is missing or damaged, so a new one is ordered'
