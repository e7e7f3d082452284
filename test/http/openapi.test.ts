/** The document that the server serves is valid, and the server does what it says. */
import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCommand } from '../../src/machine/run-command.ts'
import { ApiContract } from '../tools/api-contract.ts'
import { patienceMs } from '../tools/patience.ts'
import { ask } from '../tools/raw-request.ts'
import { scriptedApp, waitForFile, writeOutput } from '../tools/scripted-app.ts'
import { type SlipwayServer, startSlipwayServer } from '../tools/slipway-server.ts'
import { until } from '../tools/until.ts'

const api = '/api/v1/runtime/projects'
const one = `${api}/{project}`
const json = { 'content-type': 'application/json' }

let server: SlipwayServer
let contract: ApiContract
let foreignToken: string
let readToken: string
beforeAll(async () => {
  server = await startSlipwayServer()
  contract = await ApiContract.read(server)
  await server.createProject('other')
  await server.createProject('shop')
  const made = async (slug: string): Promise<string> => {
    const body = { name: 'looks', scope: 'read' }
    return String((await server.rest('POST', `/projects/${slug}/tokens/`, { body })).body['secret'])
  }
  foreignToken = await made('other')
  readToken = await made('shop')
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

function operationsWhere(
  isMeant: (name: string, about: { hasToken: boolean; hasBody: boolean }) => boolean,
): readonly string[] {
  return contract.operations
    .filter(([name, { security, requestBody }]) =>
      isMeant(name, { hasToken: security.length > 0, hasBody: requestBody !== undefined }),
    )
    .map(([name]) => name)
}

test('the document is as the rules of OpenAPI want it', async () => {
  const file = join(server.folder, 'openapi.json')
  await writeFile(file, JSON.stringify(contract.document))
  const root = resolve(import.meta.dirname, '../..')
  const { exitCode, stdout, stderr } = await runCommand({
    program: process.execPath,
    args: [
      join(root, 'node_modules/@redocly/cli/bin/cli.js'),
      'lint',
      `--config=${join(import.meta.dirname, 'redocly.yaml')}`,
      '--format=stylish',
      file,
    ],
    cwd: server.folder,
    environment: {
      HOME: server.folder,
      REDOCLY_TELEMETRY: 'off',
      REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
    },
    timeoutMs: patienceMs,
  })
  expect(exitCode, `${stdout.toString()}${stderr}`).toBe(0)
})

test('every body has an example that is right', () => {
  const bodies = contract.operations.flatMap(([name, { requestBody }]) => {
    const media = requestBody?.content['application/json']
    return media === undefined ? [] : [{ name, media, required: requestBody?.required }]
  })
  expect(bodies.length).toBeGreaterThan(5)
  for (const { name, media, required } of bodies) {
    if (required === true) expect(media.example, name).toBeDefined()
    if (media.example !== undefined) contract.check(media.schema, media.example)
  }
})

test('what is no field of an answer is none of the document either', () => {
  expect(JSON.stringify(contract.document)).not.toContain('sha256')
  expect(Object.keys(contract.document.components.schemas)).toContain('Project')
})

describe('what every operation of a kind refuses', () => {
  test('one who shows no token', async () => {
    for (const name of operationsWhere((_name, { hasToken }) => hasToken)) {
      expect((await contract.call(name, { token: null })).status, name).toBe(401)
    }
  })

  test('a token of another project, or of too narrow a scope', async () => {
    for (const name of operationsWhere((_name, { hasToken }) => hasToken)) {
      const call = { path: { project: 'shop' }, token: foreignToken }
      expect((await contract.call(name, call)).status, name).toBe(403)
    }
    const narrow = { path: { project: 'shop' }, token: readToken, body: {} }
    expect((await contract.call(`POST ${one}/redeploy`, narrow)).body['code']).toBe('token_scope')
  })

  test('a project that is not there', async () => {
    for (const name of operationsWhere((known) => known.includes('{project}'))) {
      const { status, body } = await contract.call(name, { path: { project: 'nowhere' } })
      expect([status, body['code']], name).toEqual([404, 'project_not_found'])
    }
  })

  test('a body that is none, is too large or is of another type', async () => {
    for (const name of operationsWhere((_name, { hasBody }) => hasBody)) {
      const path = { project: 'shop', number: 1, name: 'X' }
      const broken = await contract.call(name, { path, body: '{' })
      expect([broken.status, broken.body['code']], name).toEqual([400, 'invalid_body'])
      const large = await contract.call(name, { path, body: `"${'x'.repeat(1_100_000)}"` })
      expect(large.status, name).toBe(413)
      const headers = { 'content-type': 'text/plain' }
      expect((await contract.call(name, { path, body: 'x', headers })).status, name).toBe(415)
    }
  })

  test('a query that is not as it should be', async () => {
    const hasQuery = contract.operations.filter(([, { parameters }]) =>
      parameters.some((parameter) => parameter.in === 'query'),
    )
    expect(hasQuery.length).toBeGreaterThan(3)
    for (const [name] of hasQuery) {
      const call = { path: { project: 'shop', number: 1 }, query: '?limti=1' }
      const { status, body } = await contract.call(name, call)
      expect([status, body['errors']], name).toEqual([
        400,
        [{ pointer: '/query/limti', detail: 'is no field here' }],
      ])
    }
  })
})

describe('what is asked for again', () => {
  test('is answered 304 as long as it is the same', async () => {
    const polled = contract.operations.filter(
      // What is kept by its bytes is asked for below.
      ([name, { responses }]) => '304' in responses && !name.endsWith('/schema'),
    )
    expect(polled.map(([name]) => name)).toEqual([
      `GET ${one}`,
      `GET ${one}/deployment-status`,
      `GET ${one}/deployments`,
      `GET ${one}/deployments/{number}`,
    ])
    for (const [name] of polled) {
      const path = { project: 'shop', number: 1 }
      const etag = (await contract.call(name, { path })).headers.get('etag') ?? ''
      expect(etag).toMatch(/^W\/"[\w-]{22}"$/)
      for (const known of [etag, etag.slice(2), `"x", ${etag}`, '*']) {
        const again = await contract.call(name, { path, headers: { 'if-none-match': known } })
        expect([again.status, again.headers.get('etag')], name).toEqual([304, etag])
      }
      const other = await contract.call(name, { path, headers: { 'if-none-match': 'W/"x"' } })
      expect(other.status).toBe(200)
    }
  })
})

describe('every promise of', () => {
  test('projects', async () => {
    const create = `POST ${api}`
    const made = await contract.call(create, { body: { name: 'Shop 2', schema_name: 'shop_2' } })
    expect([made.status, made.headers.get('location')]).toEqual([
      201,
      `${api}/${String(made.body['id'])}/`,
    ])
    const taken = await contract.call(create, { body: { name: 'x', schema_name: 'shop_2' } })
    expect(taken.status).toBe(409)
    await contract.call(`GET ${api}`, { query: '?limit=1' })
    const usage = await contract.call(`GET ${one}/usage`, { path: { project: 'shop' } })
    expect(usage.body).toMatchObject({
      storage: { bytes_max: 1024 ** 3 },
      releases: { count: 1, kept: 5 },
      deployments: { completed: 1, failed: 0, cancelled: 0, queued: 0, in_progress: 0 },
    })
    expect((await contract.call(`GET ${api}`, { query: '?cursor=999999' })).status).toBe(404)
    const path = { project: 'shop-2' }
    const body = { name: 'Second shop', settings: { on_newer_push: 'cancel' } }
    const changed = await contract.call(`PATCH ${one}`, { path, body })
    expect(changed.body).toMatchObject({
      name: 'Second shop',
      settings: { address: 'subdomain', on_newer_push: 'cancel', pinned_releases: [] },
    })
    expect((await contract.call(`DELETE ${one}`, { path })).status).toBe(204)
  })

  test('a request that is sent twice', async () => {
    const body = { name: 'Once', schema_name: 'once' }
    const headers = { 'idempotency-key': 'k 1', ...json }
    const create = `POST ${api}`
    const [first, atOnce] = await Promise.all([
      contract.call(create, { body, headers }),
      contract.call(create, { body, headers }),
    ])
    const answers = [first, atOnce].toSorted((a, b) => a.status - b.status)
    // The other came while the first was at work, or after it.
    expect(answers.map(({ status }) => status)).toEqual([201, expect.toBeOneOf([201, 409])])
    const again = await contract.call(create, { body, headers })
    expect(again.text).toBe(answers[0]?.text)
    expect(again.headers.get('location')).toBe(answers[0]?.headers.get('location'))
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    for (const name of [create, `POST ${one}/redeploy`, `POST ${one}/rollback`]) {
      const call = { path: { project: 'shop' }, body: { name: 'Twice', to: 'previous' } }
      const { status } = await contract.call(name, { ...call, headers })
      expect(status, name).toBe(422)
    }
  })

  test('schemas', async () => {
    const [put, read] = [`PUT ${one}/schema`, `GET ${one}/schema`]
    const fields = [{ name: 'title', type: 'string' }]
    const schema = { tables: { books: { fields } } }
    const create = `POST ${api}`
    const wrong = { name: 'Books', schema: { tables: { books: { fields: [] } } } }
    expect((await contract.call(create, { body: wrong })).body).toMatchObject({
      errors: [{ pointer: '/schema/tables/books/fields' }],
    })
    const body = { name: 'Books', schema_name: 'books', framework: 'vue', schema }
    const other = { ...body, schema: { ...schema, framework: 'react' } }
    expect((await contract.call(create, { body: other })).body).toMatchObject({
      errors: [{ pointer: '/schema/framework' }],
    })
    expect((await contract.call(create, { body })).status).toBe(201)
    const path = { project: 'books' }
    const kept = await contract.call(read, { path })
    expect(kept.text).toBe(`${JSON.stringify(schema, null, 2)}\n`)
    const etag = kept.headers.get('etag') ?? ''
    expect(etag).toMatch(/^"[0-9a-f]{40}"$/)
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const again = await contract.call(read, { path, headers: { 'if-none-match': known } })
      expect([again.status, again.headers.get('etag')]).toEqual([304, etag])
    }
    const same = await contract.call(put, { path, body: schema })
    expect([same.status, same.body['outcome'], same.headers.get('etag')]).toEqual([
      200,
      'unchanged',
      etag,
    ])
    const text = '{"tables": {"books": {"fields": {"name": {"type": "text"}}}}}'
    const stale = { ...json, 'if-match': '"0123456789012345678901234567890123456789"' }
    expect((await contract.call(put, { path, body: text, headers: stale })).status).toBe(412)
    const headers = { ...json, 'if-match': etag, 'idempotency-key': 'a schema' }
    const changed = await contract.call(put, { path, body: text, headers })
    expect([changed.status, changed.body['outcome']]).toEqual([202, 'committed'])
    expect(changed.headers.get('location')).toMatch(/\/deployments\/2\/$/)
    expect((await contract.call(read, { path })).text).toBe(text)
    const repeated = await contract.call(put, { path, body: text, headers })
    expect([repeated.status, repeated.text]).toEqual([202, changed.text])
    expect((await contract.call(put, { path, body: `${text} `, headers })).status).toBe(422)
    await contract.call('GET /app-schema.json', { token: null })
    const eject = `POST ${one}/eject`
    const ejected = await contract.call(eject, { path, body: { branch: 'code' } })
    expect(ejected.body).toMatchObject({ branch: 'code' })
    expect((await contract.call(eject, { path, body: { branch: 'main' } })).status).toBe(409)
    expect((await contract.call(eject, { path, body: { branch: 'a..b' } })).body).toMatchObject({
      errors: [{ pointer: '/branch' }],
    })
    const copy = await server.createWorkingCopy('own-code', { 'package.json': '{}' })
    expect((await copy.push('-o', 'skip', 'main')).exitCode).toBe(0)
    const source = { path: { project: 'own-code' }, body: schema }
    expect((await contract.call(put, source)).status).toBe(409)
  })

  test('tokens', async () => {
    const path = { project: 'shop' }
    const body = { name: 'CI', scope: 'admin', expires_at: '2099-01-01T00:00:00Z' }
    const made = await contract.call(`POST ${one}/tokens`, { path, body })
    expect(made.body).toMatchObject({ ...body, expires_at: '2099-01-01T00:00:00.000Z' })
    const token = String(made.body['id'])
    const list = await contract.call(`GET ${one}/tokens`, { path, query: '?limit=1' })
    expect(list.body['next']).not.toBeNull()
    const wrong = { path, query: '?cursor=nobody' }
    expect((await contract.call(`GET ${one}/tokens`, wrong)).status).toBe(404)
    const revoke = { path: { ...path, token } }
    expect((await contract.call(`DELETE ${one}/tokens/{token}`, revoke)).status).toBe(204)
    expect((await contract.call(`DELETE ${one}/tokens/{token}`, revoke)).status).toBe(404)
  })

  test('webhooks', async () => {
    const path = '/api/v1/runtime/webhooks'
    const body = { url: 'https://hooks.example.org/x', events: ['deployment.failed'] }
    const wish = { ...body, project: 'shop' }
    const made = await contract.call(`POST ${path}`, { body: wish })
    expect([made.status, made.headers.get('cache-control')]).toEqual([201, 'no-store'])
    expect(made.body).toMatchObject({ ...body, disabled_at: null, last_attempt: null })
    expect(made.body['secret']).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    const nowhere = await contract.call(`POST ${path}`, { body: { ...body, project: 'nowhere' } })
    expect([nowhere.status, nowhere.body['errors']]).toMatchObject([404, [{ pointer: '/project' }]])
    const list = await contract.call(`GET ${path}`)
    expect(list.body['results']).toMatchObject([{ id: made.body['id'], ...body }])
    expect(list.text).not.toContain('whsec_')
    const remove = { path: { webhook: String(made.body['id']) } }
    expect((await contract.call(`DELETE ${path}/{webhook}`, remove)).status).toBe(204)
    expect((await contract.call(`DELETE ${path}/{webhook}`, remove)).status).toBe(404)
    const urls: readonly (readonly [url: string, problem: string])[] = [
      ['no url', 'https URL'],
      ['ftp://example.org/', 'https URL'],
      ['http://example.org/', 'must be https'],
      ['http://127.0.0.1:1/', 'must be https'],
      ['https://me:secret@example.org/', 'no user name'],
    ]
    for (const [url, problem] of urls) {
      const refused = await contract.call(`POST ${path}`, { body: { url } })
      expect(refused.status, url).toBe(400)
      expect(refused.body['errors'], url).toEqual([
        { pointer: '/url', detail: expect.stringContaining(problem) as string },
      ])
    }
    const unheard = { url: body.url, project: 'shop', events: ['project.deleted'] }
    expect((await contract.call(`POST ${path}`, { body: unheard })).body).toMatchObject({
      errors: [{ pointer: '/events' }],
    })
  })

  test('variables', async () => {
    const path = { project: 'shop', name: 'API_BASE' }
    const [set, remove] = [`PUT ${one}/env/{name}`, `DELETE ${one}/env/{name}`]
    const body = { value: 'https://api.example.org' }
    expect((await contract.call(set, { path, body })).status).toBe(201)
    expect((await contract.call(set, { path, body })).status).toBe(200)
    const list = await contract.call(`GET ${one}/env`, { path })
    expect(list.text).not.toContain('example.org')
    expect((await contract.call(remove, { path })).status).toBe(204)
    expect((await contract.call(remove, { path })).status).toBe(404)
    const reserved = { project: 'shop', name: 'PATH' }
    expect((await contract.call(set, { path: reserved, body })).body).toMatchObject({
      code: 'variable_name_reserved',
      errors: [{ pointer: '/path/name' }],
    })
    expect((await contract.call(remove, { path: reserved })).status).toBe(400)
  })

  test('domains', async () => {
    const [list, domain] = [`${one}/domains`, `${one}/domains/{host}`]
    const path = { project: 'shop', host: 'xn--caf-dma.example' }
    const add = (body: object, project = 'shop') =>
      contract.call(`POST ${list}`, { path: { project }, body })
    const made = await add({ host: 'Café.example' })
    expect([made.status, made.headers.get('location')]).toEqual([
      201,
      expect.stringMatching(/\/domains\/xn--caf-dma\.example\/$/),
    ])
    expect(made.body).toMatchObject({ shown: 'café.example', state: 'pending_dns' })
    expect((await add({ host: 'café.example', redirect_to: null })).status).toBe(200)
    expect((await contract.call(`GET ${list}`, { path })).body).toMatchObject({
      results: [{ host: path.host }],
      next: null,
    })
    const read = await contract.call(`GET ${domain}`, {
      path: { ...path, host: 'caf%C3%A9.example' },
    })
    expect(read.body['host']).toBe(path.host)
    const check = await contract.call(`POST ${domain}/check`, { path })
    expect(check.body).toMatchObject({ domain: { host: path.host } })
    const records = made.body['records'] as { readonly value: string }[]
    expect(records.length).toBeGreaterThan(1)
    const taken = await add({ host: path.host }, 'other')
    expect([taken.status, taken.body['errors']]).toMatchObject([409, [{ pointer: '/host' }]])
    expect(taken.body['hint']).toContain(`_slipway.${path.host}`)
    expect(taken.body['hint']).not.toContain(records[0]?.value)
    for (const [body, pointer] of [
      [{ host: '*.example.org' }, '/host'],
      [{ host: 'shop.localhost' }, '/host'],
      [{ host: 'www.example', redirect_to: 'nowhere.example' }, '/redirect_to'],
    ] as const) {
      const refused = await add(body)
      expect([refused.status, refused.body['errors']]).toMatchObject([400, [{ pointer }]])
    }
    expect((await contract.call(`DELETE ${domain}`, { path })).status).toBe(204)
    for (const name of [`GET ${domain}`, `DELETE ${domain}`, `POST ${domain}/check`]) {
      const gone = await contract.call(name, { path })
      expect([gone.status, gone.body['code']], name).toEqual([404, 'domain_not_found'])
    }
  })

  test('deployments', async () => {
    const page = "import fs from 'node:fs'\n"
    const copy = await server.createWorkingCopy(
      'driven',
      scriptedApp(`${page}${writeOutput('index.html', '<!doctype html>1')}${waitForFile('go')}`),
    )
    const path = { project: 'driven' }
    const newest = { ...path, number: 2 }
    const cancel = `POST ${one}/deployments/{number}/cancel`
    expect((await contract.call(`POST ${one}/redeploy`, { path })).status).toBe(404)
    const none = { path, body: { to: 'previous' } }
    expect((await contract.call(`POST ${one}/rollback`, none)).status).toBe(404)
    const push = copy.startPush('main')
    await push.untilLine(/waiting for go/)
    expect((await contract.call(cancel, { path: newest })).body['outcome']).toBe('cancelling')
    expect((await push.ended).exitCode).not.toBe(0)
    expect((await contract.call(cancel, { path: newest })).status).toBe(409)
    expect((await contract.call(cancel, { path: { ...path, number: 99 } })).status).toBe(404)
    await copy.replaceAll({ 'index.html': '<!doctype html>2' })
    expect((await copy.push()).exitCode).toBe(0)
    const redeploy = await contract.call(`POST ${one}/redeploy`, { path })
    expect(redeploy.status).toBe(202)
    expect(redeploy.headers.get('location')).toMatch(/\/deployments\/4\/$/)
    await server.untilStatus('driven', 'deployed')
    const rollback = `POST ${one}/rollback`
    expect((await contract.call(rollback, { path, body: { to: 3 } })).status).toBe(409)
    expect((await contract.call(rollback, { path, body: { to: 2 } })).status).toBe(400)
    expect((await contract.call(rollback, { path, body: { to: 1 } })).status).toBe(202)
    await server.untilStatus('driven', 'deployed')
    // Whoever comes while the first is at work is told so.
    let key = 0
    await until(async () => {
      const headers = { 'idempotency-key': `again ${(key += 1)}` }
      const call = { path, headers, body: {} }
      const name = `POST ${one}/redeploy`
      const answers = await Promise.all(Array.from({ length: 10 }, () => contract.call(name, call)))
      return answers.some(({ body }) => body['code'] === 'idempotency_key_busy')
    })
    const list = await contract.call(`GET ${one}/deployments`, { path, query: '?limit=2' })
    const last = 5 + key
    expect(list.body).toMatchObject({
      results: [{ number: last }, { number: last - 1 }],
      next: String(last - 1),
    })
    const detail = `GET ${one}/deployments/{number}`
    expect((await contract.call(detail, { path: newest })).body).toMatchObject({
      status: 'cancelled',
      error: { code: 'deployment_cancelled' },
    })
    expect((await contract.call(detail, { path: { ...path, number: 99 } })).status).toBe(404)
    await contract.call(`${detail}/logs`, { path: newest, query: '?after=2&limit=3' })
    await contract.call(`${detail}/logs`, { path: newest, headers: { accept: 'text/plain' } })
    expect((await contract.call(`${detail}/logs`, { path: { ...path, number: 99 } })).status).toBe(
      404,
    )
  })

  test('the WebSocket', async () => {
    const [stream, path] = [`GET ${one}/stream`, { project: 'shop' }]
    await contract.upgrade(stream, { path })
    expect((await contract.call(stream, { path })).status).toBe(426)
  })

  test('the server, whose nginx is ended last', async () => {
    await contract.call('GET /api/v1/runtime/audit', { query: '?limit=3' })
    await contract.call('GET /api/v1/runtime/doctor')
    await contract.call('GET /healthz', { token: null })
    await contract.call('GET /readyz', { token: null })
    const pid = Number(await readFile(join(server.dataDir, 'nginx/nginx.pid'), 'utf8'))
    process.kill(pid, 'SIGTERM')
    await until(async () => (await contract.call('GET /readyz', { token: null })).status === 503)
    await contract.call('GET /openapi.json', { token: null })
    await contract.call('GET /metrics', { token: null })
    for (const [token, status] of [
      [null, 401],
      [readToken, 403],
    ] as const) {
      const fromElsewhere = { token, headers: { via: '1.1 a-proxy' } }
      expect((await contract.call('GET /metrics', fromElsewhere)).status).toBe(status)
    }
  })
})

test('whoever asks too often is told so by every route that asks for a token', async () => {
  await using busy = await startSlipwayServer({ settings: { SLIPWAY_RATE_LIMITS: 'on' } })
  const token = await busy.adminToken()
  const call = { serverUrl: busy.url, token }
  await until(async () => {
    const asked = Array.from({ length: 50 }, () => ask(`${busy.url}${api}/`, { token }))
    return (await Promise.all(asked)).some(({ status }) => status === 429)
  })
  for (const name of operationsWhere((_name, { hasToken }) => hasToken)) {
    // While one is asked for, the next may be allowed again.
    await until(async () => (await contract.call(name, call)).status === 429)
  }
  const fromElsewhere = { ...call, headers: { via: '1.1 a-proxy' } }
  await until(async () => (await contract.call('GET /metrics', fromElsewhere)).status === 429)
})

test('nothing is promised that was not seen in this file', () => {
  expect(contract.unseen()).toEqual([])
})
