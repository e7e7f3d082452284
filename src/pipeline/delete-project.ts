/** The end of a project: what runs for it ends first, then everything of it goes. */
import type { Config } from '../config.ts'
import type { Builder, Domains, ProjectStore, Repositories, Sites } from '../contracts.ts'
import { projectHost } from '../domain/names.ts'
import type { Project } from '../domain/project.ts'
import type { Deployer } from './deployer.ts'

export interface DeleteProjectParts {
  readonly config: Config
  readonly projects: ProjectStore
  readonly repositories: Repositories
  readonly sites: Sites
  readonly domains: Pick<Domains, 'removeAll'>
  readonly builder: Builder
  readonly deployer: Deployer
}

/** The row goes last: what was cut short is found there, and deleting again ends it. */
export async function deleteProject(parts: DeleteProjectParts, project: Project): Promise<void> {
  const { config, projects, repositories, sites, domains, builder, deployer } = parts
  await deployer.retire(project.id)
  await domains.removeAll(project)
  await sites.unlinkHost(projectHost(project.slug, config.frontendDomain))
  await sites.removeSite(project.slug)
  await builder.clearCache(project.id)
  await repositories.remove(project.id)
  // Also those that were added meanwhile: a link that is left would serve the next one of that name.
  await domains.removeAll(project)
  projects.remove(project.id)
  deployer.release(project.id)
}
