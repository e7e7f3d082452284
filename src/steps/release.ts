/** release: copies the output into a numbered folder, complete and synced. Nothing is live yet. */
import { basename } from 'node:path'
import { limits } from '../config.ts'
import type { ReleaseSource, Repositories, Sites, WholeFile } from '../contracts.ts'
import { showFiles, showFirst } from '../domain/show.ts'
import { InvalidSiteRules, showRules } from '../domain/site-rules/read-site-rules.ts'
import { findFiles, isLink } from '../domain/whole-tree.ts'
import type { OutputPlace, Step, StepContext } from '../pipeline/step.ts'

interface ReleaseParts {
  readonly repositories: Pick<Repositories, 'listTree' | 'readFiles'>
  readonly sites: Sites
}

export function createRelease(
  machine: ReleaseParts,
): Step<'output' | 'spaFallback' | 'generated', 'release' | 'previousRelease'> {
  const { repositories, sites } = machine
  return {
    name: 'release',
    timeoutMs: limits.stepTimeoutMs,
    run: async (context, facts) => {
      const { project, deployment, signal, output, summarise, use } = context
      const published = sites.publish({
        slug: project.slug,
        number: deployment.number,
        from: await openSource(repositories, context, facts.output),
        outputName: nameOf(facts.output),
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
      const summary = await published.catch((error: unknown) => {
        if (error instanceof InvalidSiteRules)
          for (const line of showFirst(error.lines)) output(line)
        throw error
      })
      for (const path of summary.leftOut) output(`left out: ${path}`)
      use({ files: summary.files, bytes: summary.bytes })
      const files = showFiles(summary.files, summary.bytes)
      const rules = showRules(summary.rules)
      summarise(rules === null ? files : `${files}, ${rules}`)
      if (rules !== null && project.settings.address === 'subdirectory') {
        output(
          'warning: _headers and _redirects do not apply below /apps/, where sites share an origin',
        )
      }
      const previousRelease = await sites.currentRelease(project.slug)
      return { release: deployment.number, previousRelease }
    },
    undo: ({ project, deployment }) => sites.removeRelease(project.slug, deployment.number),
  }
}

async function openSource(
  repositories: ReleaseParts['repositories'],
  { project, signal }: StepContext,
  output: OutputPlace,
): Promise<ReleaseSource> {
  if ('dir' in output) return output
  const entries = await repositories.listTree(project.id, output.commit)
  const found = findFiles(entries, output.folder)
  const links = found.filter(isLink).map(({ path }): WholeFile => ({ path, content: null }))
  const plain = found.filter((entry) => !isLink(entry))
  const contents = await repositories.readFiles(project.id, plain, signal)
  const files = plain.map(({ path }, index): WholeFile => {
    return { path, content: contents[index] ?? null }
  })
  return { files: [...files, ...links] }
}

/** How the folder is called where something is missing in it: a checkout is called `app`. */
function nameOf(output: OutputPlace): string {
  const path = 'dir' in output ? output.dir : output.folder === '.' ? 'app' : output.folder
  return basename(path)
}
