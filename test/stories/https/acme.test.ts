/** HTTPS by a public authority's protocol: Pebble asks nginx (HTTP-01) or a real BIND (DNS-01). */
import { X509Certificate } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createCertificateStore } from '../../../src/store/certificates.ts'
import { openDatabase } from '../../../src/store/database.ts'
import { startAcmeProxy } from '../../tools/acme-proxy.ts'
import { visitEncrypted } from '../../tools/encrypted-visit.ts'
import { startNameServer } from '../../tools/name-server.ts'
import { startPebble } from '../../tools/pebble.ts'
import { findFreePort } from '../../tools/site-lab.ts'
import { type SlipwayServer, startSlipwayServer } from '../../tools/slipway-server.ts'
import { until } from '../../tools/until.ts'

const page = '<!doctype html>by https'

async function startWith(
  settings: Readonly<Record<string, string>>,
  ports: { readonly http: number; readonly https: number },
): Promise<SlipwayServer> {
  return startSlipwayServer({
    settings: {
      ...settings,
      NGINX_HTTP_PORT: String(ports.http),
      NGINX_HTTPS_PORT: String(ports.https),
      SSL_EMAIL: 'ops@example.org',
    },
  })
}

async function findPorts(): Promise<{ http: number; https: number }> {
  return { http: await findFreePort(), https: await findFreePort() }
}

test('a project goes from its creation to https by itself, each host with its own certificate', async () => {
  const ports = await findPorts()
  await using pebble = await startPebble({ httpPort: ports.http })
  await using server = await startWith(
    {
      FRONTEND_DOMAIN: 'apps.example.org',
      ACME_DIRECTORY: pebble.directory,
      ACME_CA_FILE: pebble.rootFile,
    },
    ports,
  )
  const copy = await server.createWorkingCopy('shop', { 'index.html': page })
  await copy.push()
  const rootFile = join(server.folder, 'issuing-root.pem')
  await writeFile(rootFile, await pebble.issuingRoot())
  const url = `https://shop.apps.example.org:${ports.https}`
  await until(async () => (await visitEncrypted(`${url}/`, { rootFile })).status === 200)
  expect((await visitEncrypted(`${url}/`, { rootFile })).body).toBe(page)
  const { body } = await server.rest('GET', '/projects/shop')
  expect(body['frontend_url']).toBe(url)
  const chain = await readFile(join(server.dataDir, 'certs/shop.apps.example.org/fullchain.pem'))
  expect(new X509Certificate(chain).subjectAltName).toBe('DNS:shop.apps.example.org')
  await copy.commit({ 'index.html': `${page} again` })
  expect((await copy.push()).stderr).toMatch(/✓ certificate +https, until 20[\s\S]*live: https:/)
  expect((await server.rest('DELETE', '/projects/shop')).status).toBe(204)
  expect((await visitEncrypted(`${url}/`, { rootFile })).status).toBe(0)
})

test('with a wildcard no project costs a certificate: BIND shows the one proof', async () => {
  const ports = await findPorts()
  await using bind = await startNameServer('apps.example.org')
  await using pebble = await startPebble({
    httpPort: ports.http,
    dnsServer: `127.0.0.1:${bind.port}`,
  })
  await using proxy = await startAcmeProxy(pebble)
  const proxyRoot = join(pebble.folder, 'proxy-root.pem')
  await writeFile(proxyRoot, proxy.rootPem)
  await using server = await startWith(
    {
      FRONTEND_DOMAIN: 'apps.example.org',
      ACME_DIRECTORY: proxy.directory,
      ACME_CA_FILE: proxyRoot,
      ACME_CHALLENGE: 'dns-01',
      ACME_DNS: 'rfc2136',
      ACME_DNS_SERVER: `127.0.0.1:${bind.port}`,
      ACME_DNS_KEY_FILE: bind.keyFile,
    },
    ports,
  )
  const rootFile = join(server.folder, 'issuing-root.pem')
  await writeFile(rootFile, await pebble.issuingRoot())
  for (const slug of ['one', 'two', 'three']) {
    const copy = await server.createWorkingCopy(slug, { 'index.html': `${page} ${slug}` })
    await copy.push()
    const url = `https://${slug}.apps.example.org:${ports.https}/`
    await until(async () => (await visitEncrypted(url, { rootFile })).body === `${page} ${slug}`)
  }
  expect(proxy.orders).toHaveLength(1)
  expect(
    await bind.resolver.resolveTxt('_acme-challenge.apps.example.org').catch(() => []),
  ).toEqual([])
})

