// The public entrance at nginx: what it tells the server, what it keeps back, and which names it has.
import { readFile, stat } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openEntrance } from '../../src/sites/entrance.ts'
import { createNginx } from '../../src/sites/start-nginx.ts'
import { findFreePort, openSiteLab, type SiteLab, visit } from '../tools/site-lab.ts'

let lab: SiteLab
let upstream: Server
let port: number
const host = 'deploy.apps.test'

beforeEach(async () => {
  // Stands for Slipway's server: says what it was asked, and how.
  upstream = createServer((request, response) => {
    if (request.url === '/slow') {
      response.write('first\n')
      void new Promise((go) => request.socket.once('close', go))
      return
    }
    let bytes = 0
    request.on('data', (part: Buffer) => (bytes += part.length))
    request.on('end', () => {
      const { method, url, headers } = request
      response.end(JSON.stringify({ method, url, headers, bytes }))
    })
  })
  upstream.on('upgrade', (_request, socket) => {
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    )
    socket.on('end', () => socket.end())
    socket.on('data', (part: Buffer) => socket.write(`echo ${part.toString()}`))
  })
  port = await findFreePort()
  await new Promise<void>((listening) => upstream.listen(port, '127.0.0.1', listening))
  lab = await openSiteLab({ environment: { SLIPWAY_LISTEN: `127.0.0.1:${port}` } })
  await createNginx(lab.config, await openEntrance(lab.config)).apply()
})

afterEach(async () => {
  await lab[Symbol.asyncDispose]()
  await stopUpstream()
})

async function stopUpstream(): Promise<void> {
  upstream.closeAllConnections()
  await new Promise((stopped) => upstream.close(stopped))
}

async function readSecret(): Promise<string> {
  return (await readFile(join(lab.config.dataDir, 'entrance-secret'), 'utf8')).trim()
}

it('tells the server who asks, whatever the client claims, and proves that it is nginx', async () => {
  const answer = await lab.get('/api/v1/runtime/projects/?a=%2e%2e', {
    host: `${host}:${lab.config.nginx.httpPort}`,
    'x-forwarded-for': '6.6.6.6',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'evil.example',
    forwarded: 'for=6.6.6.6',
    'x-request-id': 'forged',
    'slipway-entrance': 'forged',
  })
  const asked = JSON.parse(answer.body) as { url: string; headers: Record<string, string> }
  expect(asked.url).toBe('/api/v1/runtime/projects/?a=%2e%2e')
  expect(asked.headers).toMatchObject({
    host: `${host}:${lab.config.nginx.httpPort}`,
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-request-id': answer.headers['x-request-id'],
    'slipway-entrance': await readSecret(),
  })
  expect(asked.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/)
  expect(Object.keys(asked.headers)).not.toContain('forwarded')
  expect(Object.keys(asked.headers)).not.toContain('x-forwarded-host')
})

it('keeps its secret in files that nobody else can read, and for the next start', async () => {
  const secret = await readSecret()
  expect(secret).toMatch(/^[0-9a-f]{64}$/)
  const text = join(lab.config.dataDir, 'nginx/nginx.conf')
  expect(await readFile(text, 'utf8')).toContain(secret)
  for (const path of [text, join(lab.config.dataDir, 'entrance-secret')]) {
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  }
  expect((await openEntrance(lab.config)).secret.reveal()).toBe(secret)
})

it('sends headers that let nobody frame, sniff or run anything', async () => {
  const { headers } = await lab.get('/', { host })
  expect(headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  })
  expect(headers.server).toBe('nginx')
})

it('takes a body of any size and shows the server its beginning at once', async () => {
  const begun = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<number>()
  upstream.removeAllListeners('request')
  upstream.on('request', (request, response) => {
    let bytes = 0
    request.on('data', (part: Buffer) => {
      bytes += part.length
      begun.resolve()
    })
    request.on('end', () => {
      ended.resolve(bytes)
      response.end()
    })
  })
  const socket = connect(lab.config.nginx.httpPort, '127.0.0.1')
  const size = 101 * 1024 ** 2
  socket.write(
    `POST /x.git/git-receive-pack HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${size}\r\n\r\n`,
  )
  socket.write('0')
  await begun.promise
  socket.write(Buffer.alloc(size - 1))
  expect(await ended.promise).toBe(size)
  socket.destroy()
})

it('shows the client the first line while the second is still awaited', async () => {
  const socket = connect(lab.config.nginx.httpPort, '127.0.0.1')
  socket.write(`GET /slow HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
  let text = ''
  for await (const part of socket) {
    text += String(part)
    if (text.includes('first\n')) break
  }
  expect(text).toContain('first\n')
})

it('carries a WebSocket', async () => {
  const socket = connect(lab.config.nginx.httpPort, '127.0.0.1')
  socket.write(
    `GET /s HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
  )
  let text = ''
  for await (const part of socket) {
    text += String(part)
    if (text.endsWith('\r\n\r\n')) socket.write('hello')
    if (text.endsWith('echo hello')) break
  }
  expect(text).toContain('101 Switching Protocols')
})

it('says that the server is away, as JSON to programs and as text to git', async () => {
  await stopUpstream()
  const answer = await lab.get('/api/v1/runtime/projects/', { host })
  expect(answer.status).toBe(503)
  expect(answer.headers).toMatchObject({
    'content-type': 'application/problem+json',
    'retry-after': '5',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  expect(JSON.parse(answer.body)).toEqual({
    type: 'urn:slipway:error:server_away',
    title: 'Service Unavailable',
    status: 503,
    detail: 'Slipway is restarting; the sites stay up meanwhile.',
    code: 'server_away',
    hint: 'Try again in a few seconds.',
  })
  const git = await lab.get('/shop.git/info/refs?service=git-upload-pack', { host })
  expect([git.status, git.headers['content-type']]).toEqual([503, 'text/plain'])
  expect(git.body).toBe(
    'Slipway is restarting; the sites stay up meanwhile.\nTry again in a few seconds.\n',
  )
})

it('refuses what it can not read as JSON too', async () => {
  for (const headers of [{ 'x-bomb': 'x'.repeat(100_000) }, { 'x-bomb': 'x'.repeat(20_000) }]) {
    const { status, headers: told, body } = await lab.get('/', { host, ...headers })
    expect([status, told['content-type']]).toEqual([400, 'application/problem+json'])
    expect(JSON.parse(body)).toMatchObject({ code: 'request_unreadable', status: 400 })
  }
})

it('answers to no name but its own, and sites to none of its', async () => {
  await lab.deploy(1, { 'index.html': 'the site' })
  expect((await lab.get('/')).body).toBe('the site')
  expect((await lab.get('/api/v1/runtime/projects/')).status).toBe(502)
  const { httpPort } = lab.config.nginx
  for (const other of ['deploy.example', 'x.deploy.apps.test']) {
    await expect(visit(httpPort, { path: '/api/', headers: { host: other } })).rejects.toThrow()
  }
  // FRONTEND_DOMAIN is none of them: its `/api/` is the platform's.
  expect((await lab.getDomain('/api/v1/runtime/projects/')).status).toBe(502)
  expect((await lab.getDomain('/shop.git/info/refs')).status).toBe(404)
  for (const same of ['DEPLOY.apps.test', 'deploy.apps.test.']) {
    expect((await visit(httpPort, { path: '/', headers: { host: same } })).status).toBe(200)
  }
})
