/** What webhooks are told, in the forms of REST. */
import type { DeploymentStore, ProjectStore, WebhookStore } from '../contracts.ts'
import type { Deployment } from '../domain/deployment.ts'
import type { Project } from '../domain/project.ts'
import type { WebhookEvent } from '../domain/webhook.ts'
import type { SiteUrlOf } from '../pipeline/site-urls.ts'
import { presentDeployment } from './present.ts'

export interface Announcer {
  readonly tellEnd: (deployment: Deployment) => void
  readonly tellProject: (event: 'project.created' | 'project.deleted', project: Project) => void
}

export interface AnnouncerParts {
  readonly siteUrlOf: SiteUrlOf
  readonly projects: Pick<ProjectStore, 'find'>
  readonly deployments: Pick<DeploymentStore, 'count'>
  readonly webhooks: Pick<WebhookStore, 'queue'>
  /** What is queued is sent by it. */
  readonly deliveries: { readonly wake: () => void }
}

/** Only queues: the sending is elsewhere, and later. */
export function createAnnouncer(parts: AnnouncerParts): Announcer {
  const { siteUrlOf, projects, deployments, webhooks, deliveries } = parts
  const queue = (type: WebhookEvent, project: Project, about: object): void => {
    const { id, slug } = project
    const data = { project_id: id, slug, ...about }
    const body = JSON.stringify({ type, timestamp: new Date().toISOString(), data })
    webhooks.queue({ type, projectId: id, body })
    deliveries.wake()
  }
  return {
    tellEnd: (deployment) => {
      const project = projects.find(deployment.projectId)
      const type = endEvents[deployment.status]
      if (project === null || type === undefined) return
      const isLive = deployments.count(project.id).completed > 0
      queue(type, project, {
        deployment: presentDeployment(deployment),
        frontend_url: isLive ? siteUrlOf(project) : null,
      })
    },
    tellProject: (event, project) => {
      queue(event, project, { deployment: null, frontend_url: null })
    },
  }
}

const endEvents: Readonly<Partial<Record<Deployment['status'], WebhookEvent>>> = {
  completed: 'deployment.completed',
  failed: 'deployment.failed',
  cancelled: 'deployment.cancelled',
}
