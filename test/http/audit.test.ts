/** The audit log: every change of the running server, by REST and by git, and no secret. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AuditStore } from '../../src/contracts.ts'
import { audited } from '../../src/http/audit.ts'
import type { RouteTable } from '../../src/http/route.ts'
import { readRoutes } from '../readme/read-routes.ts'
import { ask, expectProblem } from '../tools/raw-request.ts'
import { type SlipwayServer, startSlipwayServer } from '../tools/slipway-server.ts'
import { withStores } from '../tools/store.ts'

interface Entry {
  readonly id: number
  readonly at: string
  readonly token: { readonly id: string; readonly name: string }
  readonly action: string
  readonly project_id: string | null
  readonly object: string | null
  readonly address: string
  readonly request_id: string
  readonly outcome: string | null
}

let server: SlipwayServer
beforeAll(async () => {
  server = await startSlipwayServer()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

async function readAudit(query = ''): Promise<readonly Entry[]> {
  const { status, body } = await server.rest('GET', `/audit${query}`)
  expect(status).toBe(200)
  return body['results'] as readonly Entry[]
}

/** What was written since, the oldest first: action, object, outcome. */
async function readSince(id: number) {
  const entries = (await readAudit('?limit=100')).filter((entry) => entry.id > id).toReversed()
  return entries.map(({ action, object, outcome }) => [action, object, outcome])
}

async function newestId(): Promise<number> {
  return (await readAudit('?limit=1'))[0]?.id ?? 0
}

test('each change by REST is there: who, what, from where, when and what became of it', async () => {
  const before = Date.now()
  await server.createProject('shop')
  const [entry] = await readAudit()
  const { body: project } = await server.rest('GET', '/projects/shop/')
  expect(entry).toEqual({
    id: expect.any(Number),
    at: expect.stringMatching(/Z$/),
    token: { id: expect.any(String), name: expect.stringMatching(/\S/) },
    action: 'project.create',
    project_id: project['id'],
    object: project['id'],
    address: '127.0.0.1',
    request_id: expect.stringMatching(/\S/),
    outcome: 'done',
  })
  expect(Date.parse(entry?.at ?? '')).toBeGreaterThanOrEqual(before)

  const from = await newestId()
  await server.rest('PATCH', '/projects/shop/', { body: { name: 'Shop' } })
  const { body: token } = await server.rest('POST', '/projects/shop/tokens/', {
    body: { name: 'CI' },
  })
  const tokenId = String(token['id'])
  await server.rest('PUT', '/projects/shop/env/API_KEY', { body: { value: 'hunter2-value' } })
  await server.rest('DELETE', '/projects/shop/env/API_KEY')
  for (const host of ['shop.example', 'SHOP.example', 'localhost']) {
    await server.rest('POST', '/projects/shop/domains/', { body: { host } })
  }
  await server.rest('POST', '/projects/shop/domains/shop.example/check', { body: {} })
  await server.rest('DELETE', '/projects/shop/domains/shop.example/')
  await server.rest('DELETE', `/projects/shop/tokens/${tokenId}/`)
  await server.rest('POST', '/projects/shop/rollback', { body: { to: 1 } })
  await server.rest('POST', '/projects/shop/deployments/1/cancel', { body: {} })
  await server.rest('GET', '/projects/shop/')
  await server.rest('DELETE', '/projects/shop/')
  expect(await readSince(from)).toEqual([
    ['project.update', expect.anything(), 'done'],
    ['token.create', tokenId, 'done'],
    ['env.set', 'API_KEY', 'done'],
    ['env.unset', 'API_KEY', 'done'],
    ['domain.add', 'shop.example', 'done'],
    ['domain.add', 'shop.example', 'done'],
    ['domain.add', null, 'domain_invalid'],
    ['domain.check', 'shop.example', 'done'],
    ['domain.remove', 'shop.example', 'done'],
    ['token.revoke', tokenId, 'done'],
    ['deployment.rollback', null, 'rollback_live'],
    ['deployment.cancel', '1', 'deployment_finished'],
    ['project.delete', null, 'done'],
  ])
})

const changing = (await readRoutes()).filter(({ method }) => method !== 'GET')

test.each(changing.map(({ method, path, audit = '' }) => [method, path, audit] as const))(
  '%s %s is there as %s, also where it is refused',
  async (method, path, action) => {
    const slug = 'to-be-tried'
    await server.rest('POST', '/projects/', { body: { name: slug, schema_name: slug } })
    const from = await newestId()
    const url = path.replace(':project', slug).replace(/:\w+/g, 'nothing')
    const { status, body } = await server.rest(method, url.replace('/api/v1/runtime', ''), {
      body: { 'no such field': 1 },
    })
    const outcome = status === 204 ? 'done' : body['code']
    expect(await readSince(from)).toEqual([
      [action, url.split('/nothing')[1] === undefined ? null : 'nothing', outcome],
    ])
  },
)

test('what is made of a schema, and who else is told, is there as done', async () => {
  await server.createProject('made')
  const from = await newestId()
  const schema = {
    framework: 'react',
    tables: { boats: { fields: [{ name: 'n', type: 'string' }] } },
  }
  const put = await server.rest('PUT', '/projects/made/schema', { body: schema })
  expect(put.status).toBe(202)
  await server.rest('PUT', '/projects/made/schema', { body: schema })
  await server.rest('POST', '/projects/made/eject', { body: { branch: 'mine' } })
  await server.rest('POST', '/projects/made/eject', { body: { branch: 'main' } })
  const { body } = await server.rest('POST', '/webhooks/', { body: { url: 'https://a.example/' } })
  const id = String(body['id'])
  await server.rest('DELETE', `/webhooks/${id}/`)
  await server.untilStatus('made', 'deployed')
  expect(await readSince(from)).toEqual([
    ['schema.put', '2', 'done'],
    ['schema.put', null, 'done'],
    ['project.eject', 'mine', 'done'],
    ['project.eject', null, 'eject_onto_production'],
    ['webhook.create', id, 'done'],
    ['webhook.delete', id, 'done'],
  ])
})

