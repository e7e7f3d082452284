/**
 * install: fetches the app's packages, or shows the build what an equal install left before. The
 * registry's failures are tried again, those of the commit are not.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { type Config, limits } from '../config.ts'
import type { Builder } from '../contracts.ts'
import type { BuildPlan } from '../domain/build-plan.ts'
import { SlipwayError } from '../domain/errors.ts'
import { type BuildCommand, runBuildCommand } from '../pipeline/build-command.ts'
import { requireSource, type Step, type StepContext } from '../pipeline/step.ts'

interface InstallParts {
  readonly config: Config
  readonly builder: Builder
}

type NodePlan = BuildPlan & { readonly kind: 'node' }

/** Before the second attempt; four times as long before each later one. */
const retryDelayMs = 500

export function createInstall(parts: InstallParts): Step<'sourceDir' | 'plan', 'modulesDir'> {
  return {
    name: 'install',
    timeoutMs: parts.config.build.installTimeoutMs * limits.registryAttempts + 60_000,
    needsBuildSlot: ({ plan }) => plan.kind === 'node',
    isIdle: ({ plan }) => plan.kind !== 'node',
    run: async (context, facts) => {
      const { plan } = facts
      if (plan.kind !== 'node') {
        context.skip(plan.kind === 'schema' ? 'its packages are here already' : 'plain files')
        return { modulesDir: null }
      }
      const sourceDir = requireSource(facts)
      const known = await findModules(parts, context, plan)
      if (known !== null) {
        context.summarise('nothing to install: package-lock.json is known')
        return { modulesDir: known }
      }
      await install(parts, context, { sourceDir, plan })
      return { modulesDir: await keepModules(parts, context, { sourceDir, plan }) }
    },
  }
}

async function findModules(
  { builder }: InstallParts,
  { project }: StepContext,
  { installKey }: NodePlan,
): Promise<string | null> {
  return installKey === null ? null : builder.findModules(project.id, installKey)
}

/** What can't be kept costs the next install time, and this deployment nothing. */
async function keepModules(
  { builder }: InstallParts,
  { project, warn }: StepContext,
  { sourceDir, plan }: { readonly sourceDir: string; readonly plan: NodePlan },
): Promise<string | null> {
  const { installKey, rootDir } = plan
  if (installKey === null) return null
  try {
    return await builder.sealModules(project.id, installKey, { workspace: { sourceDir }, rootDir })
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error
    warn(`the packages are not kept for the next time: ${error.message}`)
    return null
  }
}

async function install(
  parts: InstallParts,
  context: StepContext,
  { sourceDir, plan }: { readonly sourceDir: string; readonly plan: NodePlan },
): Promise<void> {
  const command: BuildCommand = {
    phase: 'install',
    sourceDir,
    rootDir: plan.rootDir,
    command: plan.install,
    modulesDir: null,
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      await runBuildCommand(parts, context, command)
      return
    } catch (error) {
      const isTransient = error instanceof SlipwayError && error.code === 'registry_unreachable'
      if (!isTransient || attempt >= limits.registryAttempts) throw error
    }
    const which = `attempt ${attempt + 1} of ${limits.registryAttempts}`
    context.output(`the registry did not answer as it should; ${which} follows`)
    await wait(retryDelayMs * 4 ** (attempt - 1), undefined, { signal: context.signal })
  }
}
