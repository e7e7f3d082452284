/**
 * vhost: makes the project's addresses lead to its folder. Needs no reload of nginx, unless the
 * release has headers or redirects that nginx does not know yet.
 */
import { type Config, limits } from '../config.ts'
import type { Domains, Sites } from '../contracts.ts'
import { type HostName, projectHost } from '../domain/names.ts'
import { subdirectoryPath } from '../domain/project.ts'
import { showRules } from '../domain/site-rules/read-site-rules.ts'
import type { Step, StepContext } from '../pipeline/step.ts'

export function createVhost(machine: {
  readonly config: Config
  readonly sites: Sites
  readonly domains: Pick<Domains, 'link' | 'hostsOf'>
}): Step<'release' | 'previousRelease' | 'generated', 'hosts'> {
  const { config, sites, domains } = machine
  return {
    name: 'vhost',
    timeoutMs: limits.stepTimeoutMs,
    run: async (context, { release, generated }) => {
      const { project, summarise } = context
      const host = projectHost(project.slug, config.frontendDomain)
      const isNew = await sites.linkHost(project.slug, host)
      // Of what is there a release shows only what was made for it.
      await sites.linkSubdirectory(project.slug)
      await domains.link(project)
      const below = `${config.frontendDomain}${subdirectoryPath(project.slug)}`
      const isBelow = project.settings.address === 'subdirectory'
      const shown = generated !== null ? `${host}, ${below}` : isBelow ? below : host
      const own = domains.hostsOf(project)
      const told = await bringRules(sites, context, {
        number: release,
        hosts: () => [host, ...own],
      })
      const all = [shown, ...own].join(', ')
      summarise([isNew ? `${all} (new)` : all, ...(told === null ? [] : [told])].join('; '))
      return { hosts: [host] }
    },
    // Rules that are left over are those of a release that nobody sees.
    needsUndo: ({ previousRelease }) => previousRelease === null,
    undo: async ({ project }, { release, previousRelease }) => {
      await sites.takeBackRules(project.slug, release)
      if (previousRelease !== null) return
      await sites.unlinkHost(projectHost(project.slug, config.frontendDomain))
      await sites.unlinkSubdirectory(project.slug)
    },
  }
}

/** Of a release that exists already: its headers and redirects come back with it. */
export function createVhostAgain(machine: {
  readonly sites: Pick<Sites, 'bringRules' | 'rulesOf'>
  readonly domains: Pick<Domains, 'hostsOf'>
}): Step<'release' | 'hosts', never> {
  const { sites, domains } = machine
  return {
    name: 'vhost',
    timeoutMs: limits.stepTimeoutMs,
    run: async (context, { release, hosts }) => {
      const all = () => [...hosts, ...domains.hostsOf(context.project)]
      const told = await bringRules(sites, context, { number: release, hosts: all })
      context.summarise(told ?? 'as it is')
      return {}
    },
  }
}

/** Answers what people should know of it; null where nginx knew the rules already. */
async function bringRules(
  sites: Pick<Sites, 'bringRules' | 'rulesOf'>,
  { project, output }: Pick<StepContext, 'project' | 'output'>,
  release: { readonly number: number; readonly hosts: () => readonly HostName[] },
): Promise<string | null> {
  const isReloaded = await sites.bringRules({ slug: project.slug, ...release }, (ms) => {
    output(`waits ${Math.ceil(ms / 1_000)} s: reloads of nginx are gathered`)
  })
  if (!isReloaded) return null
  const rules = showRules(await sites.rulesOf(project.slug, release.number))
  return `${rules ?? 'no headers or redirects of its own'}, known to nginx`
}
