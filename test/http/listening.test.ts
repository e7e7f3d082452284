/** Where the server listens, and how long it waits for whom. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { pino } from 'pino'
import { afterEach, expect, test, vi } from 'vitest'
import { limits } from '../../src/config.ts'
import { Secret } from '../../src/domain/secret.ts'
import { type HttpServer, startHttpServer } from '../../src/http/server.ts'
import { createSockets, refuseUnreadable } from '../../src/http/sockets.ts'
import { sendBytes } from '../tools/raw-request.ts'

afterEach(() => {
  vi.useRealTimers()
})

function start(port = 0, host = '127.0.0.1'): Promise<HttpServer> {
  const parts = {
    logger: pino(new PassThrough()),
    gitDoor: () => false,
    entranceSecret: new Secret('entrance'),
    onRequestEnd: [],
    addRoutes: (server: Parameters<Parameters<typeof startHttpServer>[0]['addRoutes']>[0]) => {
      server.post('/echo', (request) => Promise.resolve({ got: request.body }))
    },
  }
  return startHttpServer(parts, { host, port })
}

test('a port that is taken is told with the setting that names it', async () => {
  const other = createServer()
  await new Promise<void>((listening) => {
    other.listen(0, '127.0.0.1', listening)
  })
  const { port } = other.address() as AddressInfo
  await expect(start(port)).rejects.toMatchObject({
    code: 'config_invalid',
    message: `SLIPWAY_LISTEN=127.0.0.1:${port}: another program listens there already`,
  })
  await new Promise((closed) => other.close(closed))
})

test('an address that this machine does not have is told', async () => {
  await expect(start(0, '192.0.2.1')).rejects.toThrow('this machine has no such address')
})

test('one who begins a body and never ends it is let go', async () => {
  await using server = await start()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const head = 'POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n'
  const answer = sendBytes(server.address.port, `${head}content-length: 100\r\n\r\n{"a":`)
  await vi.waitFor(() => {
    expect(vi.getTimerCount()).toBeGreaterThan(0)
  }, 60_000)
  await vi.advanceTimersByTimeAsync(limits.requestTimeoutMs)
  expect(await answer).not.toContain('200 OK')
})

test('a connection is kept for whoever asks again and again', async () => {
  await using server = await start()
  const { port } = server.address
  const headers = { connection: 'keep-alive', 'content-type': 'application/json' }
  const asking = request({ port, method: 'POST', path: '/echo', headers }).end('{}')
  const [answer] = (await once(asking, 'response')) as [IncomingMessage]
  asking.destroy()
  expect(answer.headers).toMatchObject({
    connection: 'keep-alive',
    'keep-alive': `timeout=${limits.requestTimeoutMs / 1_000}`,
  })
})

test('one who connects and sends nothing, or half of its headers, is let go', async () => {
  const parts = { gitDoor: () => false, entranceSecret: new Secret('entrance'), onRequestEnd: [] }
  const server = createSockets(parts, () => {
    throw new Error('a request that is not whole was handled')
  })
  server.on('clientError', refuseUnreadable)
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening)
  })
  expect(server.headersTimeout).toBe(limits.requestTimeoutMs)
  server.headersTimeout = 1
  const { port } = server.address() as AddressInfo
  for (const answer of await Promise.all(
    ['', 'GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: '].map((bytes) => sendBytes(port, bytes)),
  )) {
    expect(answer).toMatch(/^HTTP\/1\.1 400 [^]*did not come in time/)
  }
  await new Promise((closed) => server.close(closed))
})
