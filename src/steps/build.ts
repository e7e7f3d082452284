/** build: runs the app's build command without a network, and finds what it wrote. */
import { join } from 'node:path'
import type { Config } from '../config.ts'
import type { Builder } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'
import { type BuildCommand, runBuildCommand } from '../pipeline/build-command.ts'
import { type OutputPlace, requireSource, type Step, type StepContext } from '../pipeline/step.ts'

interface BuildParts {
  readonly config: Config
  readonly builder: Builder
}

export function createBuild(
  parts: BuildParts,
): Step<'commit' | 'sourceDir' | 'plan' | 'modulesDir', 'output' | 'spaFallback'> {
  return {
    name: 'build',
    // Once more where the build turns out to write into its sealed modules.
    timeoutMs: parts.config.build.buildTimeoutMs * 2 + 60_000,
    needsBuildSlot: ({ plan }) => plan.kind === 'node',
    isIdle: ({ plan }) => plan.kind !== 'node',
    run: async (context, facts) => {
      const { plan, modulesDir, commit } = facts
      const { spaFallback } = plan
      if (plan.kind === 'schema') {
        context.skip('it was built as it was made')
        return { output: { dir: requireSource(facts) }, spaFallback }
      }
      if (plan.kind === 'static') {
        context.skip('plain files')
        const output: OutputPlace = plan.isReadWhole
          ? { commit, folder: plan.outputDir }
          : { dir: join(requireSource(facts), plan.outputDir) }
        return { output, spaFallback }
      }
      const sourceDir = requireSource(facts)
      const { rootDir, build: command, script, outputDirs } = plan
      const phase = 'build'
      await build(parts, context, { phase, sourceDir, rootDir, command, script, modulesDir })
      const output = await parts.builder.findOutput({ sourceDir }, outputDirs)
      if (output === null) {
        throw new SlipwayError('missing_output_dir', { expected: outputDirs.join(', ') })
      }
      context.summarise(`→ ${output}`)
      return { output: { dir: join(sourceDir, output) }, spaFallback }
    },
  }
}

async function build(
  parts: BuildParts,
  context: StepContext,
  command: BuildCommand,
): Promise<void> {
  const { sourceDir, rootDir, modulesDir } = command
  try {
    await runBuildCommand(parts, context, command)
  } catch (error) {
    const isSealed = error instanceof SlipwayError && error.code === 'modules_read_only'
    if (!isSealed || modulesDir === null) throw error
    context.output(
      'the build writes into node_modules: it gets a copy of its own, and a second try',
    )
    await parts.builder.lendModules(modulesDir, { workspace: { sourceDir }, rootDir })
    await runBuildCommand(parts, context, { ...command, modulesDir: null })
  }
}
