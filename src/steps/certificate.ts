/** certificate: says over what the site is live. Never stands in a deployment's way. */
import { limits } from '../config.ts'
import type { Step } from '../pipeline/step.ts'

export function createCertificate(): Step<'hosts', never> {
  return {
    name: 'certificate',
    timeoutMs: limits.stepTimeoutMs,
    isIdle: () => true,
    run: ({ skip }) => {
      skip('served over HTTP')
      return Promise.resolve({})
    },
  }
}
