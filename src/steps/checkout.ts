/** checkout: writes the files of the commit into an empty workspace. */
import type { Builder, Repositories } from '../contracts.ts'
import { limits } from '../config.ts'
import { showFiles } from '../domain/show.ts'
import { type Step, workspaceKey } from '../pipeline/step.ts'

export function createCheckout(machine: {
  readonly repositories: Repositories
  readonly builder: Builder
}): Step<'commit', 'sourceDir'> {
  return {
    name: 'checkout',
    timeoutMs: limits.stepTimeoutMs,
    run: async ({ project, deployment, signal, summarise }, { commit }) => {
      const entries = await machine.repositories.listTree(project.id, commit)
      const { sourceDir } = await machine.builder.openWorkspace(workspaceKey(project, deployment))
      await machine.repositories.checkout(project.id, commit, { dir: sourceDir, signal })
      const files = entries.filter((entry) => entry.type === 'blob')
      summarise(
        showFiles(
          files.length,
          files.reduce((sum, { bytes }) => sum + bytes, 0),
        ),
      )
      return { sourceDir }
    },
  }
}