test('a push is there with its refs, one that is declined too', async () => {
  const copy = await server.createWorkingCopy('pushed', { 'index.html': '<h1>one</h1>' })
  const from = await newestId()
  expect((await copy.push()).exitCode).toBe(0)
  const oid = (await copy.git('rev-parse', 'HEAD')).trim()
  await copy.replaceAll({ 'readme.txt': 'no page' })
  expect((await copy.push()).exitCode).not.toBe(0)
  const refused = (await copy.git('rev-parse', 'HEAD')).trim()
  await server.rest('POST', '/projects/pushed/redeploy', { body: {} })
  await server.untilStatus('pushed', 'deployed')
  expect(await readSince(from)).toEqual([
    ['push', `refs/heads/main:${oid}`, 'done'],
    ['push', `refs/heads/main:${refused}`, 'declined'],
    ['deployment.redeploy', expect.stringMatching(/^\d+$/), 'done'],
  ])
})

test('it holds no secret, no value of a variable and nothing of a body', async () => {
  await server.createProject('careful')
  const secret = `slw_${'s'.repeat(43)}`
  const value = 'value-that-is-secret'
  await server.rest('PUT', '/projects/careful/env/KEY', { body: { value } })
  await server.rest('PUT', `/projects/careful/env/${secret}`, { body: { value } })
  await server.rest('DELETE', `/projects/careful/tokens/${secret}/`)
  const { body } = await server.rest('POST', '/projects/careful/tokens/', {
    body: { name: `named ${secret}` },
  })
  const own = String(body['secret'])
  const { text } = await ask(`${server.url}/api/v1/runtime/audit?limit=100`, {
    token: await server.adminToken(),
  })
  for (const one of [secret, value, own, await server.adminToken()]) expect(text).not.toContain(one)
  const files = (await readdir(server.dataDir)).filter((name) => name.startsWith('slipway.db'))
  const bytes = await Promise.all(files.map((name) => readFile(join(server.dataDir, name))))
  for (const one of [value, own]) expect(Buffer.concat(bytes).includes(one)).toBe(false)
})

test('it is read page by page, by the operator only', async () => {
  const all = await readAudit('?limit=100')
  const first = await server.rest('GET', '/audit?limit=2')
  const second = await server.rest('GET', `/audit?limit=2&cursor=${String(first.body['next'])}`)
  expect([...(first.body['results'] as Entry[]), ...(second.body['results'] as Entry[])]).toEqual(
    all.slice(0, 4),
  )
  const { body } = await server.rest('POST', '/projects/careful/tokens/', {
    body: { name: 'own', scope: 'admin' },
  })
  const url = `${server.url}/api/v1/runtime/audit`
  const foreign = await ask(url, { token: String(body['secret']) })
  expect(expectProblem(foreign, 'token_scope').status).toBe(403)
  expectProblem(await ask(url, { token: null }), 'token_missing')
  const wrong = await ask(`${url}?cursor=x`, { token: await server.adminToken() })
  expectProblem(wrong, 'invalid_body')
})

describe('writing', () => {
  const entry = {
    token: { id: 't', name: 'ada' },
    action: 'env.set',
    projectId: null,
    object: 'KEY',
    address: '192.0.2.1',
    requestId: 'r',
  } as const
  const describeDone = () => ({ refusal: null })

  test('what the server did not survive stands there without an outcome', () =>
    withStores(({ audit }) => {
      audit.begin(entry)
      expect(audit.list({ limit: 1, before: null })).toMatchObject([{ ...entry, outcome: null }])
    }))

  test('an outcome is written once', () =>
    withStores(({ audit }) => {
      const id = audit.begin(entry)
      audit.finish(id, { outcome: 'done' })
      audit.finish(id, { outcome: 'internal', object: 'other' })
      expect(audit.list({ limit: 9, before: null })).toMatchObject([{ ...entry, outcome: 'done' }])
    }))

  test('a change that can not be written down is not made', async () => {
    const full: AuditStore = {
      begin: () => {
        throw new Error('disk full')
      },
      finish: () => undefined,
      list: () => [],
    }
    let isMade = false
    const work = async (): Promise<void> => {
      isMade = true
    }
    await expect(audited(full, entry, { work, describe: describeDone })).rejects.toThrow('full')
    expect(isMade).toBe(false)
  })
})

/** Never called: that it compiles is the test. */
export function addUnnamed(table: RouteTable): void {
  const row = { path: '/x', access: 'admin', summary: 'x', answers: {} } as const
  // @ts-expect-error A row that changes something says what the audit log calls it.
  table.general({ ...row, method: 'POST', handle: async () => undefined })
  // @ts-expect-error One that changes nothing is in no audit log.
  table.general({ ...row, method: 'GET', audit: 'env.set', handle: async () => undefined })
  table.general({ ...row, method: 'POST', audit: 'env.set', handle: async () => undefined })
  table.general({ ...row, method: 'GET', handle: async () => undefined })
}
