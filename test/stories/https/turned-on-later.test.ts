/** A server that had no certificates before: what is live already turns to https by itself. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { visitEncrypted } from '../../tools/encrypted-visit.ts'
import { startPebble } from '../../tools/pebble.ts'
import { findFreePort } from '../../tools/site-lab.ts'
import { SlipwayServer, startSlipwayServer } from '../../tools/slipway-server.ts'
import { until } from '../../tools/until.ts'

test('the sites of a server whose certificates are turned on need no new push', async () => {
  const domain = { FRONTEND_DOMAIN: 'apps.example.org' }
  await using plain = await startSlipwayServer({ settings: domain })
  const copy = await plain.createWorkingCopy('shop', { 'index.html': '<!doctype html>a shop' })
  expect((await copy.push()).stderr).toContain('live: http://shop.apps.example.org:')
  await plain.stop()

  await using pebble = await startPebble({ httpPort: plain.httpPort })
  const rootFile = join(plain.folder, 'issuing-root.pem')
  await writeFile(rootFile, await pebble.issuingRoot())
  const httpsPort = await findFreePort()
  const ports = { http: plain.httpPort, listen: plain.listenPort }
  const settings = {
    ...domain,
    NGINX_HTTPS_PORT: String(httpsPort),
    ACME_DIRECTORY: pebble.directory,
    ACME_CA_FILE: pebble.rootFile,
    SSL_EMAIL: 'ops@example.org',
  }
  await using encrypted = new SlipwayServer(plain.folder, ports, { settings })
  await encrypted.start()
  const url = `https://shop.apps.example.org:${httpsPort}`
  await until(async () => (await visitEncrypted(`${url}/`, { rootFile })).status === 200)
  expect((await visitEncrypted(`${url}/`, { rootFile })).body).toBe('<!doctype html>a shop')
  expect((await encrypted.rest('GET', '/projects/shop')).body['frontend_url']).toBe(url)
})
