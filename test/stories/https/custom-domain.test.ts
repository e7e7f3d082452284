/** A project gets its owner's own domain: from the first record to the padlock, and away again. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCertificateStore } from '../../../src/store/certificates.ts'
import { openDatabase } from '../../../src/store/database.ts'
import { launchBrowser } from '../../tools/browser.ts'
import { type CliOutcome, type CliUser, makeCliUser } from '../../tools/cli.ts'
import { shakeHands, visitEncrypted } from '../../tools/encrypted-visit.ts'
import { type NameServer, startNameServer } from '../../tools/name-server.ts'
import { type Pebble, startPebble } from '../../tools/pebble.ts'
import { findFreePort } from '../../tools/site-lab.ts'
import { type SlipwayServer, startSlipwayServer } from '../../tools/slipway-server.ts'
import { makeTrustingHome } from '../../tools/trusting-home.ts'
import { until } from '../../tools/until.ts'

let bind: NameServer
let pebble: Pebble
let server: SlipwayServer
let owner: CliUser
let rootFile: string
let ports: { readonly http: number; readonly https: number }

beforeAll(async () => {
  ports = { http: await findFreePort(), https: await findFreePort() }
  bind = await startNameServer('example', ['apps A 127.0.0.1', '*.apps A 127.0.0.1'], 'ANY')
  pebble = await startPebble({ httpPort: ports.http, dnsServer: `127.0.0.1:${bind.port}` })
  server = await startSlipwayServer({
    settings: {
      FRONTEND_DOMAIN: 'apps.example',
      NGINX_HTTP_PORT: String(ports.http),
      NGINX_HTTPS_PORT: String(ports.https),
      ACME_DIRECTORY: pebble.directory,
      ACME_CA_FILE: pebble.rootFile,
      DOMAIN_RESOLVERS: `127.0.0.1:${bind.port}`,
    },
  })
  rootFile = join(server.folder, 'issuing-root.pem')
  await writeFile(rootFile, await pebble.issuingRoot())
  for (const slug of ['shop', 'rival']) {
    const copy = await server.createWorkingCopy(slug, { 'index.html': `<h1>the ${slug}</h1>` })
    await copy.push()
  }
  owner = await makeCliUser()
  await owner.run(['login', server.url], { input: await server.adminToken() })
})
afterAll(async () => {
  await owner[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  await pebble[Symbol.asyncDispose]()
  await bind[Symbol.asyncDispose]()
})

function slipway(...words: readonly string[]): Promise<CliOutcome> {
  return owner.run([...words, '--project', 'shop'])
}

/** Copies what was printed into the zone, line by line. */
async function paste(lines: string): Promise<void> {
  const records = lines.split('\n').filter((line) => /^[^;]/.test(line))
  expect(records.length).toBeGreaterThan(0)
  await bind.change(...records.map((record) => `add ${record}`))
}

/** Nobody tells it when the authority has done its work. */
async function untilLive(host: string): Promise<string> {
  for (;;) {
    const { exitCode, stdout, stderr } = await slipway('domains', 'check', host)
    if (exitCode === 0) return stdout + stderr
    await until(async () => {
      const { body } = await server.rest('GET', `/projects/shop/domains/${host}/`)
      return body['state'] === 'live'
    })
  }
}

function visit(url: string) {
  return visitEncrypted(url, { rootFile })
}

function secure(host: string, path = '/'): string {
  return `https://${host}:${ports.https}${path}`
}

test('what is to be set is told in lines that can be pasted', async () => {
  const added = await slipway('domains', 'add', 'shop.example')
  expect(added.exitCode).toBe(0)
  expect(added.stdout).toMatch(
    /^; Proves .*\n_slipway\.shop\.example\. +300 IN TXT "slipway-verify=[\w-]{32}"\n; Leads .*\nshop\.example\. +300 IN A 127\.0\.0\.1\n$/,
  )
  const early = await slipway('domains', 'check', 'shop.example')
  expect(early.exitCode).toBe(1)
  expect(early.stdout).toMatch(/^TXT +missing +there is no TXT record _slipway\.shop\.example$/m)
  expect(early.stdout).toContain(added.stdout.split('\n')[1])
  expect(early.stderr).toContain('shop.example is not served yet')
  expect((await visit(`http://shop.example:${ports.http}/`)).status).toBe(0)
  await paste(added.stdout)
})

test('as soon as it is there the domain is served, and by https as soon as it can be', async () => {
  const told = await untilLive('shop.example')
  expect(told).toMatch(/^TXT +good/m)
  expect(told).toMatch(/^port 80 +good +127\.0\.0\.1: this server$/m)
  expect(told).toMatch(/^certificate +good +until 20/m)
  expect(told).toContain('shop.example is live.')
  expect(await visit(secure('shop.example'))).toMatchObject({
    status: 200,
    body: '<h1>the shop</h1>',
  })
  const plain = await visit(`http://shop.example:${ports.http}/a?b=c`)
  expect(plain.status).toBe(301)
  expect(plain.headers).toContain(`location: ${secure('shop.example', '/a?b=c')}`)
})

