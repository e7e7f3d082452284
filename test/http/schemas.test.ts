/** Schemas by REST: what is taken, what is refused and by which place, and what was there before. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { limits } from '../../src/config.ts'
import { schemaJsonSchema } from '../../src/domain/schema/json-schema.ts'
import { ask, expectProblem, type RawAnswer } from '../tools/raw-request.ts'
import { type SlipwayServer, startSlipwayServer } from '../tools/slipway-server.ts'

let server: SlipwayServer
let token: string
beforeAll(async () => {
  server = await startSlipwayServer()
  token = await server.adminToken()
  await server.createProject('shop')
  await server.createProject('raced')
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

function put(
  body: string | Buffer,
  { slug = 'shop', headers = {} }: { slug?: string; headers?: Record<string, string> } = {},
): Promise<RawAnswer> {
  const url = `${server.url}/api/v1/runtime/projects/${slug}/schema/`
  const type = { 'content-type': 'application/json' }
  return ask(url, { method: 'PUT', token, body, headers: { ...type, ...headers } })
}

function read(slug = 'shop'): Promise<RawAnswer> {
  return ask(`${server.url}/api/v1/runtime/projects/${slug}/schema`, { token })
}

const fields = [{ name: 'title', type: 'string' }]
function schemaOf(...names: readonly string[]): string {
  return JSON.stringify({ tables: Object.fromEntries(names.map((name) => [name, { fields }])) })
}

describe('a schema that is refused', () => {
  test.each([
    ['nothing', '', ''],
    ['no JSON', 'tables', ''],
    ['a list', '[]', ''],
    ['two texts', `${schemaOf('a')}{}`, ''],
    ['a key that stands twice', '{"locale": "fr", "locale": "en"}', '/locale'],
    ['no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), ''],
    ['UTF-16', Buffer.from(schemaOf('a'), 'utf16le'), ''],
    ['deep nesting', `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`, undefined],
    ['an empty table', '{"tables": {"a": {"fields": []}}}', '/tables/a/fields'],
    ['a relation to nowhere', relationTo('b'), '/tables/a/fields/0/to'],
    ['a field "__proto__"', fieldNamed('__proto__'), undefined],
    ['a name of a megabyte', fieldNamed('x'.repeat(1_000_000)), '/tables/a/fields/0/name'],
    ['a table for a path', schemaOf('../a'), '/tables/..~1a'],
    ['an empty app', '{"tables": {}}', '/tables'],
    [
      '2,000 tables',
      schemaOf(...Array.from({ length: 2_000 }, (_none, index) => `t${index}`)),
      '/tables',
    ],
  ])('%s is named by its place', async (_what, body, pointer) => {
    const answer = await put(body)
    expect(answer.status).toBe(400)
    const { errors = [] } = expectProblem(answer, 'invalid_body')
    expect(errors.length).toBeGreaterThan(0)
    if (pointer !== undefined) expect(errors.map((one) => one.pointer)).toContain(pointer)
    expect(answer.text.length).toBeLessThan(100_000)
  })

  test('tells all of its mistakes at once, and how many more there are', async () => {
    const tables = Array.from({ length: 200 }, (_none, index) => [`t${index}`, {}])
    const answer = await put(JSON.stringify({ tables: Object.fromEntries(tables) }))
    const { errors = [] } = expectProblem(answer, 'invalid_body')
    expect(errors).toHaveLength(limits.schemaProblemsMax + 1)
    expect(errors.at(-1)).toEqual({ pointer: '', detail: 'has 150 more mistakes' })
  })

  test('with more than a megabyte is not read', async () => {
    const answer = await put(`{"x": "${'x'.repeat(1024 ** 2)}"}`)
    expect(expectProblem(answer, 'payload_too_large').status).toBe(413)
  })

  test('changed nothing', async () => {
    expect(expectProblem(await read(), 'schema_not_found').status).toBe(404)
    const { body } = await server.rest('GET', '/projects/shop/deployments/')
    expect(body['results']).toHaveLength(1)
  })
})

describe('a schema that is taken', () => {
  test('comes back byte for byte, and is known by its blob', async () => {
    const text = `\n{ "tables" :  {"books":{"fields":{"title":{"type":"CharField"}}}} }`
    const answer = await put(text)
    expect(answer.status).toBe(202)
    const { status, body } = await server.rest('GET', '/projects/shop/deployment-status')
    expect([status, body['status']]).toEqual([200, expect.stringMatching(/^deploy/)])
    const got = await read()
    expect([got.text, got.headers.get('content-type')]).toEqual([
      text,
      'application/json; charset=utf-8',
    ])
    expect(got.headers.get('etag')).toBe(answer.headers.get('etag'))
  })

  test('replaces only what is meant, where that is said', async () => {
    const etag = (await read()).headers.get('etag') ?? ''
    const stale = await put(schemaOf('films'), { headers: { 'if-match': '"x", "y"' } })
    expect(expectProblem(stale, 'schema_changed').status).toBe(412)
    const meant = await put(schemaOf('films'), { headers: { 'if-match': `W/"x", W/${etag}` } })
    expect(meant.status).toBe(202)
    const late = await put(schemaOf('books'), { headers: { 'if-match': etag } })
    expect(late.status).toBe(412)
    expect((await put(schemaOf('books'), { headers: { 'if-match': '*' } })).status).toBe(202)
  })

  test('is no first one for a client that means an existing one', async () => {
    const options = { slug: 'raced', headers: { 'if-match': '*' } }
    expect((await put(schemaOf('a'), options)).status).toBe(412)
  })
})

test('schemas that are put at once are all kept, and the last of them is live', async () => {
  const texts = Array.from({ length: 6 }, (_none, index) => schemaOf('books', `extra_${index}`))
  const answers = await Promise.all(texts.map((text) => put(text, { slug: 'raced' })))
  expect(answers.map(({ status }) => status)).toEqual(texts.map(() => 202))
  const commits = answers.map(({ text }) => (JSON.parse(text) as { commit: string }).commit)
  const clone = await server.clone('raced')
  const log = (await clone.git('log', '--format=%H')).split('\n')
  expect(log.toSorted()).toEqual(commits.toSorted())
  const { body } = await server.rest('GET', '/projects/raced')
  expect(body['deployment']).toMatchObject({ commit: log[0], trigger: 'schema' })
  await server.untilStatus('raced', 'deployed')
  expect((await server.rest('GET', '/projects/raced')).body['deployment']).toMatchObject({
    status: 'completed',
    commit: log[0],
  })
})

test('the JSON Schema and the OpenAPI document that are published have the one definition', async () => {
  const read = async (path: string) => {
    const answer = await ask(`${server.url}${path}`, { token: null })
    expect(answer.status).toBe(200)
    return JSON.parse(answer.text) as Record<string, unknown>
  }
  const published = await read('/app-schema.json')
  expect(published).toEqual(schemaJsonSchema())
  const document = await read('/openapi.json')
  const json = (schema: object) => ({
    requestBody: { content: { 'application/json': { schema } } },
  })
  const definition = { $ref: '#/components/schemas/Schema' }
  expect(document['paths']).toMatchObject({
    '/api/v1/runtime/projects/{project}/schema': { put: json(definition) },
    '/api/v1/runtime/projects': {
      post: json({ properties: { schema: { anyOf: [definition, { type: 'null' }] } } }),
    },
  })
  const { required, $defs } = published as { required: unknown; $defs: Record<string, object> }
  expect(document['components']).toMatchObject({
    schemas: { Schema: { required }, SchemaProject: $defs['SchemaProject'] },
  })
})

function relationTo(table: string): string {
  const relation = { name: 'x', type: 'relation', to: table }
  return JSON.stringify({ tables: { a: { fields: [relation] } } })
}

function fieldNamed(name: string): string {
  return `{"tables": {"a": {"fields": [{"name": ${JSON.stringify(name)}, "type": "string"}]}}}`
}
