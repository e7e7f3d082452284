/** generate, for a project without a commit yet: writes its welcome page. */
import { type Config, limits, remoteUrl, siteUrl } from '../config.ts'
import type { Builder, Generator } from '../contracts.ts'
import { type Step, workspaceKey } from '../pipeline/step.ts'

export function createWelcome(machine: {
  readonly config: Config
  readonly builder: Builder
  readonly generator: Generator
}): Step<never, 'generated' | 'output' | 'spaFallback'> {
  const { config, builder, generator } = machine
  return {
    name: 'generate',
    timeoutMs: limits.stepTimeoutMs,
    run: async ({ project, deployment, summarise }) => {
      const workspace = await builder.openWorkspace(workspaceKey(project, deployment))
      const links = {
        siteUrl: siteUrl(config, project),
        remoteUrl: remoteUrl(config, project.slug),
      }
      await generator.writeWelcomePage(project, links, workspace.sourceDir)
      summarise('the welcome page')
      return { generated: null, output: { dir: workspace.sourceDir }, spaFallback: false }
    },
  }
}
