/**
 * What an authority lets one account do, as Let's Encrypt publishes it (rate limits, August 2026),
 * kept a little short of it: who meets a limit waits, and burns no more of it meanwhile. Pure.
 */
import type { LedgerEntry } from '../contracts.ts'
import type { ProjectId } from '../domain/names.ts'

export interface LedgerWish {
  readonly names: readonly string[]
  /** Whose own domain it is; null for a host of the platform. */
  readonly projectId: ProjectId | null
  /** `same-names`: of what is served; `replaces`: the authority is told of which (RFC 9773). */
  readonly renewal: 'none' | 'same-names' | 'replaces'
  /** The domain that somebody registered, such as `example.co.uk`. */
  readonly registeredDomain: string
  readonly registeredDomainOf: (name: string) => string
}

export interface LedgerWait {
  readonly until: Date
  readonly reason: string
}

const hour = 3_600_000
const day = 24 * hour

/** Longer ago than this nothing counts any more. */
export const ledgerMemoryMs = 7 * day

interface Limit {
  readonly countMax: number
  readonly windowMs: number
  /** What it does not hold back. */
  readonly spares: readonly LedgerWish['renewal'][]
  readonly counts: (entry: LedgerEntry, wish: LedgerWish) => boolean
  readonly reason: (wish: LedgerWish) => string
}

/** The published numbers are 5, 5, 50 and 300; ours leave room for who else uses the account. */
const ledgerLimits: readonly Limit[] = [
  {
    countMax: 3,
    windowMs: hour,
    spares: [],
    counts: ({ outcome, names }, wish) => outcome === 'failed' && sharesName(names, wish.names),
    reason: ({ names }) => `${names.join(', ')} failed 3 times in the last hour`,
  },
  {
    // No published one: nobody's zone, in which nothing works, takes the orders of all others.
    countMax: 15,
    windowMs: hour,
    spares: ['replaces', 'same-names'],
    counts: ({ outcome, names }, wish) =>
      outcome === 'failed' &&
      names.some((name) => wish.registeredDomainOf(name) === wish.registeredDomain),
    reason: ({ registeredDomain }) =>
      `15 orders of names below ${registeredDomain} failed in the last hour`,
  },
  {
    // Nor does a project whose domains are in many zones.
    countMax: 20,
    windowMs: hour,
    spares: ['replaces', 'same-names'],
    counts: ({ outcome, projectId }, wish) => outcome === 'failed' && isSame(projectId, wish),
    reason: () => '20 orders for domains of the project failed in the last hour',
  },
  {
    // Nor one that has many: it takes less than a fourth of what all have.
    countMax: 60,
    windowMs: 3 * hour,
    spares: ['replaces', 'same-names'],
    counts: ({ isRenewal, projectId }, wish) => !isRenewal && isSame(projectId, wish),
    reason: () => '60 certificates for domains of the project were ordered in the last 3 hours',
  },
  {
    countMax: 4,
    windowMs: 7 * day,
    spares: ['replaces'],
    counts: ({ outcome, names }, wish) => outcome === 'issued' && areSame(names, wish.names),
    reason: ({ names }) => `${names.join(', ')} had 4 certificates in the last 7 days`,
  },
  {
    countMax: 45,
    windowMs: 7 * day,
    spares: ['replaces', 'same-names'],
    counts: ({ outcome, isRenewal, names }, wish) =>
      outcome === 'issued' &&
      !isRenewal &&
      names.some((name) => wish.registeredDomainOf(name) === wish.registeredDomain),
    reason: ({ registeredDomain }) =>
      `45 new certificates were made below ${registeredDomain} in the last 7 days`,
  },
  {
    countMax: 270,
    windowMs: 3 * hour,
    spares: ['replaces', 'same-names'],
    counts: ({ isRenewal }) => !isRenewal,
    reason: () => '270 certificates were ordered in the last 3 hours',
  },
]

/** Null where it may be ordered now. `entries` may be in any order. */
export function findLedgerWait(
  entries: readonly LedgerEntry[],
  wish: LedgerWish,
  now: Date,
): LedgerWait | null {
  let longest: LedgerWait | null = null
  for (const limit of ledgerLimits.filter(({ spares }) => !spares.includes(wish.renewal))) {
    const since = now.getTime() - limit.windowMs
    const counted = entries
      .filter((entry) => limit.counts(entry, wish))
      .map((entry) => entry.at.getTime())
      // What is still to come was written down by a clock that was wrong.
      .filter((at) => at > since && at <= now.getTime())
      .toSorted((one, other) => other - one)
    const deciding = counted[limit.countMax - 1]
    if (deciding === undefined) continue
    const until = new Date(deciding + limit.windowMs)
    if (longest === null || until > longest.until) longest = { until, reason: limit.reason(wish) }
  }
  return longest
}

function sharesName(some: readonly string[], others: readonly string[]): boolean {
  return some.some((name) => others.includes(name))
}

function isSame(projectId: ProjectId | null, wish: LedgerWish): boolean {
  return projectId !== null && projectId === wish.projectId
}

/** No name is twice in one of them. */
function areSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((name) => others.includes(name))
}
