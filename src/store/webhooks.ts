/**
 * Webhooks and what is still to be sent to them. Their secrets are needed in plain to sign with, so
 * they are sealed like variables.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { limits } from '../config.ts'
import type { Webhook, WebhookDelivery, WebhookStore } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'
import type { ProjectId } from '../domain/names.ts'
import { Secret } from '../domain/secret.ts'
import { type WebhookEvent, webhookEvents } from '../domain/webhook.ts'
import type { Database } from './database.ts'
import { plannedMaxMs } from './planned.ts'
import { oneOf } from './rows.ts'
import { createSeal } from './seal.ts'

const secretBytes = 32

export function createWebhookStore(
  database: Database,
  secretKey: Buffer,
  now: () => number = Date.now,
): WebhookStore {
  const statements = prepareStatements(database)
  const seal = createSeal(secretKey)
  const toDelivery = ({ sealed, ...row }: DeliveryRow): WebhookDelivery => {
    const secret = seal.open(sealed, placeOf(row.webhookId))
    return { ...row, secret: secret === null ? null : new Secret(secret) }
  }

  return {
    create: ({ projectId, url, events }) => {
      const id = randomUUID()
      const secret = `whsec_${randomBytes(secretBytes).toString('base64')}`
      const sealed = seal.close(secret, placeOf(id))
      return database.write(() => {
        const project = projectId === null ? null : statements.project.get(projectId)
        if (project === undefined) throw new SlipwayError('project_gone')
        if ((statements.count.get()?.count ?? 0) >= limits.webhooksMax) {
          throw new SlipwayError('webhooks_too_many', { count_max: limits.webhooksMax })
        }
        statements.insert.run({
          id,
          project: project?.key ?? null,
          url,
          events: JSON.stringify(events),
          sealed,
          created_at: now(),
        })
        const made = statements.list.all().find((row) => row.id === id)
        if (made === undefined) throw new Error('a webhook went as it was made')
        return { webhook: toWebhook(made), secret: new Secret(secret) }
      })
    },

    list: () => statements.list.all().map(toWebhook),

    remove: (id) => database.write(() => statements.remove.run(id).changes > 0),

    queue: ({ type, projectId, body }) => {
      database.write(() => {
        const message = { message_id: `msg_${randomUUID()}`, body, due_at: now() }
        for (const { id } of statements.listening.all({ type, project: projectId })) {
          statements.queue.run({ webhook: id, ...message })
          statements.forget.run({ webhook: id, kept: limits.webhookDeliveriesMax })
        }
      })
    },

    due: () => statements.due.all({ now: now(), latest: now() + plannedMaxMs }).map(toDelivery),

    nextDueAt: () => statements.next.get()?.due_at ?? null,

    settle: ({ key, webhookId }, { result, next }) => {
      database.write(() => {
        statements.note.run({ id: webhookId, attempted_at: now(), result })
        if (next === 'done') statements.done.run(key)
        else if (next === 'disable') {
          statements.disable.run(now(), webhookId)
          statements.clear.run(webhookId)
        } else statements.retry.run(next.dueAt, key)
      })
    },
  }
}

function placeOf(id: string): string {
  return `webhook\0${id}`
}

interface WebhookRow {
  readonly id: string
  readonly project_id: string | null
  readonly url: string
  readonly events: string
  readonly created_at: number
  readonly disabled_at: number | null
  readonly attempted_at: number | null
  readonly result: string | null
}

function toWebhook(row: WebhookRow): Webhook {
  const events: readonly unknown[] = JSON.parse(row.events) as readonly unknown[]
  return {
    id: row.id,
    projectId: row.project_id as ProjectId | null,
    url: row.url,
    events: events.map((event): WebhookEvent => oneOf(webhookEvents, String(event))),
    createdAt: new Date(row.created_at),
    disabledAt: row.disabled_at === null ? null : new Date(row.disabled_at),
    lastAttempt:
      row.attempted_at === null
        ? null
        : { at: new Date(row.attempted_at), result: row.result ?? '' },
  }
}

interface DeliveryRow extends Omit<WebhookDelivery, 'secret'> {
  readonly sealed: Buffer
}

interface InsertRow extends Pick<WebhookRow, 'id' | 'url' | 'events' | 'created_at'> {
  readonly project: number | null
  readonly sealed: Buffer
}

/** The delivery of each webhook that is due first. */
const heads = `
  FROM webhooks JOIN webhook_deliveries ON webhook_deliveries.key = (
    SELECT key FROM webhook_deliveries WHERE webhook = webhooks.id ORDER BY due_at, key LIMIT 1)`

function prepareStatements(database: Database) {
  return {
    project: database.prepare<[string], { key: number }>('SELECT key FROM projects WHERE id = ?'),
    count: database.prepare<[], { count: number }>('SELECT count(*) AS count FROM webhooks'),
    insert: database.prepare<InsertRow>(
      `INSERT INTO webhooks (id, project, url, events, sealed, created_at)
       VALUES (@id, @project, @url, @events, @sealed, @created_at)`,
    ),
    list: database.prepare<[], WebhookRow>(
      `SELECT webhooks.id, projects.id AS project_id, url, events, webhooks.created_at,
         disabled_at, attempted_at, result
       FROM webhooks LEFT JOIN projects ON projects.key = webhooks.project
       ORDER BY webhooks.created_at, webhooks.id`,
    ),
    remove: database.prepare<[string]>('DELETE FROM webhooks WHERE id = ?'),
    listening: database.prepare<{ type: string; project: string }, { id: string }>(
      `SELECT id FROM webhooks
       WHERE (project IS NULL OR project = (SELECT key FROM projects WHERE id = @project))
         AND disabled_at IS NULL
         AND EXISTS (SELECT 1 FROM json_each(webhooks.events) WHERE value = @type)`,
    ),
    queue: database.prepare<{ webhook: string; message_id: string; body: string; due_at: number }>(
      `INSERT INTO webhook_deliveries (webhook, message_id, body, due_at)
       VALUES (@webhook, @message_id, @body, @due_at)`,
    ),
    forget: database.prepare<{ webhook: string; kept: number }>(
      `DELETE FROM webhook_deliveries WHERE webhook = @webhook AND key <= (
         SELECT key FROM webhook_deliveries WHERE webhook = @webhook
         ORDER BY key DESC LIMIT 1 OFFSET @kept)`,
    ),
    due: database.prepare<{ now: number; latest: number }, DeliveryRow>(
      `SELECT webhook_deliveries.key, webhooks.id AS webhookId, message_id AS messageId, url, body,
         attempts, sealed ${heads} WHERE due_at <= @now OR due_at > @latest`,
    ),
    next: database.prepare<[], { due_at: number | null }>(`SELECT min(due_at) AS due_at ${heads}`),
    note: database.prepare<{ id: string; attempted_at: number; result: string }>(
      'UPDATE webhooks SET attempted_at = @attempted_at, result = @result WHERE id = @id',
    ),
    done: database.prepare<[number]>('DELETE FROM webhook_deliveries WHERE key = ?'),
    disable: database.prepare<[number, string]>('UPDATE webhooks SET disabled_at = ? WHERE id = ?'),
    clear: database.prepare<[string]>('DELETE FROM webhook_deliveries WHERE webhook = ?'),
    retry: database.prepare<[number, number]>(
      'UPDATE webhook_deliveries SET due_at = ?, attempts = attempts + 1 WHERE key = ?',
    ),
  }
}
