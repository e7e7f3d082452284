/** One line a try of a certificate in the server's log, and one more where visitors soon lose theirs. */
import type { Logger } from 'pino'
import type { CertificateTry } from '../contracts.ts'
import type { Observer } from '../pipeline/observe.ts'

const soonMs = 7 * 24 * 3_600_000

export function createCertificateLog(
  logger: Pick<Logger, 'info' | 'warn' | 'error'>,
  now: () => number = Date.now,
): Observer {
  return {
    onCertificateTry: (end) => {
      const { name: certificate, result, isRenewal, notAfter, reason, nextTry } = end
      const facts = { certificate, isRenewal, notAfter, reason, nextTry }
      if (result === 'issued') logger.info(facts, 'certificate issued')
      else if (result === 'failed') logger.warn(facts, 'certificate failed')
      else logger.info(facts, 'certificate waits for a limit of the authority')
      if (endsSoon(end, now())) logger.error(facts, 'certificate ends soon')
    },
  }
}

/** One that lives for a few days only is renewed when that was asked for, like any other. */
function endsSoon({ result, notAfter }: CertificateTry, now: number): boolean {
  return result !== 'issued' && notAfter !== null && notAfter.getTime() - now < soonMs
}
