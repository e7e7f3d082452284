// What visitors get from a real nginx: pages, scripts, missing things, and what must never leak.
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HostName } from '../../src/domain/names.ts'
import { asNavigation, asScript, type SiteLab, startSiteLab, visit } from '../tools/site-lab.ts'

const script = `console.log(${'"long enough to be compressed",'.repeat(80)}1)`
let lab: SiteLab

beforeAll(async () => {
  lab = await startSiteLab()
  await lab.deploy(1, {
    'index.html': '<h1>Home</h1>',
    '404.html': '<h1>Our own page for what is missing</h1>',
    'about.html': '<h1>About</h1>',
    'docs/index.html': '<h1>Docs</h1>',
    'été à/index.html': '<h1>Names of people</h1>',
    'pictures/cat.png': 'png',
    'app.js': script,
    'data.json': '{}',
    'module.mjs': 'export {}',
    'app.wasm': 'wasm',
    'app.webmanifest': '{}',
    'assets/index-BkX3a9_z.js': script,
    '.well-known/security.txt': 'Contact: mailto:us@example.org',
  })
})

afterAll(async () => {
  await lab[Symbol.asyncDispose]()
})

describe('a site of plain files', () => {
  it('serves its pages, folders and pages without their ending', async () => {
    expect(await lab.get('/')).toMatchObject({ status: 200, body: '<h1>Home</h1>' })
    expect(await lab.get('/docs/')).toMatchObject({ status: 200, body: '<h1>Docs</h1>' })
    expect(await lab.get('/about')).toMatchObject({ status: 200, body: '<h1>About</h1>' })
    expect((await lab.get('/about')).headers['content-type']).toBe('text/html; charset=utf-8')
  })

  it('leads from a folder to its page, without naming a port', async () => {
    const answer = await lab.get('/docs?a=1')
    expect(answer.status).toBe(301)
    expect(answer.headers.location).toBe('/docs/?a=1')
    const named = await lab.get(encodeURI('/été à'))
    expect(named.headers.location).toBe(encodeURI('/été à/'))
    expect((await lab.get(encodeURI('/été à/'))).body).toBe('<h1>Names of people</h1>')
  })

  it('answers a missing script with 404 and never with a page', async () => {
    for (const path of ['/missing.js', '/assets/index-aB3xZ9_k.js', '/pictures/dog.png']) {
      const answer = await lab.get(path, asScript)
      expect(answer).toMatchObject({ status: 404, body: 'Not found\n' })
      expect(answer.headers['content-type']).toContain('text/plain')
    }
  })

  it("shows the site's own 404 page to people, with 404", async () => {
    for (const path of ['/nowhere', '/nowhere/', '/nowhere.html', '/pictures/', '/404.html']) {
      const answer = await lab.get(path, asNavigation)
      expect([path, answer.status, answer.body]).toEqual([
        path,
        404,
        '<h1>Our own page for what is missing</h1>',
      ])
    }
  })

  it('lists no folder and leads to none that has no page', async () => {
    expect((await lab.get('/pictures', asNavigation)).status).toBe(404)
  })

  it('hides dot-files, but not what is well known', async () => {
    const files = join(lab.config.nginx.wwwRoot, 'mon-app/releases/1/files')
    await writeFile(join(files, '.env'), 'SECRET=1')
    await mkdir(join(files, '.git'))
    await writeFile(join(files, '.git/config'), 'SECRET=1')
    for (const path of ['/.env', '/.git/config', '/docs/../.env', '/.well-known/.x', '/%2eenv']) {
      expect([path, (await lab.get(path)).status]).toEqual([path, 404])
    }
    expect((await lab.get('/.well-known/security.txt')).status).toBe(200)
  })

  it('keeps what lies beside the files to itself', async () => {
    for (const path of ['/manifest.json', '/../manifest.json', '/files/index.html', '/spa/']) {
      expect((await lab.get(path)).status).not.toBe(200)
    }
  })
})

