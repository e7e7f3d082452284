/** generate: makes the source of an app out of `schema.json`. Pushed apps bring their own. */
import { limits } from '../config.ts'
import type { Step } from '../pipeline/step.ts'

export function createGenerate(): Step<'plan', never> {
  return {
    name: 'generate',
    timeoutMs: limits.stepTimeoutMs,
    isIdle: () => true,
    run: ({ skip }) => {
      skip('the commit holds the whole app')
      return Promise.resolve({})
    },
  }
}
