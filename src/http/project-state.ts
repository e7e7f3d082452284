/** What has to be asked to show a project: its newest deployment, and what visitors see. */
import type { Config } from '../config.ts'
import type { DeploymentStore, EventLog, Sites } from '../contracts.ts'
import type { Project } from '../domain/project.ts'
import type { SiteUrlOf } from '../pipeline/site-urls.ts'
import { presentStatus, type ProjectState } from './present.ts'

export interface StateParts {
  readonly config: Config
  readonly deployments: DeploymentStore
  readonly events: EventLog
  readonly sites: Sites
  readonly siteUrlOf: SiteUrlOf
}

export async function readState(
  { deployments, sites, siteUrlOf }: Pick<StateParts, 'deployments' | 'sites' | 'siteUrlOf'>,
  project: Project,
): Promise<ProjectState> {
  return {
    project,
    newest: deployments.newest(project.id),
    live: await sites.currentRelease(project.slug),
    url: siteUrlOf(project),
  }
}

/** The body that the platform polls, and gets for whatever starts a deployment. */
export async function showStatus(
  parts: StateParts,
  project: Project,
): Promise<ReturnType<typeof presentStatus>> {
  const state = await readState(parts, project)
  const milestones =
    state.newest === null
      ? []
      : parts.events.milestones(project.id, milestonesShown, state.newest.number)
  return presentStatus(state, milestones)
}

const milestonesShown = 200
