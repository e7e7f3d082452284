/** Headers and redirects of a project's own by https, and at a domain of its own. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EncryptedVisit, visitEncrypted } from '../../tools/encrypted-visit.ts'
import { type NameServer, startNameServer } from '../../tools/name-server.ts'
import { findFreePort } from '../../tools/free-port.ts'
import {
  type SlipwayServer,
  startSlipwayServer,
  type WorkingCopy,
} from '../../tools/slipway-server.ts'
import { until } from '../../tools/until.ts'

interface DnsRecord {
  readonly name: string
  readonly type: string
  readonly value: string
}

let bind: NameServer
let server: SlipwayServer
let copy: WorkingCopy
let acmeFolder: string
let ports: { readonly http: number; readonly https: number }

beforeAll(async () => {
  ports = { http: await findFreePort(), https: await findFreePort() }
  bind = await startNameServer('example', ['apps A 127.0.0.1', '*.apps A 127.0.0.1'], 'ANY')
  server = await startSlipwayServer({
    settings: {
      FRONTEND_DOMAIN: 'apps.example',
      NGINX_HTTP_PORT: String(ports.http),
      NGINX_HTTPS_PORT: String(ports.https),
      ACME_DIRECTORY: 'local',
      DOMAIN_RESOLVERS: `127.0.0.1:${bind.port}`,
      HSTS: '3600',
    },
  })
  acmeFolder = join(server.dataDir, 'acme')
  copy = await server.createWorkingCopy('shop', {
    'index.html': '<h1>the shop</h1>',
    _headers: '/*\n  X-Release: first\n  X-Frame-Options: DENY\n',
    _redirects: '/home / 302\n/out/* https://other.example/:splat\n',
  })
  const { exitCode, stderr } = await copy.push()
  expect(exitCode, stderr).toBe(0)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await bind[Symbol.asyncDispose]()
})

/** Each domain that somebody has registered has a root of its own. */
function visit(url: string): Promise<EncryptedVisit> {
  const isOwn = new URL(url).hostname === 'shop.example'
  const rootFile = isOwn ? 'local/shop.example/local-root.pem' : 'local-root.pem'
  return visitEncrypted(url, { rootFile: join(acmeFolder, rootFile) })
}
const shop = (path: string): string => `https://shop.apps.example:${ports.https}${path}`
const own = (path: string): string => `https://shop.example:${ports.https}${path}`

test('they are sent by HTTP/2 as well, beside what the operator decides', async () => {
  const page = await visit(shop('/'))
  expect([page.status, page.httpVersion, page.body]).toEqual([200, '2', '<h1>the shop</h1>'])
  expect(page.headers).toContain('x-release: first')
  expect(page.headers).toContain('x-frame-options: deny')
  expect(page.headers).toContain('strict-transport-security: max-age=3600')
})

test('a redirect leads on by https, and who comes by http comes there first', async () => {
  const home = await visit(shop('/home?a=b'))
  expect([home.status, home.httpVersion]).toEqual([302, '2'])
  expect(home.headers).toMatch(/^location: \/\?a=b\r?$/m)
  expect(home.headers).toContain('strict-transport-security: max-age=3600')
  const plain = await visit(`http://shop.apps.example:${ports.http}/home`)
  expect(plain.status).toBe(301)
  expect(plain.headers).toContain(`location: ${shop('/home')}`)
  expect((await visit(shop('/out/a'))).headers).toContain('location: https://other.example/a')
})

test('a domain that is added has them, too', async () => {
  const { status, body } = await server.rest('POST', '/projects/shop/domains/', {
    body: { host: 'shop.example' },
  })
  expect(status).toBe(201)
  const records = body['records'] as readonly DnsRecord[]
  const changes = records.map(({ name, type, value }) => {
    return `add ${name}. 1 ${type} ${type === 'TXT' ? `"${value}"` : value}`
  })
  await bind.change(...changes)
  await server.rest('POST', '/projects/shop/domains/shop.example/check')
  await until(async () => (await visit(own('/'))).headers.includes('x-release: first'))
  expect((await visit(own('/'))).body).toBe('<h1>the shop</h1>')
  expect((await visit(own('/home'))).status).toBe(302)
})

test('a domain changes with its project, and one that is taken away shows nothing any more', async () => {
  await copy.commit({ _headers: '/*\n  X-Release: second\n', _redirects: '' })
  expect((await copy.push()).exitCode).toBe(0)
  for (const url of [own('/'), shop('/')]) {
    expect((await visit(url)).headers, url).toContain('x-release: second')
  }
  expect((await visit(own('/home'))).status).toBe(404)
  expect((await server.rest('DELETE', '/projects/shop/domains/shop.example')).status).toBe(204)
  expect((await visit(own('/'))).status).toBe(0)
  expect((await visit(shop('/'))).headers).toContain('x-release: second')
})
