/** HTTPS without a public authority, as the demo has it: one of this machine's own. */
import { truncate } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../../tools/browser.ts'
import { shakeHands, visitEncrypted } from '../../tools/encrypted-visit.ts'
import { findFreePort } from '../../tools/site-lab.ts'
import {
  type SlipwayServer,
  startSlipwayServer,
  type WorkingCopy,
} from '../../tools/slipway-server.ts'
import { makeTrustingHome } from '../../tools/trusting-home.ts'

const hasIpv6 = Object.values(networkInterfaces()).some((each) =>
  each?.some(({ address }) => address === '::1'),
)
let server: SlipwayServer
let copy: WorkingCopy
let port: number
let rootFile: string
let pushed: string

beforeAll(async () => {
  port = await findFreePort()
  server = await startSlipwayServer({
    settings: {
      FRONTEND_DOMAIN: 'apps.localhost',
      ACME_DIRECTORY: 'local',
      NGINX_HTTPS_PORT: String(port),
      HSTS: '31536000',
    },
  })
  rootFile = join(server.dataDir, 'acme', 'local-root.pem')
  copy = await server.createWorkingCopy('shop', { 'index.html': '<!doctype html>by https' })
  pushed = (await copy.push()).stderr
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

function visit(host: string, words: readonly string[] = [], path = '/') {
  return visitEncrypted(`https://${host}:${port}${path}`, { rootFile, words })
}

test('a project is live by https from its first push, and the pusher is told so', async () => {
  expect(pushed).toContain(`live: https://shop.apps.localhost:${port}  (`)
  expect(pushed).toMatch(/✓ certificate +https, until 20/)
  const page = await visit('shop.apps.localhost')
  expect([page.status, page.body]).toEqual([200, '<!doctype html>by https'])
  expect(page.httpVersion).toBe('2')
  expect(page.headers).toContain('strict-transport-security: max-age=31536000')
  const { body } = await server.rest('GET', '/projects/shop')
  expect(body['frontend_url']).toBe(`https://shop.apps.localhost:${port}`)
})

test('who comes by http is sent to https, with the path kept', async () => {
  const plain = `http://shop.apps.localhost:${server.httpPort}`
  const sent = await visitEncrypted(`${plain}/a/b?c=d%20e`, { rootFile })
  expect(sent.status).toBe(301)
  expect(sent.headers).toContain(`location: https://shop.apps.localhost:${port}/a/b?c=d%20e`)
  expect(sent.headers).not.toContain('strict-transport-security')
})

test('a form that comes by http is sent again by https as it is, and no page is', async () => {
  const plain = `http://shop.apps.localhost:${server.httpPort}/a`
  for (const [method, status] of [
    ['HEAD', 301],
    ['POST', 308],
    ['DELETE', 308],
  ] as const) {
    const words = method === 'HEAD' ? ['--head'] : ['--request', method]
    const sent = await visitEncrypted(plain, { rootFile, words })
    expect(sent.status, method).toBe(status)
    expect(sent.headers).toContain(`location: https://shop.apps.localhost:${port}/a`)
  }
  const projects = `http://deploy.apps.localhost:${server.httpPort}/api/v1/runtime/projects/`
  const token = await server.adminToken()
  const form = ['--header', 'content-type: application/json', '--data', '{"name":"Sent again"}']
  const words = ['--location-trusted', '--oauth2-bearer', token, ...form]
  const { headers, body } = await visitEncrypted(projects, { rootFile, words })
  expect(headers).toMatch(/^http\/1.1 308 /)
  expect(body).toMatch(/^HTTP\/2 201 [\s\S]*"name":"Sent again"/)
})

test.runIf(hasIpv6)('who comes by IPv6 is shown the same, by https as well', async () => {
  const address = '[::1]'
  const plain = `http://shop.apps.localhost:${server.httpPort}/`
  expect((await visitEncrypted(plain, { rootFile, address })).status).toBe(301)
  const url = `https://shop.apps.localhost:${port}/`
  const { status, httpVersion, body } = await visitEncrypted(url, { rootFile, address })
  expect([status, httpVersion, body]).toEqual([200, '2', '<!doctype html>by https'])
  const nobodys = `https://nobody.apps.localhost:${port}/`
  expect((await visitEncrypted(nobodys, { rootFile, address })).status).toBe(0)
})

test("the authority's own question is never sent to https", async () => {
  const plain = `http://shop.apps.localhost:${server.httpPort}`
  const asked = await visitEncrypted(`${plain}/.well-known/acme-challenge/some-token`, { rootFile })
  expect(asked.status).toBe(404)
})

test('a host that is nobody’s gets a closed connection', async () => {
  expect((await visit('nobody.apps.localhost')).status).toBe(0)
  const words = await shakeHands(port, 'bank.example.com')
  expect(words).toContain('no peer certificate available')
  expect(await shakeHands(port, null)).toContain('no peer certificate available')
  for (const odd of [
    '../certs/_wildcard.apps.localhost',
    '..',
    '.versions',
    '_wildcard.apps.localhost',
  ]) {
    expect(await shakeHands(port, odd), odd).toContain('no peer certificate available')
  }
})

test('only TLS 1.2 and 1.3 are spoken, and sessions are resumed', async () => {
  for (const [version, isSpoken] of [
    ['-tls1_1', false],
    ['-tls1_2', true],
    ['-tls1_3', true],
  ] as const) {
    const words = await shakeHands(port, 'shop.apps.localhost', [version])
    expect(words.includes('no peer certificate available'), version).toBe(!isSpoken)
  }
  const session = join(server.folder, 'session')
  await shakeHands(port, 'shop.apps.localhost', ['-tls1_2', '-sess_out', session])
  const again = await shakeHands(port, 'shop.apps.localhost', ['-tls1_2', '-sess_in', session])
  expect(again).toContain('Reused, TLSv1.2')
})

test('the host that is asked for decides what is shown, whatever name the handshake had', async () => {
  const shop = `shop.apps.localhost:${port}`
  for (const [host, expected] of [
    ['shop.apps.localhost', [200, '<!doctype html>by https']],
    ['nobody.apps.localhost', [0, '']],
    ['bank.example.com', [0, '']],
    ['_', [0, '']],
    ['../shop.apps.localhost', [400, expect.anything()]],
  ] as const) {
    for (const version of ['--http1.1', '--http2']) {
      const words = [version, '--header', `host: ${host}`]
      const { status, body } = await visitEncrypted(`https://${shop}/`, { rootFile, words })
      expect([status, body], `${host} ${version}`).toEqual(expected)
    }
  }
})

test('nobody is sent to a host of another’s choice', async () => {
  const origin = `http://127.0.0.1:${server.httpPort}`
  for (const [host, path, expected] of [
    ['evil.example.com', '/', ''],
    ['shop.apps.localhost.evil.example.com', '/', ''],
    ['shop.apps.localhost', '//evil.example.com/%2e%2e', '//evil.example.com/%2e%2e'],
    ['shop.apps.localhost:80@evil.example.com', '/', '/'],
    ['SHOP.apps.localhost.', '/a', '/a'],
  ] as const) {
    const words = ['--path-as-is', '--header', `host: ${host}`]
    const { headers } = await visitEncrypted(`${origin}${path}`, { rootFile, words })
    const location = /^location: (.*)$/m.exec(headers)?.[1]?.trim() ?? ''
    const wanted = expected === '' ? '' : `https://shop.apps.localhost:${port}${expected}`
    expect(location, host).toBe(wanted)
  }
})

test('git, REST and the deployed site of FRONTEND_DOMAIN have certificates too', async () => {
  const health = await visit('deploy.apps.localhost', [], '/healthz')
  expect(health.status).toBe(200)
  expect((await visit('apps.localhost')).status).toBe(404)
})

test('a browser that trusts the root shows the page without a word of warning', async () => {
  await using home = await makeTrustingHome(rootFile)
  const browser = await launchBrowser({ HOME: home.path })
  try {
    const page = await browser.newPage()
    const answer = await page.goto(`https://shop.apps.localhost:${port}/`)
    expect(await page.textContent('body')).toBe('by https')
    expect((await answer?.securityDetails())?.issuer).toContain('Slipway of apps.localhost')
  } finally {
    await browser.close()
  }
})

test('a deployment goes live though the certificate was cut short on disk, and mends it', async () => {
  await truncate(join(server.dataDir, 'certs', '_wildcard.apps.localhost', 'fullchain.pem'), 200)
  await copy.commit({ 'index.html': '<!doctype html>once more' })
  expect((await copy.push()).stderr).toMatch(/ live: /)
  await expect
    .poll(async () => (await visit('shop.apps.localhost')).body)
    .toBe('<!doctype html>once more')
})

test('a certificate that is cut short on disk is made anew at the next start', async () => {
  const file = join(server.dataDir, 'certs', '_wildcard.apps.localhost', 'fullchain.pem')
  await truncate(file, 200)
  expect(await shakeHands(port, 'shop.apps.localhost')).toContain('no peer certificate available')
  const plain = await visitEncrypted(`http://shop.apps.localhost:${server.httpPort}/`, { rootFile })
  expect(plain.status).toBe(301)
  await server.stop()
  await server.start()
  await expect.poll(async () => (await visit('shop.apps.localhost')).status).toBe(200)
})
