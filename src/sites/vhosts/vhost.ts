/**
 * What the file of a project says: for which hosts, and by which rules each of its releases is
 * shown. A reload of nginx and the switch to another release are two moments, so the file knows
 * the rules of all that can be switched to. Pure.
 */
import type { HostName, Slug } from '../../domain/names.ts'
import { readKeptRules, type RuleFiles } from '../../domain/site-rules/read-site-rules.ts'
import { hasRules, sameRules, type SiteRules } from '../../domain/site-rules/site-rules.ts'

export interface Vhost {
  readonly slug: Slug
  readonly hosts: readonly HostName[]
  /** Its rules are those of every release that is not among `others`, also of those to come. */
  readonly newest: ReleaseRules
  /** Newest first. */
  readonly others: readonly ReleaseRules[]
}

export interface ReleaseRules {
  readonly number: number
  readonly ruleFiles: RuleFiles
}

/** What there is of a project on disk. */
export interface Kept {
  /** All of its releases. */
  readonly releases: readonly number[]
  /** Null where nothing is live. */
  readonly live: number | null
}

export interface VhostLimits {
  readonly vhostReleasesMax: number
  readonly vhostRulesMax: number
}

/** The beginning of a file: no release has rules as yet. */
export function emptyVhost(slug: Slug, hosts: readonly HostName[]): Vhost {
  return { slug, hosts, newest: { number: 0, ruleFiles: {} }, others: [] }
}

/** By which rules nginx shows the release; none where the project has no file. */
export function rulesShown(vhost: Vhost | null, number: number): RuleFiles {
  const other = vhost?.others.find((one) => one.number === number)
  return (other ?? vhost?.newest)?.ruleFiles ?? {}
}

/** True where nginx needs no word more to show the release as it wants to be shown. */
export function isShown(vhost: Vhost | null, { number, ruleFiles }: ReleaseRules): boolean {
  return areSame(rulesShown(vhost, number), ruleFiles)
}

/**
 * The same with a release that is about to go live. Those that are kept are shown as before; the
 * oldest are left out where they are too many. Null where no release has rules.
 */
export function withRelease(
  vhost: Vhost,
  wanted: ReleaseRules,
  { kept, limits }: { readonly kept: Kept; readonly limits: VhostLimits },
): Vhost | null {
  const newest = wanted.number > vhost.newest.number ? wanted : vhost.newest
  const wantedOf = (number: number): RuleFiles =>
    number === wanted.number ? wanted.ruleFiles : rulesShown(vhost, number)
  const others = kept.releases
    .filter((number) => number !== newest.number)
    .toSorted((a, b) => b - a)
    .map((number): ReleaseRules => ({ number, ruleFiles: wantedOf(number) }))
    .filter(({ ruleFiles }) => !areSame(ruleFiles, newest.ruleFiles))
  const needed = others.filter(({ number }) => [wanted.number, kept.live].includes(number))
  const chosen = new Set(needed)
  let rules = needed.reduce((sum, other) => sum + countRules(other), countRules(newest))
  for (const other of others) {
    rules += chosen.has(other) ? 0 : countRules(other)
    if (chosen.size >= limits.vhostReleasesMax || rules > limits.vhostRulesMax) break
    chosen.add(other)
  }
  const whole = { ...vhost, newest, others: others.filter((other) => chosen.has(other)) }
  return isEmpty(whole) ? null : whole
}

/** The same without a release that did not go live after all. */
export function withoutRelease(vhost: Vhost, number: number, kept: Kept): Vhost | null {
  const others = vhost.others.filter((other) => other.number !== number)
  if (vhost.newest.number !== number) return { ...vhost, others }
  const left = kept.releases
    .filter((one) => one !== number)
    .toSorted((a, b) => b - a)
    .map((one): ReleaseRules => ({ number: one, ruleFiles: rulesShown(vhost, one) }))
  const [newest] = left
  if (newest === undefined) return null
  const differing = left.filter(({ ruleFiles }) => !areSame(ruleFiles, newest.ruleFiles))
  const whole = { ...vhost, newest, others: differing }
  return isEmpty(whole) ? null : whole
}

/**
 * What is kept is the text as it was written: it takes a tenth of the memory, and tens of milliseconds
 * to be read where it is long. So it is read once for all that is asked of it at a time.
 */
export function rulesOf({ ruleFiles }: Pick<ReleaseRules, 'ruleFiles'>): SiteRules {
  const known = rulesRead.get(ruleFiles)?.deref()
  if (known !== undefined) return known
  const rules = readKeptRules(ruleFiles)
  rulesRead.set(ruleFiles, new WeakRef(rules))
  return rules
}

const rulesRead = new WeakMap<RuleFiles, WeakRef<SiteRules>>()

function isEmpty({ newest, others }: Vhost): boolean {
  return [newest, ...others].every((release) => !hasRules(rulesOf(release)))
}

function countRules(release: ReleaseRules): number {
  const { headers, redirects } = rulesOf(release)
  const values = headers.map(({ set, unset }) => set.length + unset.length)
  return values.reduce((sum, count) => sum + count, redirects.length)
}

function areSame(one: RuleFiles, other: RuleFiles): boolean {
  const isSameText = one._headers === other._headers && one._redirects === other._redirects
  return isSameText || sameRules(rulesOf({ ruleFiles: one }), rulesOf({ ruleFiles: other }))
}
