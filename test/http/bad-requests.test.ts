/** Requests that are not as they should be: each is refused, and says which field is wrong. */
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, expectProblem, type RawAnswer, sendBytes } from '../tools/raw-request.ts'
import { type SlipwayServer, startSlipwayServer } from '../tools/slipway-server.ts'

let server: SlipwayServer
let token: string
let projects: string
beforeAll(async () => {
  server = await startSlipwayServer()
  token = await server.adminToken()
  projects = `${server.url}/api/v1/runtime/projects/`
  await server.createProject('taken')
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

function post(body: string | Buffer, headers?: Record<string, string>): Promise<RawAnswer> {
  return ask(projects, { method: 'POST', token, body, ...(headers && { headers }) })
}

function pointersOf(answer: RawAnswer): readonly string[] {
  return (expectProblem(answer).errors ?? []).map(({ pointer }) => pointer)
}

describe('addresses and methods', () => {
  test.each([
    '/',
    '/nowhere',
    '/api/v1/runtime',
    '/api/%zz',
    '/healthz/x',
    `/${'x'.repeat(5_000)}`,
  ])('nothing is at %s', async (path) => {
    expect(expectProblem(await ask(`${server.url}${path}`, { token: null })).status).toBe(404)
  })

  test('a name far too long for a project is no project', async () => {
    const answer = await ask(`${projects}${'x'.repeat(300)}/`, { token })
    expect(expectProblem(answer).status).toBe(404)
  })

  test('a path that tries to climb out finds nothing', async () => {
    for (const name of ['..%2f..%2fetc%2fpasswd', '%2e%2e', '%00', "' OR 1=1 --", 'taken%0a']) {
      const answer = await ask(`${projects}${name}/tokens/`, { token })
      expect(expectProblem(answer).status).toBe(404)
    }
  })

  test.each([
    ['PUT', 'projects/', 'GET, HEAD, OPTIONS, POST'],
    ['DELETE', 'projects/', 'GET, HEAD, OPTIONS, POST'],
    ['POST', 'projects/taken/deployment-status', 'GET, HEAD, OPTIONS'],
  ])('%s of %s is answered with what is possible there', async (method, path, allow) => {
    const answer = await ask(`${server.url}/api/v1/runtime/${path}`, { method, token })
    expect(expectProblem(answer, 'method_not_allowed').status).toBe(405)
    expect(answer.headers.get('allow')).toBe(allow)
  })

  test.each(['/healthz', '/nowhere', '/taken.git/info/refs', '/api/v1/runtime/projects'])(
    'a method that is none of ours is told so at %s',
    async (path) => {
      for (const method of ['TRACE', 'PROPFIND', 'PURGE']) {
        const answer = await sendBytes(
          server.listenPort,
          `${method} ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
        )
        expect(answer).toMatch(/^HTTP\/1\.1 501 Not Implemented\r\n/)
        expect(answer).toMatch(/\r\ncontent-type: application\/problem\+json/i)
        expect(answer).toContain(`"detail":"The method ${method} is not known here."`)
        expect(answer).toMatch(/\r\nx-request-id: \S/i)
      }
    },
  )

  test('what a client expects beside 100-continue is refused in words', async () => {
    const body = '{"name":"expected"}'
    const post = (expect: string): Promise<string> =>
      sendBytes(
        server.listenPort,
        `POST /api/v1/runtime/projects HTTP/1.1\r\nhost: x\r\nconnection: close\r\n` +
          `expect: ${expect}\r\nauthorization: Bearer ${token}\r\n` +
          `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      )
    const refused = await post('200-ok')
    expect(refused).toMatch(/^HTTP\/1\.1 417 Expectation Failed\r\n/)
    expect(refused).toMatch(/\r\ncontent-type: application\/problem\+json/i)
    expect(refused).toContain('"code":"expectation_failed"')
    const { body: list } = await server.rest('GET', '/projects/')
    expect(JSON.stringify(list)).not.toContain('"expected"')
    expect(await post('100-continue')).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 201 /)
  })

  test('OPTIONS lists the methods and lets no other origin in', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' }
    const answer = await ask(projects, { method: 'OPTIONS', token: null, headers })
    expect(answer.status).toBe(204)
    expect(answer.headers.get('allow')).toBe('GET, HEAD, OPTIONS, POST')
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  })

  test('HEAD answers as GET does, without the body', async () => {
    const answer = await ask(`${projects}taken/`, { method: 'HEAD', token })
    expect([answer.status, answer.text]).toEqual([200, ''])
    expect((await ask(`${projects}taken/`, { method: 'HEAD', token: null })).status).toBe(401)
  })

  test('what is no HTTP, or has headers without end, is told so and let go', async () => {
    const garbage = await sendBytes(server.listenPort, 'hello there\r\n\r\n')
    expect(garbage).toMatch(/^HTTP\/1\.1 400 [^]*application\/problem\+json[^]*request_unreadable/)
    const long = `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`
    expect(await sendBytes(server.listenPort, long)).toContain('its headers are too long')
  })

  test('requests that are sent without waiting are answered each, in their order', async () => {
    const get = (path: string, more = ''): string =>
      `GET ${path} HTTP/1.1\r\nhost: x\r\n${more}\r\n`
    const many = Array.from({ length: 50 }, () => get('/healthz') + get('/nowhere')).join('')
    const last = get('/healthz', 'connection: close\r\n')
    const answers = await sendBytes(server.listenPort, many + last)
    const statuses = [...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)
    expect(statuses).toEqual([...Array.from({ length: 50 }, () => ['200', '404']).flat(), '200'])
  })

  test('a body that looks like a request is a body, also where nobody reads it', async () => {
    const hidden = 'DELETE /api/v1/runtime/projects/taken HTTP/1.1\r\nhost: x\r\n\r\n'
    const head =
      'POST /api/v1/runtime/projects HTTP/1.1\r\nhost: x\r\nconnection: close\r\n' +
      `content-type: application/json\r\ncontent-length: ${hidden.length}\r\n`
    for (const authorization of ['', `authorization: Bearer ${token}\r\n`]) {
      const answers = await sendBytes(server.listenPort, `${head}${authorization}\r\n${hidden}`)
      const statuses = [...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)
      expect(statuses).toEqual([authorization === '' ? '401' : '400'])
    }
    const both = head.replace(/content-length: \d+/, '$&\r\ntransfer-encoding: chunked')
    expect(await sendBytes(server.listenPort, `${both}\r\n0\r\n\r\n${hidden}`)).toMatch(
      /^HTTP\/1\.1 400 [^]*request_unreadable/,
    )
  })
})

describe('bodies', () => {
  test.each([
    ['broken JSON', '{"name": "x"', 'is no valid JSON'],
    ['JSON with a comment', '{"name": "x" /* y */}', 'is no valid JSON'],
    ['no body', '', 'is missing'],
    ['an array', '[]', 'must be of the type object'],
    ['null', 'null', 'must be of the type object'],
    ['a text', '"name"', 'must be of the type object'],
    ['arrays in arrays without end', `${'['.repeat(50_000)}${']'.repeat(50_000)}`, 'deep'],
    ['a prototype', '{"name":"x","__proto__":{"isAdmin":true}}', '"__proto__"'],
  ])('%s is refused', async (_what, body, detail) => {
    const { status, errors } = expectProblem(await post(body), 'invalid_body')
    expect(status).toBe(400)
    expect(errors).toEqual([{ pointer: '', detail: expect.stringContaining(detail) }])
  })

  test('a body that is compressed is refused as such', async () => {
    const answer = await post(gzipSync('{"name":"x"}'), { 'content-encoding': 'gzip' })
    expect(expectProblem(answer, 'invalid_body').detail).toContain('must not be compressed')
  })

  test('bytes that are no UTF-8 are refused', async () => {
    const answer = await post(Buffer.from('{"name":"\xff\xfe","schema_name":"www"}', 'latin1'))
    expect(expectProblem(answer, 'invalid_body').detail).toContain('is no valid UTF-8')
  })

  test.each([
    ['/name', '{"name":"x","schema_name":"a","name":"y"}'],
    ['/name', '{"name":"x","\\u006eame":"y"}'],
    ['/settings/on_newer_push', '{"settings":{"on_newer_push":"a","on_newer_push":"b"}}'],
    ['/a/1/b~1c', '{"a":[{"b/c":1},{"b/c":[":",{}],"b/c":2}]}'],
  ])('a key that stands twice is refused at %s: %s', async (pointer, body) => {
    const { errors } = expectProblem(await post(body), 'invalid_body')
    expect(errors).toEqual([{ pointer, detail: 'stands twice' }])
  })

  test.each([
    ['', '{"name":"x","__proto__":{}}'],
    ['/settings', '{"name":"x","settings":{"\\u005f_proto__":{}}}'],
  ])('a key that reaches the prototype of %s is refused: %s', async (pointer, body) => {
    expect(pointersOf(await post(body))).toEqual([pointer])
  })

  test('a key may stand in as many objects as there are', async () => {
    const body = '{"name":"x: \\"name\\", {","id":{"name":1,"a":[{"name":2},{"name":3}]}}'
    expect(pointersOf(await post(body))).toEqual(['/id'])
  })

  test('a body of 2 MB is too large', async () => {
    const answer = await post(JSON.stringify({ name: 'x'.repeat(2_000_000) }))
    expect(expectProblem(answer, 'payload_too_large').status).toBe(413)
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'json'])(
    'a body sent as %s is not taken',
    async (type) => {
      const answer = await post('{"name":"x"}', { 'content-type': type })
      expect(expectProblem(answer, 'media_type_unsupported').status).toBe(415)
    },
  )

  test('every mistake of a body is named at once', async () => {
    const answer = await post('{"framework":"cobol","schema_name":5,"a/b~c":1}')
    expect(pointersOf(answer).toSorted()).toEqual([
      '/a~1b~0c',
      '/framework',
      '/name',
      '/schema_name',
    ])
  })
})

describe('the fields of a new project', () => {
  test.each([
    ['/name', {}],
    ['/name', { name: null }],
    ['/name', { name: 5 }],
    ['/name', { name: ['x'] }],
    ['/name', { name: '' }],
    ['/name', { name: ' \t ' }],
    ['/name', { name: 'x'.repeat(201) }],
    ['/name', { name: 'a\u0000b' }],
    ['/name', { name: 'a\u001b[31mb' }],
    ['/name', { name: 'a\u2028b' }],
    ['/name', { name: '\ud800' }],
    ['/schema_name', { name: 'x', schema_name: 5 }],
    ['/schema_name', { name: 'x', schema_name: {} }],
    ['/schema_name', { name: 'x', schema_name: 'x'.repeat(101) }],
    ['/id', { name: 'x', id: true }],
    ['/id', { name: 'x', id: 1.5 }],
    ['/id', { name: 'x', id: 1e300 }],
    ['/id', { name: 'x', id: 'x'.repeat(81) }],
    ['/framework', { name: 'x', framework: 'angular' }],
    ['/framework', { name: 'x', framework: 5 }],
    ['/schema', { name: 'x', schema: {} }],
    ['/schema', { name: 'x', schema: 'tables' }],
    ['/settings', { name: 'x', settings: 'none' }],
    ['/settings', { name: 'x', settings: [] }],
    ['/settings/on_newer_push', { name: 'x', settings: { on_newer_push: 'explode' } }],
    ['/settings/color', { name: 'x', settings: { color: 'red' } }],
    ['/nmae', { name: 'x', nmae: 'x' }],
    ['/constructor', { name: 'x', constructor: { prototype: {} } }],
  ])('a wrong %s is refused with its pointer: %j', async (pointer, wish) => {
    const answer = await post(JSON.stringify(wish))
    expect(expectProblem(answer, 'invalid_body').status).toBe(400)
    expect(pointersOf(answer)).toEqual([pointer])
  })

  test('a choice is refused with what there is to choose from', async () => {
    const answer = await post('{"name":"x","framework":"cobol"}')
    expect(expectProblem(answer).errors).toEqual([
      { pointer: '/framework', detail: expect.stringMatching(/^must be one of "react", "/) },
    ])
  })

  test('a schema is refused with every mistake in it, and makes no project', async () => {
    const schema = { tables: { a: { fields: [{ name: 'x', type: 'y' }] }, b: {} }, framework: 'x' }
    const answer = await post(JSON.stringify({ name: 'x', schema_name: 'of-a-schema', schema }))
    expectProblem(answer, 'invalid_body')
    expect(pointersOf(answer)).toEqual([
      '/schema/tables/a/fields/0/type',
      '/schema/tables/b',
      '/schema/framework',
    ])
    expect((await server.rest('GET', '/projects/of-a-schema')).status).toBe(404)
  })

  test.each([
    [400, 'invalid_slug', { schema_name: '' }],
    [400, 'invalid_slug', { schema_name: '-x' }],
    [400, 'invalid_slug', { schema_name: 'x_' }],
    [400, 'invalid_slug', { schema_name: 'a__b' }],
    [400, 'invalid_slug', { schema_name: 'café' }],
    [400, 'invalid_slug', { schema_name: 'a.b' }],
    [400, 'invalid_slug', { schema_name: '../x' }],
    [400, 'invalid_slug', { schema_name: 'x'.repeat(64) }],
    [400, 'reserved_slug', { schema_name: 'WWW' }],
    [400, 'reserved_slug', { schema_name: 'deploy' }],
    [409, 'slug_taken', { schema_name: 'taken' }],
    [409, 'slug_taken', { schema_name: 'TAKEN' }],
    [400, 'invalid_project_id', { id: '' }],
    [400, 'invalid_project_id', { id: 0 }],
    [400, 'invalid_project_id', { id: -1 }],
    [400, 'invalid_project_id', { id: 'seven' }],
    [400, 'invalid_project_id', { id: '../../etc' }],
  ])('%i %s names the field: %j', async (status, code, wish) => {
    const answer = await post(JSON.stringify({ name: 'x', ...wish }))
    expect(expectProblem(answer, code).status).toBe(status)
    expect(pointersOf(answer)).toEqual([`/${Object.keys(wish)[0] ?? ''}`])
  })

  test('an id is taken once', async () => {
    expect((await post('{"name":"first","schema_name":"first-of-it","id":4711}')).status).toBe(201)
    const answer = await post('{"name":"second","id":"4711"}')
    expect(expectProblem(answer, 'project_id_taken').status).toBe(409)
    expect(pointersOf(answer)).toEqual(['/id'])
    // A slug that is another project's id would answer in its place.
    expectProblem(await post('{"name":"third","schema_name":"4711"}'), 'slug_taken')
  })

  test('two who ask for the same name at once: one gets it, the other is told', async () => {
    const body = '{"name":"x","schema_name":"at-once"}'
    const answers = await Promise.all([post(body), post(body)])
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409])
  })
})

describe('the query of a list', () => {
  test.each([
    ['/query/limit', 400, '?limit=abc'],
    ['/query/limit', 400, '?limit=0'],
    ['/query/limit', 400, '?limit=-1'],
    ['/query/limit', 400, '?limit=101'],
    ['/query/limit', 400, '?limit=1.5'],
    ['/query/limit', 400, '?limit=1&limit=2'],
    ['/query/limit', 400, '?limit='],
    ['/query/cursor', 400, '?cursor=x'],
    ['/query/cursor', 400, '?cursor='],
    ['/query/cursor', 400, `?cursor=${'9'.repeat(100)}`],
    ['/query/cursor', 404, '?cursor=99999999'],
  ])('a wrong %s is refused: %i for %s', async (pointer, status, query) => {
    const answer = await ask(`${projects}${query}`, { token })
    expect(expectProblem(answer).status).toBe(status)
    expect(pointersOf(answer)).toEqual([pointer])
  })
})

test('whatever JSON is sent, a project is made or the mistake is named', async () => {
  const field = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary', maxLength: 220 }))
  const wish = fc.record(
    {
      name: fc.oneof({ weight: 4, arbitrary: fc.string({ maxLength: 210 }) }, field),
      schema_name: fc.oneof({ weight: 4, arbitrary: fc.stringMatching(/^[a-z_-]{1,40}$/) }, field),
      id: fc.oneof(fc.integer(), fc.uuid(), field),
      framework: fc.oneof(fc.constantFrom('react', 'vue', null), field),
      schema: fc.option(field),
      settings: fc.oneof(fc.record({ on_newer_push: field }), field),
    },
    { requiredKeys: [] },
  )
  const property = fc.asyncProperty(fc.oneof(wish, fc.jsonValue()), async (value) => {
    const answer = await post(JSON.stringify(value))
    if (answer.status === 201) return
    expect([400, 409]).toContain(answer.status)
    expect(pointersOf(answer).length, answer.text).toBeGreaterThan(0)
  })
  await fc.assert(property, { numRuns: 300 })
  expect((await ask(`${server.url}/healthz`, { token: null })).status).toBe(200)
  expect(server.printed).not.toContain('a request failed')
})
