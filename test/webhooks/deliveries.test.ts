/** What is sent to webhooks, when it is sent again, and where it is never sent. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { limits } from '../../src/config.ts'
import type { Webhook } from '../../src/contracts.ts'
import { webhookEvents } from '../../src/domain/webhook.ts'
import { createWebhookStore } from '../../src/store/webhooks.ts'
import { Deliveries, type DeliveriesParts, retryDelaysMs } from '../../src/webhooks/deliveries.ts'
import { newProject, openStores, type Stores, withStores } from '../tools/store.ts'
import { until } from '../tools/until.ts'
import { expectedSignature, WebhookReceiver } from '../tools/webhook-receiver.ts'

let receiver: WebhookReceiver
beforeEach(async () => {
  receiver = await WebhookReceiver.start()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await receiver[Symbol.asyncDispose]()
})

function open(stores: Stores, change: Partial<DeliveriesParts> = {}): Deliveries {
  return new Deliveries({
    webhooks: stores.webhooks,
    config: { backendUrl: receiver.origin },
    now: () => stores.clock.now,
    random: () => 0,
    logError: (message, error) => {
      throw new Error(message, { cause: error })
    },
    ...change,
  })
}

function add(stores: Stores, change: Partial<Webhook> = {}) {
  const wish = { projectId: null, url: `${receiver.origin}/hook`, events: webhookEvents }
  return stores.webhooks.create({ ...wish, ...change })
}

function happen(stores: Stores, body = '{"type":"deployment.failed","data":"ünïcode"}') {
  const project = newProject()
  stores.projects.create(project)
  stores.webhooks.queue({ type: 'deployment.failed', projectId: project.id, body })
  return project
}

async function results(stores: Stores, deliveries: Deliveries): Promise<string | undefined> {
  await deliveries.sendDue()
  return stores.webhooks.list()[0]?.lastAttempt?.result
}

describe('a message', () => {
  test('is signed, so that its receiver can tell it from any other', () =>
    withStores(async (stores) => {
      const secret = add(stores).secret.reveal()
      expect(Buffer.from(secret.slice(6), 'base64').length).toBe(32)
      happen(stores)
      await using deliveries = open(stores)
      expect(await results(stores, deliveries)).toBe('HTTP 204')
      const [message, ...others] = receiver.received
      expect(others).toEqual([])
      if (message === undefined) throw new Error('nothing came')
      expect(message.body).toContain('ünïcode')
      expect(message.headers['content-type']).toBe('application/json')
      expect(message.headers['webhook-id']).toMatch(/^msg_[\w-]{36}$/)
      const seconds = String(Math.floor(stores.clock.now / 1_000))
      expect(message.headers['webhook-timestamp']).toBe(seconds)
      const signature = message.headers['webhook-signature']
      expect(signature).toBe(expectedSignature(secret, message))
      expect(signature).not.toBe(expectedSignature(secret, { ...message, body: 'other' }))
      expect(stores.webhooks.nextDueAt()).toBeNull()
    }))

  test('goes to those that listen to its event and its project, and to no others', () =>
    withStores(async (stores) => {
      const [mine, other] = [newProject(), newProject()]
      for (const project of [mine, other]) stores.projects.create(project)
      add(stores, { url: `${receiver.origin}/all` })
      add(stores, { projectId: mine.id })
      add(stores, { projectId: other.id })
      add(stores, { events: ['deployment.completed'] })
      stores.webhooks.queue({ type: 'deployment.failed', projectId: mine.id, body: '{}' })
      await using deliveries = open(stores)
      await deliveries.sendDue()
      expect(receiver.received).toHaveLength(2)
    }))

  test('is sent again after each delay of the table, with one id, and then given up', () =>
    withStores(async (stores) => {
      const secret = add(stores).secret.reveal()
      happen(stores)
      receiver.answer = { status: 500 }
      await using deliveries = open(stores)
      expect(await results(stores, deliveries)).toBe('HTTP 500')
      for (const [index, delayMs] of retryDelaysMs.entries()) {
        stores.clock.now += delayMs - 1
        await deliveries.sendDue()
        expect(receiver.received).toHaveLength(index + 1)
        stores.clock.now += 1
        await deliveries.sendDue()
        expect(receiver.received).toHaveLength(index + 2)
      }
      expect(retryDelaysMs.slice(0, 4)).toEqual([5_000, 300_000, 1_800_000, 7_200_000])
      expect(stores.webhooks.nextDueAt()).toBeNull()
      expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
      for (const message of receiver.received) {
        expect(message.headers['webhook-signature']).toBe(expectedSignature(secret, message))
      }
    }))

  test('that a clock which was years ahead has put off is sent once it is right', () =>
    withStores(async (stores) => {
      add(stores)
      const right = stores.clock.now
      stores.clock.now += 10 * 365 * 24 * 3_600_000
      happen(stores)
      receiver.answer = { status: 500 }
      await using deliveries = open(stores)
      expect(await results(stores, deliveries)).toBe('HTTP 500')
      receiver.answer = { status: 204 }
      stores.clock.now = right
      expect(await results(stores, deliveries)).toBe('HTTP 204')
      expect(stores.webhooks.nextDueAt()).toBeNull()
    }))

  test('that failed with others comes back at another moment than they', () =>
    withStores(async (stores) => {
      add(stores)
      happen(stores)
      receiver.answer = { status: 503 }
      await using deliveries = open(stores, { random: () => 0.5 })
      await deliveries.sendDue()
      expect(stores.webhooks.nextDueAt()).toBe(stores.clock.now + 5_250)
    }))

  test('outlives the server that could not send it', () =>
    withStores(async (stores) => {
      const secret = add(stores).secret.reveal()
      happen(stores)
      receiver.answer = { status: 500 }
      await using before = open(stores)
      await before.sendDue()
      await before[Symbol.asyncDispose]()
      const later = openStores(stores.dataDir, { now: stores.clock.now + 5_000 })
      receiver.answer = { status: 200 }
      try {
        await using after = open(later)
        after.wake()
        await until(() => later.webhooks.nextDueAt() === null)
      } finally {
        later.database.close()
      }
      const [first, second] = receiver.received
      expect(second?.body).toBe(first?.body)
      expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id'])
      if (second === undefined) throw new Error('nothing came')
      expect(second.headers['webhook-signature']).toBe(expectedSignature(secret, second))
    }))

  test('that is under way as the server goes is sent by the next one, as if it had not been', () =>
    withStores(async (stores) => {
      add(stores)
      happen(stores)
      receiver.answer = null
      const before = open(stores)
      before.wake()
      await until(() => receiver.received.length === 1)
      await before[Symbol.asyncDispose]()
      expect(stores.webhooks.due()).toMatchObject([{ attempts: 0 }])
      receiver.answer = { status: 200 }
      await using after = open(stores)
      await after.sendDue()
      expect(receiver.received).toHaveLength(2)
    }))

  test('is not waited for without end', () =>
    withStores(async (stores) => {
      add(stores)
      happen(stores)
      receiver.answer = null
      const ended = new AbortController()
      const limit = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(ended.signal)
      await using deliveries = open(stores)
      const sent = deliveries.sendDue()
      await until(() => receiver.received.length === 1)
      ended.abort()
      await sent
      expect(limit).toHaveBeenCalledWith(15_000)
      expect(stores.webhooks.list()[0]?.lastAttempt?.result).toBe('no answer in time')
      expect(stores.webhooks.nextDueAt()).toBe(stores.clock.now + 5_000)
    }))

  test('that waits too long behind others is given up, the oldest first', () =>
    withStores((stores) => {
      add(stores)
      const { id: projectId } = happen(stores, 'first')
      stores.database.write(() => {
        for (let at = 0; at < limits.webhookDeliveriesMax; at += 1) {
          stores.webhooks.queue({ type: 'deployment.failed', projectId, body: `${at}` })
        }
      })
      expect(stores.webhooks.due()).toMatchObject([{ body: '0' }])
    }))
})

describe('a webhook', () => {
  test('whose receiver says that it has gone is sent nothing any more', () =>
    withStores(async (stores) => {
      add(stores)
      happen(stores)
      happen(stores)
      receiver.answer = { status: 410 }
      await using deliveries = open(stores)
      expect(await results(stores, deliveries)).toBe('HTTP 410')
      happen(stores)
      await deliveries.sendDue()
      expect(receiver.received).toHaveLength(1)
      expect(stores.webhooks.list()[0]?.disabledAt).toEqual(new Date(stores.clock.now))
    }))

  test('that is deleted is sent nothing of what waited for it', () =>
    withStores(async (stores) => {
      const { webhook } = add(stores)
      happen(stores)
      receiver.answer = { status: 500 }
      await using deliveries = open(stores)
      await deliveries.sendDue()
      expect(stores.webhooks.remove(webhook.id)).toBe(true)
      expect(stores.webhooks.remove(webhook.id)).toBe(false)
      stores.clock.now += 5_000
      happen(stores)
      await deliveries.sendDue()
      expect(receiver.received).toHaveLength(1)
    }))

  test('of a project goes with it', () =>
    withStores((stores) => {
      const project = newProject()
      stores.projects.create(project)
      add(stores, { projectId: project.id })
      stores.webhooks.queue({ type: 'deployment.failed', projectId: project.id, body: '{}' })
      stores.projects.remove(project.id)
      expect([stores.webhooks.list(), stores.webhooks.due()]).toEqual([[], []])
    }))

  test('does not hold up the others', () =>
    withStores(async (stores) => {
      await using slow = await WebhookReceiver.start()
      slow.answer = null
      add(stores, { url: `${slow.origin}/` })
      add(stores)
      happen(stores)
      happen(stores)
      await using deliveries = open(stores)
      deliveries.wake()
      await until(() => receiver.received.length === 2)
      expect(slow.received.length).toBeLessThanOrEqual(1)
    }))

  test('is one of a hundred at most', () =>
    withStores((stores) => {
      for (let at = 0; at < limits.webhooksMax; at += 1) add(stores)
      expect(() => add(stores)).toThrow('There are 100 webhooks')
      expect(stores.webhooks.list()).toHaveLength(100)
    }))

  test('keeps its secret out of the database, and without the key sends nothing', () =>
    withStores(async (stores) => {
      const { webhook, secret } = add(stores)
      happen(stores)
      const files = await readdir(stores.dataDir)
      expect(files).toContain('slipway.db')
      for (const file of files) {
        const bytes = await readFile(join(stores.dataDir, file))
        const text = secret.reveal().slice('whsec_'.length)
        expect(bytes.includes(text)).toBe(false)
        expect(bytes.includes(Buffer.from(text, 'base64'))).toBe(false)
      }
      expect(JSON.stringify([webhook, secret, stores.webhooks.due()])).not.toContain('whsec_')
      const other = createWebhookStore(stores.database, Buffer.alloc(32, 8), () => stores.clock.now)
      await using deliveries = open(stores, { webhooks: other })
      expect(await results(stores, deliveries)).toBe('its secret was sealed by another key')
      expect(receiver.connections).toBe(0)
    }))
})

describe('one who would reach through us what they can not reach', () => {
  const secretive = 'its host has no public address'
  test.each([
    ['an address of this machine', (port: number) => `https://127.0.0.1:${port}/`],
    ['it in another form', (port: number) => `https://0x7f.1:${port}/`],
    ['it within IPv6', (port: number) => `https://[::ffff:127.0.0.1]:${port}/`],
    ['its name', (port: number) => `https://localhost:${port}/`],
    ['it without https', (port: number) => `http://127.0.0.1:${port}/`],
  ])('by %s is refused before a connection is made', (_what, makeUrl) =>
    withStores(async (stores) => {
      add(stores, { url: makeUrl(receiver.port) })
      happen(stores)
      await using deliveries = open(stores, { config: { backendUrl: 'http://backend:8000' } })
      expect(await results(stores, deliveries)).toBe(secretive)
      expect(receiver.connections).toBe(0)
    }),
  )

  test('by a name that leads inside, if only by one of its addresses, is refused', () =>
    withStores(async (stores) => {
      add(stores, { url: `https://hooks.example.org:${receiver.port}/` })
      for (const addresses of [['10.0.0.7'], ['8.8.8.8', '127.0.0.1'], []]) {
        happen(stores)
        await using deliveries = open(stores, { resolve: async () => addresses })
        expect(await results(stores, deliveries)).toBe(secretive)
      }
      expect(receiver.connections).toBe(0)
    }))

  test('by a name that leads elsewhere the second time is not believed', () =>
    withStores(async (stores) => {
      const url = `http://backend.example:${receiver.port}/`
      add(stores, { url })
      happen(stores)
      const asked: string[] = []
      const resolve = async (host: string): Promise<readonly string[]> => {
        asked.push(host)
        return ['127.0.0.1']
      }
      // No resolver knows this name: what arrives was sent to the address that was looked at.
      await using deliveries = open(stores, { config: { backendUrl: url }, resolve })
      expect(await results(stores, deliveries)).toBe('HTTP 204')
      expect(asked).toEqual(['backend.example'])
    }))

  test('by a redirect is not followed', () =>
    withStores(async (stores) => {
      await using inside = await WebhookReceiver.start()
      add(stores)
      happen(stores)
      receiver.answer = { status: 307, headers: { location: `${inside.origin}/` } }
      await using deliveries = open(stores)
      expect(await results(stores, deliveries)).toBe('HTTP 307')
      expect([receiver.received.length, inside.connections]).toEqual([1, 0])
      expect(stores.webhooks.nextDueAt()).toBe(stores.clock.now + 5_000)
    }))
})
