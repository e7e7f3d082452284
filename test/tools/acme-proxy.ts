/**
 * A certificate authority's bad days: a proxy in front of Pebble that answers for it, or not at all,
 * and adds the renewal information (RFC 9773) that Debian's Pebble does not have yet.
 */
import { once } from 'node:events'
import { createServer, request } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLocalAuthority } from '../../src/certificates/local-authority.ts'
import type { Pebble } from './pebble.ts'

export type Fault =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body: object }
  | 'hang'
  | 'reset'

export interface AcmeProxy extends AsyncDisposable {
  readonly directory: string
  /** Trusts the proxy. */
  readonly rootPem: string
  /** Asked for each request; null lets it pass. */
  fault: (method: string, path: string) => Fault | null
  /** Null: the authority has no renewal information. */
  renewalWindow: { readonly start: Date; readonly end: Date; readonly retryAfter?: string } | null
  /** The payloads of all orders that were taken. */
  readonly orders: readonly Record<string, unknown>[]
}

export async function startAcmeProxy(pebble: Pebble): Promise<AcmeProxy> {
  const folder = await mkdtemp(join(tmpdir(), 'acme-proxy-'))
  const authority = await openLocalAuthority(folder, 'localhost')
  const { chain: cert, key } = await authority.issue(['localhost'])
  const upstream = new URL(pebble.directory)
  const orders: Record<string, unknown>[] = []
  const sockets = new Set<Socket>()
  const server = createServer({ cert, key }, (asked, answer) => {
    serve(asked, answer).catch(() => {
      answer.destroy()
    })
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  const proxy = {
    directory: `https://localhost:${port}/dir`,
    rootPem: authority.root,
    fault: (): Fault | null => null,
    renewalWindow: null,
    orders,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  } as AcmeProxy

  const serve = async (asked: IncomingMessage, answer: ServerResponse): Promise<void> => {
    const { method = '', url = '' } = asked
    const fault = proxy.fault(method, url)
    if (fault === 'hang') return
    if (fault === 'reset') {
      asked.socket.destroy()
      return
    }
    if (fault !== null) {
      const headers = { 'content-type': 'application/problem+json', ...fault.headers }
      answer.writeHead(fault.status, headers).end(JSON.stringify(fault.body))
      return
    }
    if (url.startsWith('/renewal-info/')) {
      const { retryAfter, ...suggestedWindow } = proxy.renewalWindow ?? {}
      const again = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
      answer.writeHead(200, { 'content-type': 'application/json', ...again })
      answer.end(JSON.stringify({ suggestedWindow }))
      return
    }
    const chunks: Buffer[] = []
    for await (const chunk of asked) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const passed = request({
      host: '127.0.0.1',
      port: upstream.port,
      servername: 'localhost',
      ca: pebble.rootPem,
      method,
      path: url,
      headers: asked.headers,
      agent: false,
    })
    passed.end(body)
    const [got] = (await once(passed, 'response')) as [IncomingMessage]
    // Pebble refuses some nonces, and is asked again.
    if (url.endsWith('/order-plz') && got.statusCode === 201) orders.push(readPayload(body))
    if (url !== '/dir') {
      answer.writeHead(got.statusCode ?? 500, got.headers)
      got.pipe(answer)
      return
    }
    let text = ''
    for await (const chunk of got) text += String(chunk)
    const found = JSON.parse(text) as Record<string, unknown>
    if (proxy.renewalWindow !== null) {
      found['renewalInfo'] = `https://${asked.headers.host}/renewal-info`
    }
    answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(found))
  }
  return proxy
}

/** What a signed request says. */
function readPayload(body: Buffer): Record<string, unknown> {
  const { payload } = JSON.parse(body.toString('utf8')) as { payload: string }
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Record<string, unknown>
}
