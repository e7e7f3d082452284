/** One turn of one certificate: nothing to do yet, a wait, a success or a failure. Decides what is kept of it. */
import type { CertificateRecord, CertificateTry } from '../contracts.ts'
import { renewalId } from './acme-authority.ts'
import { AcmeError } from './acme-error.ts'
import { unknownRecord } from './certificate-record.ts'
import { findServed } from './find-served.ts'
import { orderCertificate, type OrderParts, PreflightError } from './order-certificate.ts'
import {
  checkDelayMs,
  chooseCheckDelayMs,
  chooseRenewalTime,
  chooseRetryDelayMs,
} from './renewal.ts'
import { settleServed } from './settle-served.ts'

export interface TryParts extends OrderParts {
  /** False where no limits of a public authority are to be kept. */
  readonly isLimited: boolean
  /** How many wait for a limit now. */
  readonly countHeldBack: () => number
  readonly now: () => Date
  readonly random: () => number
}

export interface Tried {
  readonly record: CertificateRecord
  /** Null where it was looked at, and nothing was to be done. */
  readonly end: Pick<CertificateTry, 'result' | 'isRenewal'> | null
}

/** What wakes many at once lets so much time pass between two of them. */
const spreadEachMs = 1_000
const spreadMaxMs = 3 * 3_600_000

/** Null where the server ends meanwhile: then nothing is known of it. */
export async function tryCertificate(
  parts: TryParts,
  record: CertificateRecord,
): Promise<Tried | null> {
  const { authority, files, now, random, isLimited, ledger, ending } = parts
  const { name, projectId } = record
  const facts = { now: now(), authority: authority.name }
  const { served, isForeign, isRenewal } = await findServed(files, record, facts)
  // An authority that does not answer has no say.
  const asked = isForeign ? null : (served?.certificate.toString() ?? null)
  const window = asked === null ? null : await authority.renewalWindow(asked).catch(() => null)
  const settled = settleServed(record, { served, window, random })
  const known = isForeign ? { ...settled, renewAt: now() } : settled
  if (known.renewAt !== null && known.renewAt > now()) {
    const next = Math.min(known.renewAt.getTime(), now().getTime() + chooseCheckDelayMs(window))
    return { record: { ...known, failures: 0, reason: null, nextTry: new Date(next) }, end: null }
  }
  const replaces = asked === null || window === null ? null : renewalId(asked)
  const renewal = replaces !== null ? 'replaces' : isRenewal ? 'same-names' : 'none'
  const wait = isLimited ? ledger.findWait(record, renewal) : null
  if (wait !== null) {
    const nextTry = spread(parts, wait.until)
    const { reason } = wait
    const held = { ...known, isHeldBack: true, reason, nextTry }
    return { record: held, end: { result: 'held_back', isRenewal } }
  }
  try {
    const issued = await orderCertificate(parts, { name, projectId, replaces, served, isRenewal })
    const renewAt = chooseRenewalTime(issued, null, random)
    // Also where the clocks differ so much that it should be renewed already.
    const nextTry = new Date(now().getTime() + checkDelayMs)
    const { notBefore, notAfter } = issued
    const fresh = { ...unknownRecord(name, projectId), notBefore, notAfter, renewAt, nextTry }
    return { record: fresh, end: { result: 'issued', isRenewal } }
  } catch (error) {
    return ending.aborted ? null : settleFailure(parts, known, { error, isRenewal })
  }
}

function settleFailure(
  { now, random }: TryParts,
  known: CertificateRecord,
  { error, isRenewal }: { readonly error: unknown; readonly isRenewal: boolean },
): Tried {
  const failures = known.failures + 1
  const retryAfterMs = error instanceof AcmeError ? error.retryAfterMs : null
  const isFree = error instanceof PreflightError
  const delayMs = chooseRetryDelayMs(failures, { retryAfterMs, isFree }, random)
  const nextTry = new Date(now().getTime() + delayMs)
  const isHeldBack = error instanceof AcmeError && error.type === 'rateLimited'
  const reason = error instanceof Error ? error.message : String(error)
  return {
    record: { ...known, failures, isHeldBack, reason, nextTry },
    end: { result: isHeldBack ? 'held_back' : 'failed', isRenewal },
  }
}

/** Many that wait for the same moment are asked about one after the other. */
function spread({ countHeldBack, random }: TryParts, until: Date): Date {
  const spanMs = Math.min(countHeldBack() * spreadEachMs, spreadMaxMs)
  return new Date(until.getTime() + random() * spanMs)
}
