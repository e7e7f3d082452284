/** From a certificate for each host to a wildcard, and back: nobody is without https meanwhile. */
import { X509Certificate } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startAcmeProxy } from '../../tools/acme-proxy.ts'
import { shakeHands, visitEncrypted } from '../../tools/encrypted-visit.ts'
import { findFreePort } from '../../tools/free-port.ts'
import { startNameServer } from '../../tools/name-server.ts'
import { startPebble } from '../../tools/pebble.ts'
import { SlipwayServer, startSlipwayServer } from '../../tools/slipway-server.ts'
import { until } from '../../tools/until.ts'

const page = '<!doctype html>a shop'
const away = {
  status: 503,
  body: { type: 'urn:ietf:params:acme:error:serverInternal', detail: 'no' },
}

test('hosts keep their own certificates until the wildcard is there, and have it at once then', async () => {
  const httpPort = await findFreePort()
  const httpsPort = await findFreePort()
  await using bind = await startNameServer('apps.example.org', ['@ A 127.0.0.1', '* A 127.0.0.1'])
  await using pebble = await startPebble({ httpPort, dnsServer: `127.0.0.1:${bind.port}` })
  await using proxy = await startAcmeProxy(pebble)
  const proxyRoot = join(pebble.folder, 'proxy-root.pem')
  await writeFile(proxyRoot, proxy.rootPem)
  const perHost = {
    FRONTEND_DOMAIN: 'apps.example.org',
    NGINX_HTTP_PORT: String(httpPort),
    NGINX_HTTPS_PORT: String(httpsPort),
    DOMAIN_RESOLVERS: `127.0.0.1:${bind.port}`,
    ACME_DIRECTORY: proxy.directory,
    ACME_CA_FILE: proxyRoot,
  }
  const wildcard = {
    ...perHost,
    ACME_CHALLENGE: 'dns-01',
    ACME_DNS: 'rfc2136',
    ACME_DNS_SERVER: `127.0.0.1:${bind.port}`,
    ACME_DNS_KEY_FILE: bind.keyFile,
  }
  await using first = await startSlipwayServer({ settings: perHost })
  const rootFile = join(first.folder, 'issuing-root.pem')
  await writeFile(rootFile, await pebble.issuingRoot())
  const visit = async (slug: string): Promise<number> => {
    const url = `https://${slug}.apps.example.org:${httpsPort}/`
    return (await visitEncrypted(url, { rootFile })).status
  }
  const seen = async (slug: string): Promise<string> => {
    const words = await shakeHands(httpsPort, `${slug}.apps.example.org`)
    const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(words)?.[0]
    return pem === undefined ? '' : (new X509Certificate(pem).subjectAltName ?? '')
  }
  const copy = await first.createWorkingCopy('shop', { 'index.html': page })
  await copy.push()
  await until(async () => (await visit('shop')) === 200)
  await first.stop()

  const ports = { http: httpPort, listen: first.listenPort }
  proxy.fault = (_, path) => (path.endsWith('/order-plz') ? away : null)
  const second = new SlipwayServer(first.folder, ports, { settings: wildcard })
  await second.start()
  await until(async () => {
    const { body } = await second.rest('GET', '/doctor')
    return JSON.stringify(body).includes('1 failed at their last try')
  })
  expect(await visit('shop'), 'by its own certificate').toBe(200)
  expect(await seen('shop')).toBe('DNS:shop.apps.example.org')
  const { body } = await second.rest('GET', '/projects/shop')
  expect(body['frontend_url']).toBe(`https://shop.apps.example.org:${httpsPort}`)
  await second.createProject('later')
  expect(await visit('later'), 'which has none of its own').toBe(0)
  await second.stop()

  proxy.fault = () => null
  const third = new SlipwayServer(first.folder, ports, { settings: wildcard })
  await third.start()
  try {
    await until(async () => (await visit('later')) === 200)
    expect((await seen('shop')).split(', ').toSorted()).toEqual([
      'DNS:*.apps.example.org',
      'DNS:apps.example.org',
    ])
    expect((await third.rest('GET', '/readyz')).status).not.toBe(503)
  } finally {
    await third.stop()
  }

  proxy.fault = (_, path) => (path.endsWith('/order-plz') ? away : null)
  const fourth = new SlipwayServer(first.folder, ports, { settings: perHost })
  await fourth.start()
  try {
    await until(async () => {
      const { body: told } = await fourth.rest('GET', '/doctor')
      return JSON.stringify(told).includes('failed at their last try')
    })
    expect(await visit('later'), 'by the wildcard, which nobody renews').toBe(200)
    expect(await visit('deploy')).toBe(404)
  } finally {
    await fourth.stop()
  }
  proxy.fault = () => null
  const fifth = new SlipwayServer(first.folder, ports, { settings: perHost })
  await fifth.start()
  try {
    await until(async () => (await seen('later')) === 'DNS:later.apps.example.org')
    expect(await visit('later')).toBe(200)
  } finally {
    await fifth.stop()
  }
})
