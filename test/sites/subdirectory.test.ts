// Sites below FRONTEND_DOMAIN/apps/: what visitors get there, and what they never get.
import { mkdir, stat, symlink, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type HostName, parseSlug } from '../../src/domain/names.ts'
import { asNavigation, asScript, type SiteLab, startSiteLab } from '../tools/site-lab.ts'

const below = '<meta name="base" content="/apps/mon-app/">'

describe('a generated app', () => {
  let lab: SiteLab

  beforeAll(async () => {
    lab = await startSiteLab()
    const files = { 'index.html': '<meta name="base" content="/">', 'robots.txt': 'all' }
    await lab.deploy(1, files, { spa: true, subdirectoryPage: below })
  })

  afterAll(async () => {
    await lab[Symbol.asyncDispose]()
  })

  it('opens below /apps/ and at its host, each with its own first page', async () => {
    const page = await lab.getBelow('/', asNavigation)
    expect(page).toMatchObject({ status: 200, body: below })
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
    })
    expect((await lab.getBelow('/index.html')).body).toBe(below)
    expect((await lab.get('/')).body).toBe('<meta name="base" content="/">')
    expect((await lab.getBelow('/robots.txt')).body).toBe('all')
  })

  it('opens at a deep link, for navigations only, also one of a table "apps"', async () => {
    for (const path of [
      '/customers/42',
      '/customers/',
      '/apps/mon-app/1',
      '/apps/',
      '/apps',
      '/a.b/c',
    ]) {
      const answer = await lab.getBelow(path, asNavigation)
      expect([path, answer.status, answer.body]).toEqual([path, 200, below])
      expect((await lab.getBelow(path, asScript)).status).toBe(404)
      const atHost = await lab.get(`/apps${path}`, asNavigation)
      expect([path, atHost.body]).toEqual([path, '<meta name="base" content="/">'])
    }
    for (const path of ['/missing.js', '/assets/index-BkX3a9_z.js', '/apps/mon-app/x.css']) {
      const answer = await lab.getBelow(path, asNavigation)
      expect(answer).toMatchObject({ status: 404, body: 'Not found\n' })
    }
  })

  it('is led to its folder, with what was asked for, without naming a port', async () => {
    const answer = await lab.getDomain('/apps/mon-app?a=1&b=%2F')
    expect(answer.status).toBe(301)
    expect(answer.headers.location).toBe('/apps/mon-app/?a=1&b=%2F')
  })

  it('answers 304 to those who have the page already', async () => {
    const { etag = '' } = (await lab.getBelow('/')).headers
    expect((await lab.getBelow('/', { 'if-none-match': etag })).status).toBe(304)
  })

  it('is gone from there when it is unlinked, and comes back, without a reload', async () => {
    const { sites, slug } = lab
    expect(await sites.linkSubdirectory(slug)).toBe(false)
    await sites.unlinkSubdirectory(slug)
    await sites.unlinkSubdirectory(slug)
    expect((await lab.getBelow('/', asNavigation)).status).toBe(404)
    expect((await lab.get('/')).status).toBe(200)
    expect(await sites.linkSubdirectory(slug)).toBe(true)
    expect((await lab.getBelow('/', asNavigation)).status).toBe(200)
  })
})

