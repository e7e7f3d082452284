/** build: runs the app's build command without a network, and finds what it wrote. */
import { join } from 'node:path'
import type { Config } from '../config.ts'
import type { Builder } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'
import { runBuildCommand } from '../pipeline/build-command.ts'
import type { Step } from '../pipeline/step.ts'

export function createBuild(machine: {
  readonly config: Config
  readonly builder: Builder
}): Step<'sourceDir' | 'plan' | 'installed', 'outputDir' | 'spaFallback'> {
  return {
    name: 'build',
    timeoutMs: machine.config.build.buildTimeoutMs + 60_000,
    needsBuildSlot: ({ plan }) => plan.kind === 'node',
    run: async (context, { sourceDir, plan }) => {
      const { spaFallback } = plan
      if (plan.kind === 'static') {
        context.skip('plain files')
        return { outputDir: join(sourceDir, plan.outputDir), spaFallback }
      }
      const { rootDir, build, outputDirs } = plan
      await runBuildCommand(machine, context, {
        phase: 'build',
        sourceDir,
        rootDir,
        command: build,
      })
      const output = await machine.builder.findOutput({ sourceDir }, outputDirs)
      if (output === null) {
        throw new SlipwayError('missing_output_dir', { expected: outputDirs.join(', ') })
      }
      context.summarise(`→ ${output}`)
      return { outputDir: join(sourceDir, output), spaFallback }
    },
  }
}
