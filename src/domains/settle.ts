/** What a look at a domain changes of what is known of it, and what its owner is told then. Pure. */
import type { CertificateState, DomainProblem, DomainRecord, DomainState } from '../contracts.ts'
import { limits } from '../config.ts'

export interface Look {
  readonly proof: DomainProblem | null
  readonly pointing: DomainProblem | null
}

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
/** After each look that found a problem; from then on once a day. */
export const lookDelaysMs: readonly number[] = [
  minute / 2,
  minute,
  2 * minute,
  5 * minute,
  10 * minute,
  20 * minute,
  40 * minute,
  hour,
  2 * hour,
  4 * hour,
  8 * hour,
]
/** So that what was added together is not looked at together for ever. */
const jitterShare = 0.1

/** `random` is from 0 to 1. */
export function settleLook(
  record: DomainRecord,
  { proof, pointing }: Look,
  { now, random }: { readonly now: Date; readonly random: number },
): DomainRecord {
  const problem = joinProblems(proof, pointing)
  const failures = problem === null ? 0 : record.failures + 1
  const delayMs = problem === null ? day : (lookDelaysMs[failures - 1] ?? day)
  const looked = {
    ...record,
    provedAt: proof === null ? now : record.provedAt,
    problem,
    failures,
    checkedAt: now,
    nextCheck: new Date(Math.round(now.getTime() + delayMs * (1 + jitterShare * random))),
  }
  if (problem === null) return { ...looked, attachedAt: record.attachedAt ?? now, lostAt: null }
  if (record.attachedAt === null) return looked
  // What could not be found out takes nothing from anybody.
  const lostAt = problem.kind === 'unknown' ? record.lostAt : (record.lostAt ?? now)
  const isOver = lostAt !== null && now.getTime() - lostAt.getTime() >= limits.domainGraceMs
  return isOver ? { ...looked, attachedAt: null, lostAt: null } : { ...looked, lostAt }
}

/** `isCertified`: whether a certificate is asked for at all. */
export function describeState(
  record: DomainRecord,
  certificate: CertificateState,
  isCertified: boolean,
): { readonly state: DomainState; readonly reason: string | null } {
  const { attachedAt, lostAt, problem, checkedAt } = record
  if (attachedAt === null) {
    if (checkedAt === null) return { state: 'pending_dns', reason: 'it was not looked at yet' }
    const state = problem?.kind === 'wrong' ? 'error' : 'pending_dns'
    return { state, reason: problem?.text ?? null }
  }
  if (lostAt !== null) {
    const until = new Date(lostAt.getTime() + limits.domainGraceMs)
    const reason = `${problem?.text ?? 'its records have gone'}; it is served until ${until.toISOString()}`
    return { state: 'error', reason }
  }
  if (!isCertified || certificate.state === 'valid') {
    return { state: 'live', reason: problem?.text ?? certificate.reason }
  }
  return { state: 'pending_certificate', reason: certificate.reason ?? problem?.text ?? null }
}

/** The gravest kind, and all that was found. */
function joinProblems(...all: readonly (DomainProblem | null)[]): DomainProblem | null {
  const problems = all.filter((problem) => problem !== null)
  const kinds = problems.map(({ kind }) => kind)
  const kind = (['wrong', 'missing', 'unknown'] as const).find((one) => kinds.includes(one))
  if (kind === undefined) return null
  return { kind, text: problems.map(({ text }) => text).join('; ') }
}