describe('FRONTEND_DOMAIN', () => {
  let lab: SiteLab

  beforeEach(async () => {
    lab = await startSiteLab()
  })

  afterEach(async () => {
    await lab[Symbol.asyncDispose]()
  })

  it('says that nothing is there, but of a site that is to come', async () => {
    for (const path of ['/', '/apps', '/apps/', '/apps/nobody', '/apps/nobody/', '/x.js', '/api']) {
      const answer = await lab.getDomain(path, asNavigation)
      expect([path, answer.status]).toEqual([path, 404])
      expect(answer.headers['content-type']).toContain('text/html')
      expect(answer.headers['x-content-type-options']).toBe('nosniff')
      expect(answer.body).toContain('Nothing is here')
    }
    const { sites, slug } = lab
    await sites.linkSubdirectory(slug)
    for (const path of ['/', '', '/deep/link', '/x.js', '/api/']) {
      const answer = await lab.getBelow(path, asNavigation)
      expect([path, answer.status, answer.headers['retry-after']]).toEqual([path, 503, '5'])
      expect(answer.body).toContain('Nothing is live here yet')
    }
    expect((await lab.getDomain('/__slipway_generation')).status).toBe(200)
  })

  it('forgets a project that was removed, and shows it to nobody of the same name', async () => {
    const how = { spa: true, subdirectoryPage: below }
    await lab.deploy(1, { 'index.html': 'x' }, how)
    expect((await lab.getBelow('/')).status).toBe(200)
    await lab.sites.removeSite(lab.slug)
    expect((await lab.getBelow('/')).status).toBe(404)
    await lab.publish(1, { 'index.html': 'of somebody else' }, how)
    await lab.sites.activate(lab.slug, 1)
    expect((await lab.getBelow('/')).status).toBe(404)
  })

  it('shows no pushed app that was not made for it, and leads to its host instead', async () => {
    await lab.deploy(1, { 'index.html': 'pushed', 'été.html': 'summer', 'x.js': 'x' }, true)
    const { httpPort } = lab.config.nginx
    const cases = {
      '/': '/',
      '': '/',
      '/x.js': '/x.js',
      '/deep/link?a=1': '/deep/link?a=1',
      '/%C3%A9t%C3%A9.html': '/%C3%A9t%C3%A9.html',
      '/a%0d%0ab': '/a%0D%0Ab',
      '//evil.test/': '/evil.test/',
      '/%2fevil.test': '/evil.test',
    }
    for (const [path, to] of Object.entries(cases)) {
      const answer = await lab.getBelow(path, { host: `apps.test:${httpPort}` })
      expect([path, answer.status]).toEqual([path, 302])
      expect(answer.headers.location).toBe(`//mon-app.apps.test:${httpPort}${to}`)
      expect(answer.body).not.toContain('pushed')
    }
  })

  it('changes from a generated app to a pushed one and back by the same swap', async () => {
    await lab.deploy(1, { 'index.html': 'x' }, { spa: true, subdirectoryPage: below })
    await lab.deploy(2, { 'index.html': 'pushed' })
    expect((await lab.getBelow('/')).status).toBe(302)
    await lab.sites.activate(lab.slug, 1)
    expect((await lab.getBelow('/deep', asNavigation)).body).toBe(below)
    await lab.sites.activate(lab.slug, null)
    expect((await lab.getBelow('/')).status).toBe(503)
  })

  it.each([
    '/apps/mon-app/../../../data/slipway.db',
    '/apps/mon-app/%2e%2e/manifest.json',
    '/apps/mon-app/..%2f..%2fmanifest.json',
    '/apps/mon-app..%2fmanifest.json',
    '/apps/mon-app../manifest.json',
    '/apps/mon-app/subdirectory/files/index.html',
    '/apps/mon-app/files/index.html',
    '/apps/mon-app/current/manifest.json',
    '/apps/../apps/mon-app/manifest.json',
    '/apps/.none/index.html',
    '/apps/.hidden/',
    '/apps/MON-APP/',
    '/apps/-/',
    '/apps/mon_app/',
    '/apps/%00/',
    '/apps/mon-app%00/',
    '/apps/mon-app/.env',
    '/apps/mon-app/%2eenv',
    '/apps/mon-app/.git/config',
    `/apps/${'a'.repeat(64)}/`,
    '/apps/mon-app/\\..\\manifest.json',
    '/APPS/mon-app/',
  ])('gives nothing away at %s', async (path) => {
    await lab.deploy(1, { 'index.html': 'SECRET' }, { subdirectoryPage: below })
    const view = join(lab.config.nginx.wwwRoot, 'mon-app/releases/1/subdirectory/files')
    await writeFile(join(view, '.env'), 'SECRET=1')
    await mkdir(join(view, '.git'))
    await writeFile(join(view, '.git/config'), 'SECRET=1')
    await mkdir(join(lab.config.dataDir, 'apps/.hidden/current/subdirectory/files'), {
      recursive: true,
    })
    await writeFile(
      join(lab.config.dataDir, 'apps/.hidden/current/subdirectory/files/index.html'),
      'SECRET',
    )
    const answer = await rawRequest(lab, path)
    expect(answer).toMatch(/^HTTP\/1\.1 (?:400|404) /)
    expect(answer).not.toContain('SECRET')
    expect(answer).not.toContain('sha256')
    expect(answer).not.toContain('content="/apps/')
  })

  it('takes // and dots in the middle as browsers do', async () => {
    await lab.deploy(1, { 'index.html': 'x', 'a/b.txt': 'found' }, { subdirectoryPage: below })
    for (const path of [
      '//apps/mon-app/a/b.txt',
      '/apps//mon-app//a//b.txt',
      '/apps/mon-app/./a/b.txt',
      '/apps/mon-app/x/../a/b.txt',
      '/apps/other/../mon-app/a%2Fb.txt',
      '/apps/mon%2Dapp/a/b.txt',
    ]) {
      expect([path, await rawRequest(lab, path)]).toEqual([path, expect.stringContaining('found')])
    }
  })

  it('follows no link out of a release', async () => {
    await lab.deploy(1, { 'index.html': 'x' }, { subdirectoryPage: below })
    const view = join(lab.config.nginx.wwwRoot, 'mon-app/releases/1/subdirectory/files')
    await mkdir(join(lab.folder, 'secret'), { mode: 0o755 })
    await writeFile(join(lab.folder, 'secret/index.html'), 'PRIVATE')
    await symlink(join(lab.folder, 'secret/index.html'), join(view, 'leak.html'))
    await symlink(join(lab.folder, 'secret'), join(view, 'leaks'))
    for (const path of ['/leak.html', '/leak', '/leaks', '/leaks/', '/leaks/index.html']) {
      const answer = await lab.getBelow(path, asNavigation)
      expect([path, answer.body.includes('PRIVATE')]).toEqual([path, false])
      expect(answer.status).not.toBe(200)
    }
  })

  it('is no host of a project', async () => {
    await lab.deploy(1, { 'index.html': 'x' }, { subdirectoryPage: below })
    await lab.sites.linkHost(lab.slug, 'apps.test' as HostName)
    expect((await lab.getDomain('/')).status).toBe(404)
  })

  it('keeps the apps apart by their links only', async () => {
    await lab.deploy(1, { 'index.html': 'x' }, { subdirectoryPage: below })
    const other = parseSlug('mon-app-2')
    await lab.sites.linkSubdirectory(other)
    expect((await lab.getDomain('/apps/mon-app-2/')).status).toBe(503)
    expect((await lab.getDomain('/apps/mon/')).status).toBe(404)
  })
})

