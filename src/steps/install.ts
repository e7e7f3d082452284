/**
 * install: fetches the app's packages. The registry's failures are tried again, those of the
 * commit are not.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { type Config, limits } from '../config.ts'
import type { Builder } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'
import { type BuildCommand, runBuildCommand } from '../pipeline/build-command.ts'
import type { Step } from '../pipeline/step.ts'

const retryDelaysMs = [500, 2_000]

export function createInstall(machine: {
  readonly config: Config
  readonly builder: Builder
}): Step<'sourceDir' | 'plan', 'installed'> {
  return {
    name: 'install',
    timeoutMs: machine.config.build.installTimeoutMs * (retryDelaysMs.length + 1) + 60_000,
    needsBuildSlot: ({ plan }) => plan.kind === 'node',
    run: async (context, { sourceDir, plan }) => {
      if (plan.kind === 'static') {
        context.skip('plain files')
        return { installed: false }
      }
      const { rootDir, install } = plan
      const command: BuildCommand = { phase: 'install', sourceDir, rootDir, command: install }
      for (const [attempt, delayMs] of retryDelaysMs.entries()) {
        try {
          await runBuildCommand(machine, context, command)
          return { installed: true }
        } catch (error) {
          if (!isTransient(error)) throw error
          const which = `attempt ${attempt + 2} of ${limits.registryAttempts}`
          context.output(`the registry did not answer as it should; ${which} follows`)
          await wait(delayMs, undefined, { signal: context.signal })
        }
      }
      await runBuildCommand(machine, context, command)
      return { installed: true }
    },
  }
}

function isTransient(error: unknown): boolean {
  return error instanceof SlipwayError && error.code === 'registry_unreachable'
}
