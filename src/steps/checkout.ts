/** checkout: writes the files of the commit into an empty workspace, where they are needed there. */
import type { Builder, Repositories } from '../contracts.ts'
import { limits } from '../config.ts'
import type { BuildPlan } from '../domain/build-plan.ts'
import { showFiles } from '../domain/show.ts'
import { type Step, workspaceKey } from '../pipeline/step.ts'

export function createCheckout(machine: {
  readonly repositories: Repositories
  readonly builder: Builder
}): Step<'commit' | 'plan', 'sourceDir'> {
  return {
    name: 'checkout',
    timeoutMs: limits.stepTimeoutMs,
    isIdle: ({ plan }) => plan.kind === 'schema' || isReadWhole(plan),
    run: async (context, { commit, plan }) => {
      const { project, deployment, signal, summarise, use } = context
      if (isReadWhole(plan)) {
        context.skip('plain files, published as they are in the commit')
        return { sourceDir: null }
      }
      const { sourceDir } = await machine.builder.openWorkspace(workspaceKey(project, deployment))
      if (plan.kind === 'schema') {
        context.skip('the app is made from schema.json alone')
        return { sourceDir }
      }
      const entries = await machine.repositories.listTree(project.id, commit)
      await machine.repositories.checkout(project.id, commit, { dir: sourceDir, signal })
      const files = entries.filter((entry) => entry.type === 'blob')
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
      use({ files: files.length, bytes })
      summarise(showFiles(files.length, bytes))
      return { sourceDir }
    },
  }
}

function isReadWhole(plan: BuildPlan): boolean {
  return plan.kind === 'static' && plan.isReadWhole
}