describe('headers', () => {
  it('lets only content-hashed files be cached for ever', async () => {
    const hashed = await lab.get('/assets/index-BkX3a9_z.js')
    expect(hashed.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    for (const path of ['/', '/app.js', '/pictures/cat.png', '/about', '/docs/', '/data.json']) {
      const { headers } = await lab.get(path)
      expect([path, headers['cache-control']]).toEqual([path, 'no-cache'])
      expect(headers.etag).toBeDefined()
      expect(headers['last-modified']).toBeDefined()
    }
  })

  it('answers 304 to those who have it already', async () => {
    const { etag = '' } = (await lab.get('/')).headers
    expect((await lab.get('/', { 'if-none-match': etag })).status).toBe(304)
  })

  it('protects every page and every file alike', async () => {
    for (const path of ['/', '/app.js', '/assets/index-BkX3a9_z.js', '/docs/']) {
      expect((await lab.get(path)).headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'SAMEORIGIN',
        'referrer-policy': 'strict-origin-when-cross-origin',
        'permissions-policy': expect.stringContaining('camera=(self)'),
      })
    }
    const missing = await lab.get('/nowhere', asNavigation)
    expect(missing.headers['x-content-type-options']).toBe('nosniff')
    expect(missing.headers.server).toBe('nginx')
  })

  it('names the kinds of files that browsers insist on', async () => {
    const kinds = {
      '/app.js': 'text/javascript',
      '/module.mjs': 'text/javascript',
      '/app.wasm': 'application/wasm',
      '/app.webmanifest': 'application/manifest+json',
    }
    for (const [path, kind] of Object.entries(kinds)) {
      expect((await lab.get(path)).headers['content-type']).toContain(kind)
    }
  })

  it('sends the compressed file to those who take it', async () => {
    const answer = await lab.get('/assets/index-BkX3a9_z.js', { 'accept-encoding': 'gzip, br' })
    expect(answer.headers['content-encoding']).toBe('gzip')
    expect(answer.headers.vary).toContain('Accept-Encoding')
    expect(Number(answer.headers['content-length'])).toBeLessThan(script.length / 4)
  })
})

describe('links inside a release', () => {
  it('never lead out of it, whoever planted them', async () => {
    const files = join(lab.config.nginx.wwwRoot, 'mon-app/releases/1/files')
    await mkdir(join(lab.folder, 'secret'))
    await chmod(join(lab.folder, 'secret'), 0o755)
    await writeFile(join(lab.folder, 'secret/key.pem'), 'PRIVATE KEY')
    await writeFile(join(lab.folder, 'secret/index.html'), 'PRIVATE KEY')
    await symlink(join(lab.folder, 'secret/key.pem'), join(files, 'leak.pem'))
    await symlink(join(lab.folder, 'secret/key.pem'), join(files, 'leak'))
    await symlink(join(lab.folder, 'secret/key.pem'), join(files, 'leak.html'))
    await symlink(join(lab.folder, 'secret'), join(files, 'leaks'))
    const pool = join(lab.config.nginx.wwwRoot, 'mon-app/pool')
    await symlink(join(lab.folder, 'secret/key.pem'), join(pool, 'pooled.pem'))
    for (const path of [
      '/leak.pem',
      '/leak',
      '/leak.html',
      '/leaks/key.pem',
      '/leaks/',
      '/leaks',
      '/pooled.pem',
    ]) {
      for (const headers of [asNavigation, asScript]) {
        const answer = await lab.get(path, headers)
        expect([path, answer.status]).toEqual([path, 404])
        expect(answer.body).not.toContain('PRIVATE')
      }
    }
  })
})