describe('a pushed app that was made for it', () => {
  let lab: SiteLab
  const made = { spa: true, address: 'subdirectory' } as const

  beforeEach(async () => {
    lab = await startSiteLab()
  })

  afterEach(async () => {
    await lab[Symbol.asyncDispose]()
  })

  it('is served there by the rules of a host', async () => {
    const text = 'a line that is long enough to be compressed\n'.repeat(100)
    await lab.deploy(
      1,
      {
        'index.html': 'home',
        'about.html': 'about',
        '404.html': 'our own',
        'docs/index.html': 'docs',
        'app.js': text,
        'assets/index-BkX3a9_z.js': text,
        'été/index.html': 'summer',
        '.well-known/security.txt': 'Contact',
      },
      made,
    )
    const pages = {
      '/': 'home',
      '/about': 'about',
      '/about.html': 'about',
      '/docs/': 'docs',
      '/deep/link': 'home',
      '/.well-known/security.txt': 'Contact',
    }
    for (const [path, body] of Object.entries(pages)) {
      const answer = await lab.getBelow(path, asNavigation)
      expect([path, answer.status, answer.body]).toEqual([path, 200, body])
      expect(answer.headers['cache-control']).toBe('no-cache')
    }
    const led = await lab.getBelow('/docs?a=1')
    expect([led.status, led.headers.location]).toEqual([301, '/apps/mon-app/docs/?a=1'])
    const named = await lab.getBelow(encodeURI('/été'))
    expect(named.headers.location).toBe(encodeURI('/apps/mon-app/été/'))
    const hashed = await lab.getBelow('/assets/index-BkX3a9_z.js', { 'accept-encoding': 'gzip' })
    expect(hashed.headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-encoding': 'gzip',
      'x-frame-options': 'SAMEORIGIN',
    })
    for (const path of ['/missing.js', '/assets/index-aB3xZ9_k.js', '/docs', '/.env']) {
      expect((await lab.getBelow(`${path}x`, asScript)).status).toBe(404)
    }
  })

  it('shows its own page for what is missing', async () => {
    await lab.deploy(
      1,
      { 'index.html': 'home', '404.html': 'our own' },
      { address: 'subdirectory' },
    )
    expect(await lab.getBelow('/nowhere', asNavigation)).toMatchObject({
      status: 404,
      body: 'our own',
    })
  })

  it('keeps the hashed assets of earlier releases, made for either address', async () => {
    await lab.deploy(1, { 'index.html': '1', 'assets/a-BkX3a9_z.js': 'one', 'same.txt': 's' })
    await lab.deploy(2, { 'index.html': '2', 'assets/a-Zq8Lm2Xw.js': 'two', 'same.txt': 's' }, made)
    expect((await lab.getBelow('/assets/a-BkX3a9_z.js')).body).toBe('one')
    await lab.deploy(3, { 'index.html': '3', 'same.txt': 's' }, made)
    expect((await lab.getBelow('/assets/a-Zq8Lm2Xw.js')).body).toBe('two')
    expect((await lab.getBelow('/same.txt')).body).toBe('s')
    const { wwwRoot } = lab.config.nginx
    const inodes = await Promise.all(
      ['1/files', '2/subdirectory/files', '3/subdirectory/files'].map((folder) =>
        stat(join(wwwRoot, 'mon-app/releases', folder, 'same.txt')),
      ),
    )
    expect(new Set(inodes.map(({ ino }) => ino)).size).toBe(1)
    expect(await lab.sites.addressesOf(lab.slug, 1)).toEqual(['subdomain'])
    expect(await lab.sites.addressesOf(lab.slug, 3)).toEqual(['subdirectory'])
    expect(await lab.sites.addressesOf(lab.slug, 4)).toEqual([])
  })

  it('is found from its sub-domain, at the same path', async () => {
    await lab.deploy(1, { 'index.html': 'home' }, made)
    const { httpPort } = lab.config.nginx
    const cases = {
      '/': '/',
      '/deep/link?a=1&b=%2F': '/deep/link?a=1&b=%2F',
      '/%C3%A9t%C3%A9': '/%C3%A9t%C3%A9',
      '//evil.test/': '/evil.test/',
      '/x.js': '/x.js',
      '/a%0d%0ab': '/a%0D%0Ab',
    }
    for (const [path, to] of Object.entries(cases)) {
      const answer = await lab.get(path, { host: `Mon-App.apps.test:${httpPort}` })
      expect([path, answer.status]).toEqual([path, 302])
      expect(answer.headers.location).toBe(`//apps.test:${httpPort}/apps/mon-app${to}`)
    }
    expect((await lab.get('/')).headers.location).toBe('//apps.test/apps/mon-app/')
    await lab.deploy(2, { 'index.html': 'at its host again' })
    expect((await lab.get('/')).body).toBe('at its host again')
    await lab.sites.activate(lab.slug, 1)
    expect((await lab.get('/')).status).toBe(302)
  })

  it('is found from a domain of its own, too', async () => {
    await lab.deploy(1, { 'index.html': 'home' }, made)
    for (const host of ['www.client.example', 'a.b.apps.test', 'apps.test.example']) {
      await lab.sites.linkHost(lab.slug, host as HostName)
      const answer = await lab.get('/a?b=c', { host: `${host}:8080` })
      const place = '//apps.test:8080/apps/mon-app/a?b=c'
      expect([host, answer.status, answer.headers.location]).toEqual([host, 302, place])
    }
  })
})

/** Sends the path as it is, and gives all that came back. */
function rawRequest(lab: SiteLab, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(lab.config.nginx.httpPort, '127.0.0.1', () =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: apps.test\r\nConnection: close\r\n\r\n`),
    )
    let answer = ''
    socket.on('data', (part) => (answer += part.toString('latin1')))
    socket.on('error', reject)
    socket.on('close', () => {
      resolve(answer)
    })
  })
}
