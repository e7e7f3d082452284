// What a site's /api/ does: passed to the platform with true headers, limited, and kind when it is away.
import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { findFreePort, type SiteLab, startSiteLab, visit } from '../tools/site-lab.ts'

let lab: SiteLab
let backend: Server
let backendPort: number

beforeEach(async () => {
  backendPort = await findFreePort()
  backend = createServer((asked, answer) => {
    answer.setHeader('content-type', 'application/json')
    answer.end(JSON.stringify({ method: asked.method, url: asked.url, headers: asked.headers }))
  })
  backend.on('upgrade', (_asked, socket) => {
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n',
    )
    socket.on('end', () => socket.destroy())
    socket.on('data', (part: Buffer) => socket.write(`echo ${part.toString()}`))
  })
  await new Promise<void>((resolve) => backend.listen(backendPort, '127.0.0.1', resolve))
  lab = await startSiteLab({ environment: { BACKEND_URL: `http://127.0.0.1:${backendPort}` } })
  await lab.deploy(1, { 'index.html': 'live', 'api/index.html': 'never shown' }, true)
})

afterEach(async () => {
  await lab[Symbol.asyncDispose]()
  backend.closeAllConnections()
  await new Promise((resolve) => backend.close(resolve))
})

it('tells the platform who asks and for which site, whatever the visitor claims', async () => {
  const answer = await lab.get('/api/v1/rows/?page=2', {
    'x-forwarded-for': '6.6.6.6',
    'x-real-ip': '6.6.6.6',
    'x-forwarded-proto': 'gopher',
  })
  expect(answer.status).toBe(200)
  expect(JSON.parse(answer.body)).toMatchObject({
    method: 'GET',
    url: '/api/v1/rows/?page=2',
    headers: {
      host: lab.host,
      'x-real-ip': '127.0.0.1',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
    },
  })
})

it('is reached from sub-directories too, at the root and below it', async () => {
  const subdirectoryPage = 'below'
  await lab.deploy(2, { 'index.html': 'both' }, { subdirectoryPage })
  const atRoot = await lab.getDomain('/api/v1/rows/a%2Fb/?page=2')
  expect(JSON.parse(atRoot.body)).toMatchObject({
    url: '/api/v1/rows/a%2Fb/?page=2',
    headers: { host: 'apps.test', 'x-forwarded-for': '127.0.0.1' },
  })
  const belowIt = await lab.getBelow('/api/v1/rows/?page=2')
  expect(JSON.parse(belowIt.body)).toMatchObject({ url: '/api/v1/rows/?page=2' })
  expect((await lab.getDomain('/apps/nobody/api/')).status).toBe(404)
  const answers = await Promise.all(Array.from({ length: 300 }, () => lab.getDomain('/api/')))
  expect(answers.some(({ status }) => status === 429)).toBe(true)
})

it('takes 20 requests at once above its rate, then says 429, to each address for itself', async () => {
  const ask = (localAddress: string) =>
    visit(lab.config.nginx.httpPort, { path: '/api/', headers: { host: lab.host }, localAddress })
  const answers = await Promise.all(Array.from({ length: 300 }, () => ask('127.0.0.1')))
  const refused = answers.filter(({ status }) => status === 429)
  expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(21)
  expect(refused.length).toBeGreaterThan(0)
  expect(refused[0]?.headers).toMatchObject({
    'content-type': 'application/problem+json',
    'retry-after': '1',
  })
  expect(JSON.parse(refused[0]?.body ?? '')).toMatchObject({ status: 429 })
  expect((await ask('127.0.0.3')).status).toBe(200)
  expect((await lab.get('/')).status).toBe(200)
})

it('passes a WebSocket through', async () => {
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(lab.config.nginx.httpPort, '127.0.0.1', () => {
      socket.write(
        `GET /api/live HTTP/1.1\r\nHost: ${lab.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
      )
    })
    let text = ''
    socket.on('error', reject)
    socket.on('data', (part) => {
      text += part.toString()
      if (text.endsWith('\r\n\r\n')) socket.write('hello')
      if (text.endsWith('echo hello')) socket.end()
    })
    socket.on('close', () => {
      resolve(text)
    })
  })
  expect(answer).toContain('101 Switching Protocols')
  expect(answer).toContain('echo hello')
})

it('answers in JSON when the platform is away, and the site stays up', async () => {
  backend.closeAllConnections()
  await new Promise((resolve) => backend.close(resolve))
  const answer = await lab.get('/api/v1/rows/')
  expect(answer.status).toBe(502)
  expect(answer.headers['content-type']).toBe('application/problem+json')
  expect(JSON.parse(answer.body)).toMatchObject({ status: 502, code: 'backend_away' })
  expect((await lab.get('/')).status).toBe(200)
})

it('is not reached through a host that nobody has', async () => {
  await expect(lab.get('/api/', { host: 'unknown.example' })).rejects.toThrow()
})
