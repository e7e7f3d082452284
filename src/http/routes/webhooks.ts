/** Webhooks: where other servers are told what happened. A secret is shown once. */
import { z } from 'zod'
import { type Config, limits } from '../../config.ts'
import type { ProjectStore, Webhook, WebhookStore } from '../../contracts.ts'
import { SlipwayError } from '../../domain/errors.ts'
import { findUrlProblem, isOfAllProjects, webhookEvents } from '../../domain/webhook.ts'
import { answerJson, answerNothing } from '../answer.ts'
import { findProject } from '../authenticate.ts'
import { pageOf } from '../paging.ts'
import { InvalidBody, namingField } from '../problem.ts'
import type { RouteTable } from '../route.ts'
import { newWebhookShape, webhookShape } from '../shapes.ts'

const newWebhook = z.strictObject({
  url: z.string().describe('https; http where it is the loopback host of `BACKEND_URL`.'),
  project: z.string().max(200).nullish().describe('Its id or slug; null: all projects.'),
  events: z
    .array(z.enum(webhookEvents))
    .min(1, 'must name an event, or be left out')
    .max(webhookEvents.length, 'must name each event once')
    .optional()
    .describe('All where none are named. `project.…` is for webhooks of all projects.'),
})

export interface WebhookRouteParts {
  readonly webhooks: WebhookStore
  readonly projects: ProjectStore
  readonly config: Pick<Config, 'backendUrl'>
}

export function addWebhookRoutes(table: RouteTable, parts: WebhookRouteParts): void {
  const { webhooks, projects, config } = parts
  const path = '/api/v1/runtime/webhooks'

  table.general({
    method: 'POST',
    path,
    access: 'admin',
    audit: 'webhook.create',
    summary: 'Has other servers told what happened.',
    description:
      'Signed as Standard Webhooks wants it, and sent again after 5 s, 5 min, 30 min, 2 h and so ' +
      'on, for three days, until it is answered with a 2xx. 410 ends the webhook.',
    body: newWebhook,
    example: { url: 'https://example.org/hooks/slipway', events: ['deployment.failed'] },
    answers: {
      201: answerJson('The webhook with its `secret`, shown this once.', newWebhookShape),
    },
    refusals: ['project_not_found', 'webhooks_too_many'],
    handle: async ({ body, reply }) => {
      const problem = findUrlProblem(body.url, new URL(config.backendUrl).hostname)
      if (problem !== null) throw new InvalidBody([{ pointer: '/url', detail: problem }])
      const wanted = body.project ?? null
      const project = await namingField({ project_not_found: '/project' }, async () =>
        wanted === null ? null : findProject(projects, wanted),
      )
      const events = [...new Set(body.events ?? webhookEvents)].filter(
        (event) => project === null || body.events !== undefined || !isOfAllProjects(event),
      )
      if (project !== null && events.some(isOfAllProjects)) {
        const detail = 'has events that a webhook of one project never sees'
        throw new InvalidBody([{ pointer: '/events', detail }])
      }
      const { webhook, secret } = webhooks.create({
        projectId: project?.id ?? null,
        url: new URL(body.url).href,
        events,
      })
      void reply.code(201).header('cache-control', 'no-store')
      return { ...presentWebhook(webhook), secret: secret.reveal() }
    },
  })

  table.general({
    method: 'GET',
    path,
    access: 'admin',
    summary: 'The webhooks, oldest first, without their secrets.',
    answers: {
      200: answerJson(`All of them: at most ${limits.webhooksMax}.`, pageOf(webhookShape)),
    },
    handle: () => Promise.resolve({ results: webhooks.list().map(presentWebhook), next: null }),
  })

  table.general({
    method: 'DELETE',
    path: `${path}/:webhook`,
    access: 'admin',
    audit: 'webhook.delete',
    summary: 'Deletes a webhook, with what still waits for it.',
    answers: { 204: answerNothing('Nothing is sent to it from now on.') },
    refusals: ['webhook_not_found'],
    handle: ({ parameters, reply }) => {
      const id = parameters['webhook'] ?? ''
      if (!webhooks.remove(id)) throw new SlipwayError('webhook_not_found', { id: id.slice(0, 80) })
      void reply.code(204)
      return Promise.resolve()
    },
  })
}

function presentWebhook(webhook: Webhook): z.input<typeof webhookShape> {
  const { lastAttempt } = webhook
  return {
    id: webhook.id,
    url: webhook.url,
    project_id: webhook.projectId,
    events: [...webhook.events],
    created_at: webhook.createdAt.toISOString(),
    disabled_at: webhook.disabledAt?.toISOString() ?? null,
    last_attempt:
      lastAttempt === null
        ? null
        : { at: lastAttempt.at.toISOString(), result: lastAttempt.result },
  }
}
