/** When a certificate is renewed, and how long a failure waits. Pure: the dice are the caller's. */
import type { RenewalWindow } from './acme-authority.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
export const checkDelayMs = 6 * hour

/** Life is two thirds over, unless the authority asks for another time (RFC 9773, section 4.2). */
export function chooseRenewalTime(
  { notBefore, notAfter }: { readonly notBefore: Date; readonly notAfter: Date },
  window: RenewalWindow | null,
  random: () => number,
): Date {
  const life = notAfter.getTime() - notBefore.getTime()
  if (window !== null) {
    const span = window.end.getTime() - window.start.getTime()
    return new Date(window.start.getTime() + random() * span)
  }
  // Up to 2 % earlier, so that what was made together is not renewed together.
  return new Date(notBefore.getTime() + (life * 2) / 3 - random() * life * 0.02)
}

/** When the authority is asked about a certificate again; it may say so, within reason (RFC 9773, section 4.3.2). */
export function chooseCheckDelayMs(window: RenewalWindow | null): number {
  const wish = window?.retryAfterMs ?? null
  return wish === null ? checkDelayMs : Math.min(Math.max(wish, minute), day)
}

const retryDelaysMs = [minute, 10 * minute, 100 * minute] as const

export interface Failure {
  /** A `Retry-After` is waited for at least, up to a week; null where there was none. */
  readonly retryAfterMs: number | null
  /** Nothing was asked of the authority, so it may be tried every hour. */
  readonly isFree: boolean
}

/** After the given number of failures in a row, from 1. */
export function chooseRetryDelayMs(
  failures: number,
  { retryAfterMs, isFree }: Failure,
  random: () => number,
): number {
  const planned = Math.min(retryDelaysMs[failures - 1] ?? day, isFree ? hour : day)
  return Math.max(planned, Math.min(retryAfterMs ?? 0, 7 * day)) * (1 + random() * 0.1)
}
