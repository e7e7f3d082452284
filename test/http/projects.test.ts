/** Projects as the platform makes and reads them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask } from '../tools/raw-request.ts'
import { type SlipwayServer, startSlipwayServer } from '../tools/slipway-server.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

let server: SlipwayServer
beforeAll(async () => {
  server = await startSlipwayServer()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

test('a new project is answered with its address, its remote and its id', async () => {
  const { status, headers, body } = await server.rest('POST', '/projects/', {
    body: { name: 'Mon App', schema_name: 'mon_app_12345', framework: 'vue', settings: null },
  })
  expect(status).toBe(201)
  expect(body).toMatchObject({
    id: expect.stringMatching(uuid),
    slug: 'mon-app-12345',
    name: 'Mon App',
    schema_name: 'mon_app_12345',
    framework: 'vue',
    status: 'deploying',
    git_url: `${server.url}/mon-app-12345.git`,
    production_branch: 'main',
    deployment: { number: 1, trigger: 'welcome', commit: null },
  })
  expect(headers.get('location')).toBe(`/api/v1/runtime/projects/${String(body['id'])}/`)
  const found = await server.rest('GET', `/projects/${String(body['id'])}/`)
  expect(found.body).toMatchObject({ id: body['id'], slug: 'mon-app-12345' })
  const shown = await server.untilStatus('mon-app-12345', 'deployed')
  expect(shown['frontend_url']).toBe(`http://mon-app-12345.localhost:${server.httpPort}`)
})

test('without a schema_name the name makes the slug', async () => {
  const { body } = await server.rest('POST', '/projects/', { body: { name: 'Café à gogo 🚢' } })
  expect(body['slug']).toMatch(/^cafe-a-gogo-[a-z2-9]{5}$/)
  expect(body['name']).toBe('Café à gogo 🚢')
})

test.each([
  ['an integer', 9_007_199_254_740_991, '9007199254740991'],
  ['an integer as text', '9223372036854775807', '9223372036854775807'],
  [
    'a UUID in capitals',
    'A987FBC9-4BED-3078-8F07-9141BA07C9F3',
    'a987fbc9-4bed-3078-8f07-9141ba07c9f3',
  ],
])(
  "the platform's own id may be %s, and every route takes it or the slug",
  async (what, id, kept) => {
    const slug = what.replaceAll(' ', '-').toLowerCase()
    const { status, body } = await server.rest('POST', '/projects/', {
      body: { name: what, schema_name: slug, id },
    })
    expect([status, body['id']]).toEqual([201, kept])
    for (const name of [String(id), kept, slug]) {
      for (const suffix of ['', '/']) {
        const paths = [`/projects/${name}`, `/projects/${name}/deployment-status`]
        for (const path of paths) {
          const answer = await server.rest('GET', `${path}${suffix}`)
          expect(answer.status, path).toBe(200)
          expect(answer.body['id'] ?? answer.body['project_id']).toBe(kept)
        }
        const tokens = await server.rest('GET', `/projects/${name}/tokens${suffix}`)
        expect(tokens.status).toBe(200)
        const made = await server.rest('POST', `/projects/${name}/tokens${suffix}`, {
          body: { name: 'ci' },
        })
        expect(made.status).toBe(201)
        const path = `/projects/${name}/tokens/${String(made.body['id'])}${suffix}`
        expect((await server.rest('DELETE', path)).status).toBe(204)
      }
    }
  },
)

test('the status is in the form that the platform polls', async () => {
  await server.createProject('polled')
  const { body } = await server.rest('GET', '/projects/polled/deployment-status')
  expect(body).toMatchObject({
    project_id: expect.stringMatching(uuid),
    status: 'deployed',
    frontend_url: `http://polled.localhost:${server.httpPort}`,
    deployment: { number: 1, status: 'completed', release: 1, error: null },
  })
  const logs = body['deployment_logs'] as readonly Record<string, string>[]
  expect(logs.length).toBeGreaterThan(3)
  for (const { timestamp = '', step, status, message } of logs) {
    expect(new Date(timestamp).toISOString()).toBe(timestamp)
    expect([typeof step, typeof status, typeof message]).toEqual(['string', 'string', 'string'])
  }
})

test('a list is read page by page, each project once, whoever comes meanwhile', async () => {
  for (let made = 0; made < 5; made += 1) {
    await server.rest('POST', '/projects/', { body: { name: `listed ${made}` } })
  }
  const seen: string[] = []
  let next: string | null = null
  do {
    const query = next === null ? '' : `&cursor=${next}`
    const { body } = await server.rest('GET', `/projects/?limit=2${query}`)
    const results = body['results'] as readonly { readonly slug: string }[]
    expect(results.length).toBeLessThanOrEqual(2)
    seen.push(...results.map(({ slug }) => slug))
    next = body['next'] as string | null
    if (seen.length === 4) {
      await server.rest('POST', '/projects/', { body: { name: 'x', schema_name: 'latecomer' } })
    }
  } while (next !== null)
  expect(new Set(seen).size).toBe(seen.length)
  expect(seen.at(-1)).toBe('latecomer')
  expect(seen.filter((slug) => slug.startsWith('listed-'))).toHaveLength(5)
})

test('answers name their type and are made for no other site to read', async () => {
  const token = await server.adminToken()
  const answer = await ask(`${server.url}/api/v1/runtime/projects`, { token })
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
  expect(answer.headers.get('access-control-allow-origin')).toBeNull()
})

test('at its start the server prints where it is, once, and no warning', () => {
  const started = server.printed.split('\n').filter((line) => !line.includes('"level":50'))
  expect(started.join('\n')).not.toMatch(/deprecat|warning/i)
  expect(started.filter((line) => line.includes(String(server.listenPort)))).toHaveLength(2)
  expect(server.printed).not.toContain('Server listening')
})
