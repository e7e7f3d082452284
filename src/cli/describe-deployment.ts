/** A deployment in words, for `status` and `deployments`. */
import { showDuration } from '../domain/show.ts'
import { toPlainLine } from './plain-text.ts'
import type { ShownDeployment } from './shapes.ts'
import { showAgo } from './show-time.ts'

/** `v12 completed, push of main 4f2c1a9 by ci, 3 min ago, in 4.1 s` */
export function describeDeployment(deployment: ShownDeployment, now: Date): string {
  const { number, branch, commit, trigger, actor, createdAt, finishedAt } = deployment
  const source = [branch, commit?.slice(0, 7)].filter((word) => typeof word === 'string')
  const length = showLength(deployment)
  const parts = [
    `v${number} ${deployment.status}`,
    `${trigger ?? ''}${source.length === 0 ? '' : ` of ${source.join(' ')}`} by ${actor ?? '?'}`,
    showAgo(finishedAt ?? createdAt, now) ?? '',
    ...(length === null ? [] : [`in ${length}`]),
  ]
  return toPlainLine(parts.join(', '))
}

/** What went wrong, and what to do. */
export function describeError(deployment: ShownDeployment | null): readonly string[] {
  const error = deployment?.error ?? null
  return error === null ? [] : [error.message, error.hint].map(toPlainLine)
}

/** From its start to its end; null where it has not both. */
export function showLength({
  startedAt,
  finishedAt,
}: Pick<ShownDeployment, 'startedAt' | 'finishedAt'>): string | null {
  if (startedAt === null || finishedAt === null) return null
  return showDuration(new Date(finishedAt).getTime() - new Date(startedAt).getTime())
}
