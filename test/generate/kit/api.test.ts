// The client of the API, against a server that answers as Django REST Framework does.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { ApiError, createApi } from '../../../templates/app/shared/kit/api.ts'
import { createLabels } from '../../../templates/app/shared/kit/labels.ts'

interface Asked {
  readonly method: string
  readonly url: string
  readonly token: string
  readonly type: string
  readonly body: string
}

const api = createApi('p/1')
const asked: Asked[] = []
let server: Server
let answers: { status: number; body: string }[] = []

beforeAll(async () => {
  server = createServer((request, response) => {
    void readAsked(request).then((one) => {
      asked.push(one)
      const { status, body } = answers.shift() ?? { status: 500, body: '' }
      response.writeHead(status).end(body)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const { fetch } = globalThis
  // A page's addresses are relative to its host.
  vi.stubGlobal('fetch', (path: string, init: RequestInit) =>
    fetch(`http://127.0.0.1:${port}${path}`, init),
  )
  vi.stubGlobal('document', { cookie: 'sessionid=s; csrftoken=t0k3n' })
})

afterAll(() => {
  vi.unstubAllGlobals()
  server.closeAllConnections()
  server.close()
})

beforeEach(() => {
  asked.length = 0
  answers = []
})

test('a page is asked for in the words of the API, and its links become pages', async () => {
  answer(200, {
    count: 45,
    next: 'http://backend:8000/api/?page=3&search=a',
    previous: 'http://backend:8000/api/?search=a',
    results: [{ id: 1 }, 'not a row'],
  })
  const ask = { search: 'a b', ordering: '-name', paging: 'page=2' }
  expect(await api.list('customers', ask)).toEqual({
    paging: 'page=2',
    rows: [{ id: 1 }],
    count: 45,
    next: 'page=3',
    previous: '',
  })
  expect(asked[0]?.url).toBe(
    '/api/v1/runtime/projects/p%2F1/tables/customers/?page=2&page_size=25&search=a+b&ordering=-name',
  )
})

test('a plain list is cut into pages', async () => {
  const rows = Array.from({ length: 30 }, (_, id) => ({ id }))
  answer(200, rows)
  const first = await api.list('customers')
  expect([first.rows.length, first.count, first.next, first.previous]).toEqual([
    25,
    30,
    'page=2',
    null,
  ])
  answer(200, rows)
  const second = await api.list('customers', { paging: 'page=2' })
  expect([second.rows.length, second.next, second.previous]).toEqual([5, null, 'page=1'])
})

test('what changes something carries the token of the session, what reads does not', async () => {
  answer(200, { id: 7 })
  await api.get('customers', 7)
  answer(201, { id: 8 })
  await api.create('customers', new Map([['__proto__', 'x']]))
  answer(204)
  await api.delete('customers', 'a/b')
  expect(asked.map(({ method, url, token }) => [method, url.slice(38), token])).toEqual([
    ['GET', 'customers/7/', ''],
    ['POST', 'customers/', 't0k3n'],
    ['DELETE', 'customers/a%2Fb/', 't0k3n'],
  ])
  expect(asked[1]?.body).toBe('{"__proto__":"x"}')
})

test('an id never leads out of its table', async () => {
  for (const id of ['.', '..', '']) {
    await expect(api.delete('customers', id)).rejects.toMatchObject({ trouble: 'missing' })
  }
  expect(asked).toEqual([])
})

test('files are sent as a form, and an emptied list before them, as a form can not say it', async () => {
  answer(200, { id: 7 })
  answer(200, { id: 7 })
  const file = new File(['%PDF'], 'a.pdf')
  await api.update(
    'customers',
    7,
    new Map<string, string | number[] | File>([
      ['tags', []],
      ['file', file],
      ['n', 'x'],
    ]),
  )
  expect(asked.map(({ type }) => type.replace(/;.*/, ''))).toEqual([
    'application/json',
    'multipart/form-data',
  ])
  expect(asked[0]?.body).toBe('{"tags":[]}')
  expect(asked[1]?.body).toContain('filename="a.pdf"')
})

test('mistakes come by their fields, nested ones too, and the others on top', async () => {
  answer(400, {
    email: ['Taken.', 'Too long.'],
    tags: { 0: ['Unknown.'] },
    constructor: ['Odd.'],
    non_field_errors: ['Both or none.'],
  })
  const error = await failure(api.create('customers', new Map()))
  expect(error.trouble).toBe('invalid')
  expect([...error.fields]).toEqual([
    ['email', ['Taken.', 'Too long.']],
    ['tags', ['Unknown.']],
    ['constructor', ['Odd.']],
  ])
  expect(error.messages).toEqual(['Both or none.'])
})

test.each([
  [401, { detail: 'No.' }, 'signedOut'],
  [403, { detail: 'No.' }, 'forbidden'],
  [404, { detail: 'No.' }, 'noTable'],
  [409, { detail: 'No.' }, 'invalid'],
  [500, '<h1>Server Error</h1>', 'failed'],
  [502, '<h1>Bad Gateway</h1>', 'offline'],
  [200, '<!doctype html>', 'failed'],
  [200, { results: 'none' }, 'failed'],
])('the status %i with %j means: %s', async (status, body, trouble) => {
  answer(status, body)
  expect((await failure(api.list('customers'))).trouble).toBe(trouble)
})

test.each<[string, () => Promise<unknown>, string]>([
  ['a row', () => api.get('customers', 7), 'missing'],
  ['a page of a list', () => api.list('customers', { paging: 'page=9' }), 'missing'],
  ['a list', () => api.list('customers', { search: 'x' }), 'noTable'],
  ['where rows are added', () => api.create('customers', new Map()), 'noTable'],
])('%s that is not there is told from all else', async (_what, asked, trouble) => {
  answer(404, { detail: 'Not found.' })
  expect((await failure(asked())).trouble).toBe(trouble)
})

test('a server that can not be reached is told as such, a request that nobody wants any more as itself', async () => {
  const controller = new AbortController()
  controller.abort()
  await expect(api.list('customers', {}, controller.signal)).rejects.toMatchObject({
    name: 'AbortError',
  })
  const { fetch } = globalThis
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')))
  expect((await failure(api.list('customers'))).trouble).toBe('offline')
  vi.stubGlobal('fetch', fetch)
})

test('the names of many related rows take one request, those beyond it one each', async () => {
  const labels = createLabels(api)
  const countries = { table: 'countries', label: 'Countries', titleFields: ['name'] }
  answer(200, [
    { id: 1, name: 'France' },
    { id: 2, name: '' },
  ])
  answer(200, { id: 300, name: 'Far away' })
  answer(404, { detail: 'Not found.' })
  const known = new Promise<void>((resolve) => {
    labels.subscribe(() => {
      if ([1, 2, 300, 301].every((id) => labels.get(countries, id) !== undefined)) resolve()
    })
  })
  for (const id of [1, 2, 300, 301, 1]) labels.want(countries, id)
  await known
  const titles = [1, 2, 300, 301].map((id) => labels.get(countries, id))
  expect(new Set(titles)).toEqual(new Set(['#2', 'Far away', 'France', null]))
  expect(asked).toHaveLength(3)
})

function answer(status: number, body?: unknown): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  answers.push({ status, body: body === undefined ? '' : text })
}

async function failure(work: Promise<unknown>): Promise<ApiError> {
  return work.then(
    () => {
      throw new Error('it was accepted')
    },
    (error: unknown) => {
      if (error instanceof ApiError) return error
      throw error
    },
  )
}

async function readAsked(request: IncomingMessage): Promise<Asked> {
  let body = ''
  for await (const chunk of request.setEncoding('latin1')) body += String(chunk)
  return {
    method: request.method ?? '',
    url: request.url ?? '',
    token: String(request.headers['x-csrftoken'] ?? ''),
    type: request.headers['content-type'] ?? '',
    body,
  }
}