describe('hosts', () => {
  it('closes the connection for a host that nobody has', async () => {
    for (const host of ['unknown.apps.test', 'releases', '_', 'mon-app', '%2e%2e', '127.0.0.1']) {
      await expect(lab.get('/', { host })).rejects.toThrow()
      await expect(lab.get('/api/x', { host })).rejects.toThrow()
    }
  })

  it('takes a host in capitals, with a dot at its end, with a port', async () => {
    for (const host of ['MON-APP.apps.TEST', 'mon-app.apps.test.', 'mon-app.apps.test:8080']) {
      expect(await lab.get('/', { host })).toMatchObject({ status: 200, body: '<h1>Home</h1>' })
    }
  })

  it.each([
    '..',
    '.',
    '../',
    '../www/mon-app',
    'a/../mon-app.apps.test',
    'mon-app.apps.test/../..',
    '\\..\\',
    '',
    'mon-app.apps.test\0',
    'x\r\nHost: mon-app.apps.test',
  ])('gives nothing away to the host %j', async (host) => {
    const answer = await rawRequest(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    expect(answer).not.toContain('200 OK')
    expect(answer).not.toContain('Home')
  })

  it('knows no site for HTTP/1.0 without a host', async () => {
    expect(await rawRequest('GET / HTTP/1.0\r\n\r\n')).toBe('')
  })

  it('serves a new project at once, without a reload', async () => {
    const { sites, slug } = lab
    const host = 'www.client.example' as HostName
    await expect(lab.get('/', { host })).rejects.toThrow()
    expect(await sites.linkHost(slug, host)).toBe(true)
    expect(await sites.linkHost(slug, host)).toBe(false)
    expect((await lab.get('/', { host })).status).toBe(200)
    await sites.unlinkHost(host)
    await sites.unlinkHost(host)
    await expect(lab.get('/', { host })).rejects.toThrow()
  })
})

describe("the server's own addresses", () => {
  it('tell the generation to this machine only', async () => {
    const ask = { path: '/__slipway_generation', headers: { host: 'any.host' } }
    const { httpPort } = lab.config.nginx
    expect((await visit(httpPort, ask)).body).toMatch(/^[0-9a-f]{32} [0-9]+\n$/)
    const foreign = await visit(httpPort, { ...ask, localAddress: '127.0.0.2' })
    expect(foreign.status).toBe(404)
    expect(await lab.sites.isServing()).toBe(true)
  })

  it('answer ACME challenges for any host, from their folder and none else', async () => {
    const challenges = join(lab.config.dataDir, 'acme/challenges')
    await writeFile(join(challenges, 'token'), 'key authorisation')
    await symlink('/etc/hostname', join(challenges, 'linked'))
    const host = 'not-here-yet.example'
    const ask = (name: string) => lab.get(`/.well-known/acme-challenge/${name}`, { host })
    expect(await ask('token')).toMatchObject({ status: 200, body: 'key authorisation' })
    expect((await ask('absent')).status).toBe(404)
    expect((await ask('linked')).status).toBe(404)
    await expect(ask('../../index.html')).rejects.toThrow()
  })
})

describe('asking as a visitor', () => {
  it('gives the page of the host', async () => {
    const answer = await lab.sites.ask(lab.host, '/', new AbortController().signal)
    expect(answer).toMatchObject({ status: 200, contentType: 'text/html; charset=utf-8' })
    expect(answer.body.toString()).toBe('<h1>Home</h1>')
    const script = await lab.sites.ask(lab.host, '/missing.js', new AbortController().signal)
    expect(script.status).toBe(404)
  })

  it('ends with the reason of the one who asked', async () => {
    const reason = new Error('cancelled')
    await expect(lab.sites.ask(lab.host, '/', AbortSignal.abort(reason))).rejects.toBe(reason)
  })
})

/** Sends bytes as they are, and gives all that came back. */
function rawRequest(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(lab.config.nginx.httpPort, '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.on('data', (part) => (answer += part.toString('latin1')))
    socket.on('error', reject)
    socket.on('close', () => {
      resolve(answer)
    })
  })
}
