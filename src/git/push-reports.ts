/** What git is told about the refs of one push, made whole: one report for each, and no more. */
import type { ArrivedPush, IncomingPush } from '../contracts.ts'
import type { RefReport } from '../domain/push.ts'

/** The handler's reports in git's order; a ref without one is declined. */
export function completeReports(
  push: ArrivedPush,
  given: readonly RefReport[],
): readonly RefReport[] {
  const reports = push.commands.map(
    ({ ref }): RefReport =>
      given.find((report) => report.ref === ref) ?? {
        ref,
        verdict: 'decline',
        reason: 'not answered',
      },
  )
  if (!push.atomic || reports.every((report) => report.verdict !== 'decline')) return reports
  return reports.map((report) =>
    report.verdict === 'decline' ? report : declineForOther(report.ref),
  )
}

/** Where git itself declined a part of an atomic push, or names what pre-receive never saw. */
export function refuseUninspected(
  inspected: IncomingPush,
  arrived: ArrivedPush,
): readonly RefReport[] | null {
  const isInspected = arrived.commands.every((command) =>
    inspected.commands.some(
      (other) =>
        other.ref === command.ref &&
        other.oldOid === command.oldOid &&
        other.newOid === command.newOid,
    ),
  )
  const isWhole = arrived.commands.length === inspected.commands.length
  if (isInspected && (isWhole || !arrived.atomic)) return null
  return arrived.commands.map(({ ref }) => declineForOther(ref))
}

export function declineAll(push: ArrivedPush, reason: string): readonly RefReport[] {
  return push.commands.map(({ ref }) => ({ ref, verdict: 'decline', reason }))
}

function declineForOther(ref: string): RefReport {
  return { ref, verdict: 'decline', reason: 'another ref of this push was declined' }
}