test('www leads to it, with what was asked for', async () => {
  const added = await slipway('domains', 'add', 'www.shop.example', '--redirect-to', 'shop.example')
  expect(added.stdout).toContain('www.shop.example.          300 IN CNAME shop.apps.example.')
  await paste(added.stdout)
  await untilLive('www.shop.example')
  const sent = await visit(secure('www.shop.example', '/a/b?c=d%20e'))
  expect(sent.status).toBe(301)
  expect(sent.headers).toContain(`location: ${secure('shop.example', '/a/b?c=d%20e')}`)
  const list = await slipway('domains')
  expect(list.stdout).toMatch(/^DOMAIN +STATE +SENDS TO +CERTIFICATE UNTIL +CHECKED\n/)
  expect(list.stdout).toMatch(/^shop\.example +live +- +20/m)
  expect(list.stdout).toMatch(/^www\.shop\.example +live +shop\.example +20/m)
})

test('a browser shows the padlock, and comes from www to the domain itself', async () => {
  await using home = await makeTrustingHome(rootFile)
  const browser = await launchBrowser({ HOME: home.path }, [
    '--host-resolver-rules=MAP *.example 127.0.0.1',
  ])
  try {
    const page = await browser.newPage()
    for (const start of [`http://shop.example:${ports.http}/`, secure('www.shop.example', '/')]) {
      const answer = await page.goto(start)
      expect(page.url()).toBe(secure('shop.example'))
      expect(await page.textContent('h1')).toBe('the shop')
      expect(await answer?.securityDetails()).toMatchObject({ subjectName: 'shop.example' })
    }
  } finally {
    await browser.close()
  }
})

test('another project can not have it, and is told what would decide', async () => {
  const { exitCode, stderr } = await owner.run([
    'domains',
    'add',
    'shop.example',
    '--project',
    'rival',
  ])
  expect(exitCode).toBe(1)
  expect(stderr).toContain('shop.example is a domain of another project.')
  expect(stderr).toMatch(/TXT record _slipway\.shop\.example "slipway-verify=[\w-]{32}"/)
  expect((await visit(secure('shop.example'))).body).toBe('<h1>the shop</h1>')
})

test('a deployment keeps the domains, and tells of them', async () => {
  const copy = await server.clone('shop')
  await copy.commit({ 'index.html': '<h1>the new shop</h1>' })
  const { stderr } = await copy.push()
  expect(stderr).toMatch(/✓ vhost +shop\.apps\.example, shop\.example/)
  expect((await visit(secure('shop.example'))).body).toBe('<h1>the new shop</h1>')
  expect((await visit(secure('www.shop.example'))).status).toBe(301)
})

test('what is wrong is told with the record that mends it', async () => {
  await bind.change(
    'delete shop.example. A',
    'add shop.example. 1 A 127.0.0.2',
    'add shop.example. 1 CAA 0 issue ";"',
  )
  const { exitCode, stdout, stderr } = await slipway('domains', 'check', 'shop.example')
  expect(exitCode).toBe(1)
  expect(stdout).toMatch(/^A +wrong +127\.0\.0\.2: 127\.0\.0\.2 is a private address/m)
  expect(stdout).toMatch(/^CAA +wrong +0 issue ";": .* lets no authority issue/m)
  expect(stdout).toMatch(/^shop\.example\. 300 IN A 127\.0\.0\.1$/m)
  expect(stderr).toMatch(/it is served until 20/)
  expect((await visit(secure('shop.example'))).status).toBe(200)
  await bind.change(
    'delete shop.example. A',
    'delete shop.example. CAA',
    'add shop.example. 1 A 127.0.0.1',
  )
  expect((await slipway('domains', 'check', 'shop.example')).exitCode).toBe(0)
})

test('removed, it is forgotten everywhere: no page, no redirect, no certificate, no renewal', async () => {
  const removed = await slipway('domains', 'remove', 'shop.example')
  expect(removed.exitCode).toBe(0)
  expect((await visit(secure('shop.example'))).status).toBe(0)
  expect((await visit(`http://shop.example:${ports.http}/`)).status).toBe(0)
  await until(async () => {
    const words = await shakeHands(ports.https, 'shop.example')
    return words.includes('no peer certificate available')
  })
  // It led there, and shows the site itself from now on.
  expect((await visit(secure('www.shop.example'))).body).toBe('<h1>the new shop</h1>')
  expect(certificateNames()).not.toContain('shop.example')
  expect(certificateNames()).toContain('www.shop.example')
  const again = await slipway('domains', 'remove', 'shop.example')
  expect(again.exitCode).toBe(4)
  expect(again.stderr).toContain('slipway domains lists those that it has.')
})

test('with the project go its domains; their records give nobody else a right to them', async () => {
  expect((await server.rest('DELETE', '/projects/shop')).status).toBe(204)
  expect((await visit(secure('www.shop.example'))).status).toBe(0)
  expect(certificateNames()).not.toContain('www.shop.example')
  await server.createProject('shop')
  await slipway('domains', 'add', 'www.shop.example')
  const { exitCode, stderr } = await slipway('domains', 'check', 'www.shop.example')
  expect(exitCode).toBe(1)
  expect(stderr).toContain('_slipway.www.shop.example is that of another project')
  expect((await visit(`http://www.shop.example:${ports.http}/`)).status).toBe(0)
})

function certificateNames(): readonly string[] {
  const database = openDatabase(server.dataDir)
  try {
    return createCertificateStore(database)
      .list()
      .map(({ name }) => name)
  } finally {
    database.close()
  }
}