test('a server that is killed in the middle of an order leaves nothing in the zone for long', async () => {
  const ports = await findPorts()
  await using bind = await startNameServer('apps.example.org')
  const dnsServer = `127.0.0.1:${bind.port}`
  await using pebble = await startPebble({ httpPort: ports.http, dnsServer })
  await using proxy = await startAcmeProxy(pebble)
  const proxyRoot = join(pebble.folder, 'proxy-root.pem')
  await writeFile(proxyRoot, proxy.rootPem)
  const readProofs = (): Promise<readonly unknown[]> =>
    bind.resolver.resolveTxt('_acme-challenge.apps.example.org').catch(() => [])
  proxy.fault = (_, path) => (path.startsWith('/chalZ/') ? 'hang' : null)
  await using server = await startWith(
    {
      FRONTEND_DOMAIN: 'apps.example.org',
      DOMAIN_RESOLVERS: dnsServer,
      ACME_DIRECTORY: proxy.directory,
      ACME_CA_FILE: proxyRoot,
      ACME_CHALLENGE: 'dns-01',
      ACME_DNS: 'rfc2136',
      ACME_DNS_SERVER: dnsServer,
      ACME_DNS_KEY_FILE: bind.keyFile,
    },
    ports,
  )
  await until(async () => (await readProofs()).length > 0)
  await server.stop('SIGKILL')
  proxy.fault = () => null
  await server.start()
  const examine = async (): Promise<string> =>
    JSON.stringify((await server.rest('GET', '/doctor')).body)
  await until(async () => (await examine()).includes('1 served'))
  await until(async () => (await readProofs()).length === 0)
})

test('while the authority is away sites are live over http, say why, and turn to https later', async () => {
  const ports = await findPorts()
  await using pebble = await startPebble({ httpPort: ports.http })
  await using proxy = await startAcmeProxy(pebble)
  const proxyRoot = join(pebble.folder, 'proxy-root.pem')
  await writeFile(proxyRoot, proxy.rootPem)
  proxy.fault = () => ({
    status: 503,
    headers: { 'retry-after': '2' },
    body: { type: 'urn:ietf:params:acme:error:serverInternal', detail: 'maintenance' },
  })
  await using server = await startWith(
    {
      FRONTEND_DOMAIN: 'apps.example.org',
      ACME_DIRECTORY: proxy.directory,
      ACME_CA_FILE: proxyRoot,
    },
    ports,
  )
  const copy = await server.createWorkingCopy('shop', { 'index.html': page })
  const { exitCode, stderr } = await copy.push()
  expect(exitCode).toBe(0)
  expect(stderr).toMatch(
    /shop\.apps\.example\.org is served over HTTP until it has a certificate: .+/,
  )
  expect(stderr).toContain(`live: http://shop.apps.example.org:${ports.http}  (`)
  const plain = `http://shop.apps.example.org:${ports.http}`
  const rootFile = join(server.folder, 'issuing-root.pem')
  await writeFile(rootFile, await pebble.issuingRoot())
  expect((await visitEncrypted(`${plain}/`, { rootFile })).body).toBe(page)
  expect((await server.rest('GET', '/projects/shop')).body['frontend_url']).toBe(plain)
  proxy.fault = () => null
  await server.stop()
  await letTimePass(server)
  await server.start()
  const url = `https://shop.apps.example.org:${ports.https}`
  await until(async () => (await visitEncrypted(`${url}/`, { rootFile })).body === page)
  expect((await server.rest('GET', '/projects/shop')).body['frontend_url']).toBe(url)
})

test('a host of the platform that does not lead here is told with its record, and costs no order', async () => {
  const ports = await findPorts()
  await using bind = await startNameServer('apps.example.org', ['@ A 127.0.0.1'])
  const dnsServer = `127.0.0.1:${bind.port}`
  await using pebble = await startPebble({ httpPort: ports.http, dnsServer })
  await using proxy = await startAcmeProxy(pebble)
  const proxyRoot = join(pebble.folder, 'proxy-root.pem')
  await writeFile(proxyRoot, proxy.rootPem)
  await using server = await startWith(
    {
      FRONTEND_DOMAIN: 'apps.example.org',
      DOMAIN_RESOLVERS: dnsServer,
      ACME_DIRECTORY: proxy.directory,
      ACME_CA_FILE: proxyRoot,
    },
    ports,
  )
  const examine = async (): Promise<string> =>
    JSON.stringify((await server.rest('GET', '/doctor')).body)
  await until(async () => (await examine()).includes('1 served'))
  await until(async () => (await examine()).includes('set deploy.apps.example.org'))
  expect(await examine()).toContain('there is no A or AAAA record deploy.apps.example.org; set')
  const ordered = proxy.orders.flatMap(
    ({ identifiers }) => identifiers as readonly { value: string }[],
  )
  expect(ordered.map(({ value }) => value)).toEqual(['apps.example.org'])
})

/** Until everything that waits is due; the server is down meanwhile. */
async function letTimePass(server: SlipwayServer): Promise<void> {
  await using database = openDatabase(server.dataDir)
  const store = createCertificateStore(database)
  for (const record of store.list()) store.save({ ...record, nextTry: new Date(0) })
}
