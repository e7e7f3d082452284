/** Whose certificate is ordered next, so that no project with many domains keeps others waiting. Pure. */
import { limits } from '../config.ts'
import type { CertificateRecord } from '../contracts.ts'

/** So many that also behind all domains of some projects those of another one are seen. */
export const dueMax = limits.certificateOrdersMax * limits.domainsMax
/** Half of what is ordered at once is left for others than any one project. */
const ofOneProjectMax = limits.certificateOrdersMax / 2

/** `due` has those first that have waited longest. None where all have to wait for another to end. */
export function chooseNext(
  due: readonly CertificateRecord[],
  running: readonly CertificateRecord[],
): CertificateRecord | undefined {
  const countOf = ({ projectId }: CertificateRecord): number =>
    projectId === null ? 0 : running.filter((one) => one.projectId === projectId).length
  return (
    due.find((record) => countOf(record) === 0) ??
    due.find((record) => countOf(record) < ofOneProjectMax)
  )
}
