/** A server whose authority is changed, and back: each domain keeps its https, whoever signs. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { shakeHands, visitEncrypted } from '../../tools/encrypted-visit.ts'
import { startNameServer } from '../../tools/name-server.ts'
import { startPebble } from '../../tools/pebble.ts'
import { findFreePort } from '../../tools/free-port.ts'
import { SlipwayServer, startSlipwayServer } from '../../tools/slipway-server.ts'
import { until } from '../../tools/until.ts'

const page = '<!doctype html>a shop'

test('a project and its own domain keep https from ACME to our own authority, and back', async () => {
  const httpPort = await findFreePort()
  const httpsPort = await findFreePort()
  await using bind = await startNameServer(
    'example',
    ['apps A 127.0.0.1', '*.apps A 127.0.0.1'],
    'ANY',
  )
  const dnsServer = `127.0.0.1:${bind.port}`
  await using pebble = await startPebble({ httpPort, dnsServer })
  const common = {
    FRONTEND_DOMAIN: 'apps.example',
    NGINX_HTTP_PORT: String(httpPort),
    NGINX_HTTPS_PORT: String(httpsPort),
    DOMAIN_RESOLVERS: dnsServer,
  }
  const acme = { ...common, ACME_DIRECTORY: pebble.directory, ACME_CA_FILE: pebble.rootFile }
  const local = { ...common, ACME_DIRECTORY: 'local' }
  await using first = await startSlipwayServer({ settings: acme })
  const pebbleRoot = join(first.folder, 'issuing-root.pem')
  await writeFile(pebbleRoot, await pebble.issuingRoot())
  const copy = await first.createWorkingCopy('shop', { 'index.html': page })
  await copy.push()
  const { body } = await first.rest('POST', '/projects/shop/domains/', {
    body: { host: 'www.shop.example' },
  })
  const records = body['records'] as readonly { type: string; name: string; value: string }[]
  await bind.change(
    ...records.map(
      ({ type, name, value }) => `add ${name}. 1 ${type} ${type === 'TXT' ? value : `${value}.`}`,
    ),
  )
  await first.rest('POST', '/projects/shop/domains/www.shop.example/check')
  const see = async (host: string, rootFile: string): Promise<string> =>
    (await visitEncrypted(`https://${host}:${httpsPort}/`, { rootFile })).body
  const untilSigned = async (roots: Readonly<Record<string, string>>): Promise<void> => {
    for (const [host, root] of Object.entries(roots)) {
      await until(async () => (await see(host, root)) === page)
    }
  }
  const byPebble = { 'shop.apps.example': pebbleRoot, 'www.shop.example': pebbleRoot }
  await untilSigned(byPebble)
  await first.stop()

  const ports = { http: httpPort, listen: first.listenPort }
  const acmeFolder = join(first.dataDir, 'acme')
  const second = new SlipwayServer(first.folder, ports, { settings: local })
  await second.start()
  await untilSigned({
    'shop.apps.example': join(acmeFolder, 'local-root.pem'),
    'www.shop.example': join(acmeFolder, 'local/shop.example/local-root.pem'),
  })
  const domain = await second.rest('GET', '/projects/shop/domains/www.shop.example/')
  expect(domain.body).toMatchObject({ state: 'live', certificate: { state: 'valid' } })
  await second.stop()

  const third = new SlipwayServer(first.folder, ports, { settings: acme })
  await third.start()
  try {
    await untilSigned(byPebble)
    expect(await shakeHands(httpsPort, 'nobody.apps.example')).toContain(
      'no peer certificate available',
    )
  } finally {
    await third.stop()
  }
})
