/** release: copies the output into a numbered folder, complete and synced. Nothing is live yet. */
import { limits } from '../config.ts'
import type { Sites } from '../contracts.ts'
import { showFiles } from '../domain/show.ts'
import type { Step } from '../pipeline/step.ts'

export function createRelease(machine: {
  readonly sites: Sites
}): Step<'outputDir' | 'spaFallback' | 'generated', 'release' | 'previousRelease'> {
  const { sites } = machine
  return {
    name: 'release',
    timeoutMs: limits.stepTimeoutMs,
    run: async ({ project, deployment, signal, output, summarise, use }, facts) => {
      const summary = await sites.publish({
        slug: project.slug,
        number: deployment.number,
        fromDir: facts.outputDir,
        outputName: facts.outputDir.split('/').at(-1) ?? 'the output',
        spaFallback: facts.spaFallback,
        address: project.settings.address,
        subdirectoryPage: facts.generated?.subdirectoryPage ?? null,
        manifest: {
          project: project.id,
          commit: deployment.commit,
          branch: deployment.branch,
          trigger: deployment.trigger,
          createdAt: deployment.createdAt.toISOString(),
          ...(facts.generated !== null && { store: facts.generated.store }),
        },
        signal,
      })
      for (const path of summary.leftOut) output(`left out: ${path}`)
      use({ files: summary.files, bytes: summary.bytes })
      summarise(showFiles(summary.files, summary.bytes))
      const previousRelease = await sites.currentRelease(project.slug)
      return { release: deployment.number, previousRelease }
    },
    undo: ({ project, deployment }) => sites.removeRelease(project.slug, deployment.number),
  }
}
