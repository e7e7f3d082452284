/** What visitors get after several pushes: which releases stay, how files are cached, and /api/. */
import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { asNavigation, asScript, type Files } from '../tools/site-lab.ts'
import {
  type SlipwayServer,
  startSlipwayServer,
  type WorkingCopy,
} from '../tools/slipway-server.ts'
import { until } from '../tools/until.ts'

/** A site as a bundler leaves it: the script's name holds the hash of what is in it. */
function builtSite(hash: string): Files {
  return {
    'slipway.json': '{"spa": true}',
    'index.html': `<!doctype html><script type="module" src="/assets/index-${hash}.js"></script>`,
    [`assets/index-${hash}.js`]: `export const release = '${hash}'\n`.repeat(100),
    'style.css': 'h1 { color: teal }\n'.repeat(100),
    'robots.txt': 'User-agent: *\n',
  }
}
const hashes = ['Bq3xK9zR', 'Cw7yL2aS', 'Dx5zM8bT', 'Ev4kN6cU'] as const

interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

let backend: Server
const seen: Seen[] = []
let server: SlipwayServer
let copy: WorkingCopy
beforeAll(async () => {
  backend = createServer((request, response) => {
    seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers })
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"from":"the backend"}')
  })
  backend.listen(0, '127.0.0.1')
  await once(backend, 'listening')
  const { port } = backend.address() as AddressInfo
  server = await startSlipwayServer({
    settings: { KEEP_RELEASES: '2', BACKEND_URL: `http://127.0.0.1:${port}` },
  })
  copy = await server.createWorkingCopy('shop', builtSite(hashes[0]))
  expect((await copy.push()).exitCode).toBe(0)
  for (const hash of hashes.slice(1)) {
    await copy.replaceAll(builtSite(hash))
    expect((await copy.push()).exitCode).toBe(0)
  }
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  backend.close()
})

const live = hashes[3]

test('as many releases are kept as the operator said, the live one among them', async () => {
  await until(async () => (await server.releases('shop')).join() === '4,5')
  expect((await server.visit('shop')).body).toContain(`/assets/index-${live}.js`)
})

test('a failed push does not use up a place of those that are kept', async () => {
  await copy.replaceAll({ 'index.html': '<script src="/gone.js"></script>' })
  expect((await copy.push()).exitCode).toBe(1)
  expect(await server.releases('shop')).toEqual(['4', '5'])
  await copy.git('reset', '-q', '--hard', 'deploy/main')
})

test('the hashed files of earlier releases still answer to pages that are open', async () => {
  for (const hash of hashes) {
    const answer = await server.visit('shop', `/assets/index-${hash}.js`, asScript)
    expect([hash, answer.status]).toEqual([hash, 200])
    expect(answer.body).toContain(`release = '${hash}'`)
  }
})

test('a hashed file is kept for ever by browsers; everything else is asked for again', async () => {
  const script = await server.visit('shop', `/assets/index-${live}.js`, asScript)
  expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable')
  expect(script.headers['content-type']).toContain('text/javascript')
  for (const path of ['/', '/style.css', '/robots.txt']) {
    const answer = await server.visit('shop', path)
    expect([path, answer.headers['cache-control']]).toEqual([path, 'no-cache'])
  }
})

test('a file that has not changed is answered by 304', async () => {
  const first = await server.visit('shop', '/style.css', asScript)
  const etag = first.headers.etag
  expect(etag).toBeDefined()
  const again = await server.visit('shop', '/style.css', {
    ...asScript,
    'if-none-match': String(etag),
  })
  expect([again.status, again.body]).toEqual([304, ''])
})

test('text is compressed for those who take it, and only for them', async () => {
  const headers = { host: 'shop.localhost', 'accept-encoding': 'gzip' }
  const url = `http://127.0.0.1:${server.httpPort}/assets/index-${live}.js`
  const plain = await server.visit('shop', `/assets/index-${live}.js`, asScript)
  expect(plain.headers['content-encoding']).toBeUndefined()
  const small = await readRaw(url, headers)
  expect(small.headers['content-encoding']).toBe('gzip')
  expect(small.headers['vary']).toContain('Accept-Encoding')
  expect(small.body.length).toBeLessThan(plain.body.length / 4)
  expect(gunzipSync(small.body).toString()).toBe(plain.body)
})

test('an address of the app is its page for a navigation, and for nothing else', async () => {
  const page = await server.visit('shop', '/orders/7', asNavigation)
  expect([page.status, page.body]).toEqual([200, (await server.visit('shop')).body])
  expect(page.headers['cache-control']).toBe('no-cache')
  expect((await server.visit('shop', '/orders/7', asScript)).status).toBe(404)
  for (const path of ['/assets/index-Zz9zz9zZ.js', '/missing.png', '/missing.css']) {
    for (const headers of [asScript, asNavigation]) {
      const answer = await server.visit('shop', path, headers)
      expect([path, answer.status]).toEqual([path, 404])
      expect(answer.body).not.toContain('<script')
    }
  }
})

test('every answer carries the security headers, a 404 too', async () => {
  for (const path of ['/', '/style.css', `/assets/index-${live}.js`]) {
    const { headers } = await server.visit('shop', path)
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
      'referrer-policy': 'strict-origin-when-cross-origin',
    })
    expect(headers.server).toBe('nginx')
  }
  const missing = await server.visit('shop', '/missing.png', asScript)
  expect(missing.headers['x-content-type-options']).toBe('nosniff')
})

test('/api/ goes to the backend, which is told the host, the address and the scheme', async () => {
  const answer = await server.visit('shop', '/api/v1/orders/?page=2', {
    accept: 'application/json',
    authorization: 'Bearer of-the-visitor',
    'x-forwarded-for': '203.0.113.9',
  })
  expect([answer.status, answer.body]).toEqual([200, '{"from":"the backend"}'])
  const passed = seen.at(-1)
  expect(passed).toMatchObject({ method: 'GET', url: '/api/v1/orders/?page=2' })
  expect(passed?.headers).toMatchObject({
    host: 'shop.localhost',
    'x-real-ip': '127.0.0.1',
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
    authorization: 'Bearer of-the-visitor',
  })
})

test('a visitor who asks /api/ too often is told to wait, and the site itself still answers', async () => {
  const answers = await Promise.all(
    Array.from({ length: 300 }, () => server.visit('shop', '/api/', { accept: '*/*' })),
  )
  const refused = answers.filter(({ status }) => status === 429)
  expect(refused.length).toBeGreaterThan(0)
  expect(refused[0]?.headers).toMatchObject({
    'retry-after': '1',
    'content-type': 'application/problem+json',
  })
  expect((await server.visit('shop')).status).toBe(200)
})

test('a host that nobody has is not answered with the site of another', async () => {
  await expect(server.visit('nobody')).rejects.toThrow()
})

async function readRaw(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly headers: IncomingHttpHeaders; readonly body: Buffer }> {
  const asking = request(url, { headers, agent: false }).end()
  const [answer] = (await once(asking, 'response')) as [IncomingMessage]
  const parts: Buffer[] = []
  for await (const part of answer as AsyncIterable<Buffer>) parts.push(part)
  return { headers: answer.headers, body: Buffer.concat(parts) }
}
