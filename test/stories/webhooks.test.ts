/** Another server is told what happened here, by the real server. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type SlipwayServer, startSlipwayServer } from '../tools/slipway-server.ts'
import { openStores } from '../tools/store.ts'
import { until } from '../tools/until.ts'
import { expectedSignature, WebhookReceiver } from '../tools/webhook-receiver.ts'

async function addWebhook(server: SlipwayServer, url: string, more = {}) {
  const { status, body } = await server.rest('POST', '/webhooks/', { body: { url, ...more } })
  expect(status).toBe(201)
  return { id: String(body['id']), secret: String(body['secret']) }
}

test('a platform hears of projects and deployments, after a restart too', async () => {
  await using receiver = await WebhookReceiver.start()
  await using server = await startSlipwayServer({ settings: { BACKEND_URL: receiver.origin } })
  const { id, secret } = await addWebhook(server, `${receiver.origin}/hooks`)
  const told = (): readonly Record<string, unknown>[] =>
    receiver.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>)
  const heard = (type: string) => until(async () => told().some((one) => one['type'] === type))

  await server.createProject('shop')
  const projectId = (await server.rest('GET', '/projects/shop')).body['id']
  await heard('project.created')
  await heard('deployment.completed')
  expect(told()).toContainEqual({
    type: 'deployment.completed',
    timestamp: expect.stringMatching(/^\d{4}-.*Z$/) as string,
    data: {
      project_id: projectId,
      slug: 'shop',
      deployment: expect.objectContaining({ number: 1, status: 'completed' }) as object,
      frontend_url: `http://shop.localhost:${server.httpPort}`,
    },
  })

  // It is down as the next one happens, and there again before the retry of the next server.
  receiver.answer = { status: 500 }
  const copy = await server.createWorkingCopy('broken', { 'readme.txt': 'no site' })
  expect((await copy.push()).exitCode).not.toBe(0)
  await heard('deployment.failed')
  await server.stop()
  receiver.answer = { status: 204 }
  await server.start()
  const failures = () => receiver.received.filter(({ body }) => body.includes('deployment.failed'))
  await until(async () => failures().length >= 2)
  expect(new Set(failures().map(({ headers }) => headers['webhook-id'])).size).toBe(1)

  expect((await server.rest('DELETE', '/projects/shop')).status).toBe(204)
  await heard('project.deleted')
  for (const message of receiver.received) {
    expect(message.headers['webhook-signature']).toBe(expectedSignature(secret, message))
  }

  // The receiver knows of the last message before the server has its answer.
  let list = await server.rest('GET', '/webhooks')
  await until(async () => {
    list = await server.rest('GET', '/webhooks')
    return JSON.stringify(list.body['results']).includes('HTTP 204')
  })
  expect(list.body['results']).toMatchObject([{ id, last_attempt: { result: 'HTTP 204' } }])
  const audit = await server.rest('GET', '/audit')
  expect(JSON.stringify([list.body, audit.body])).not.toContain(secret)
  expect(JSON.stringify(audit.body)).toContain('webhook.create')
  expect(server.printed).not.toContain(secret)
  for (const file of (await readdir(server.dataDir)).filter((name) => name.includes('.db'))) {
    const bytes = await readFile(join(server.dataDir, file))
    expect(bytes.includes(secret.slice('whsec_'.length)), file).toBe(false)
  }

  // What was refused above has come again, and nothing is under way any more.
  await until(() => !hasDeliveries(server))
  expect((await server.rest('DELETE', `/webhooks/${id}`)).status).toBe(204)
  const count = receiver.received.length
  await using other = await WebhookReceiver.start()
  await addWebhook(server, `${other.origin}/`, { events: ['project.deleted'] })
  expect((await server.rest('DELETE', '/projects/broken')).status).toBe(204)
  await until(async () => other.received.length === 1)
  expect(receiver.received).toHaveLength(count)
})

/** Whether anything waits to be sent, or for an answer. */
function hasDeliveries(server: SlipwayServer): boolean {
  const { database, webhooks } = openStores(server.dataDir)
  try {
    return webhooks.nextDueAt() !== null
  } finally {
    database.close()
  }
}
