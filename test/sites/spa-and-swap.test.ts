// What visitors get while releases change: deep links, assets of earlier releases, and no failures.
import { Agent } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { asNavigation, asScript, type SiteLab, startSiteLab, visit } from '../tools/site-lab.ts'

let lab: SiteLab

beforeEach(async () => {
  lab = await startSiteLab()
})

afterEach(async () => {
  await lab[Symbol.asyncDispose]()
})

describe('a single-page app', () => {
  it('opens at a deep link, for navigations only', async () => {
    await lab.deploy(1, { 'index.html': '<div id=app></div>', 'assets/readme.txt': 'x' }, true)
    for (const path of ['/customers/42', '/customers/', '/a.b/c', '/v1.2']) {
      const answer = await lab.get(path, asNavigation)
      expect([path, answer.status, answer.body]).toEqual([path, 200, '<div id=app></div>'])
      expect(answer.headers['cache-control']).toBe('no-cache')
      expect(answer.headers['content-type']).toContain('text/html')
    }
    for (const headers of [asScript, { accept: 'application/json' }, { accept: '' }]) {
      expect((await lab.get('/customers/42', headers)).status).toBe(404)
    }
    // curl, a crawler or a monitor: nothing says that it is no navigation.
    expect((await lab.get('/customers/42', { accept: '*/*' })).status).toBe(200)
    const asStyle = { accept: 'text/html', 'sec-fetch-dest': 'style' }
    expect((await lab.get('/customers/42', asStyle)).status).toBe(404)
    for (const path of ['/missing.js', '/customers/photo.jpg', '/assets/index-BkX3a9_z.js']) {
      expect((await lab.get(path, asNavigation)).status).toBe(404)
    }
  })

  it('changes to a site of pages by the same swap, and back', async () => {
    await lab.deploy(1, { 'index.html': 'app' }, true)
    await lab.deploy(2, { 'index.html': 'pages' }, false)
    expect((await lab.get('/deep', asNavigation)).status).toBe(404)
    await lab.sites.activate(lab.slug, 1)
    expect(await lab.get('/deep', asNavigation)).toMatchObject({ status: 200, body: 'app' })
    await lab.sites.activate(lab.slug, 2)
    expect((await lab.get('/deep', asNavigation)).status).toBe(404)
  })
})

describe('a swap', () => {
  it('keeps the hashed assets of earlier releases, and only those', async () => {
    await lab.deploy(1, { 'index.html': '1', 'assets/a-BkX3a9_z.js': 'one', 'old.js': 'old' })
    await lab.deploy(2, { 'index.html': '2', 'assets/a-Zq8Lm2Xw.js': 'two' })
    expect(await lab.get('/assets/a-BkX3a9_z.js')).toMatchObject({ status: 200, body: 'one' })
    expect(await lab.get('/assets/a-Zq8Lm2Xw.js')).toMatchObject({ status: 200, body: 'two' })
    expect((await lab.get('/old.js')).status).toBe(404)
    await lab.sites.removeRelease(lab.slug, 1)
    expect(await lab.get('/assets/a-BkX3a9_z.js')).toMatchObject({ status: 200, body: 'one' })
  })

  it('keeps assets whose hash reads like a word, behind those of the live release', async () => {
    const [doubtful, shared] = ['assets/a-XIU-DZD3.js', 'assets/b-TableRow.js']
    await lab.deploy(1, { 'index.html': '1', [doubtful]: 'one', [shared]: 'old', 'old.js': 'x' })
    await lab.deploy(2, { 'index.html': '2', [shared]: 'new' })
    const kept = await lab.get(`/${doubtful}`)
    expect(kept).toMatchObject({ status: 200, body: 'one' })
    expect(kept.headers['cache-control']).toBe('no-cache')
    expect(await lab.get(`/${shared}`)).toMatchObject({ status: 200, body: 'new' })
    await lab.sites.activate(lab.slug, 1)
    expect(await lab.get(`/${shared}`)).toMatchObject({ status: 200, body: 'old' })
    await lab.deploy(3, {
      'index.html': '3',
      'assets/settings.js': 's',
      'assets/a-settings.js': 's',
    })
    await lab.deploy(4, { 'index.html': '4' })
    for (const path of ['/old.js', '/assets/settings.js', '/assets/a-settings.js']) {
      expect([path, (await lab.get(path)).status]).toEqual([path, 404])
    }
    expect((await lab.get(`/${doubtful}`)).status).toBe(200)
    await lab.sites.pruneReleases(lab.slug, 1, [])
    expect((await lab.get(`/${doubtful}`)).status).toBe(200)
  })

  it('never shows old content under a name that only looks content-hashed', async () => {
    const name = 'assets/a-BkX3a9_z.js'
    for (const number of [1, 2, 3]) {
      await lab.deploy(number, { 'index.html': '.', [name]: `content ${number}` })
      const answer = await lab.get(`/${name}`)
      expect(answer.body).toBe(`content ${number}`)
      expect(answer.headers['cache-control']).toMatch(number === 1 ? /immutable/ : /^no-cache$/)
    }
    await lab.sites.activate(lab.slug, 1)
    expect((await lab.get(`/${name}`)).body).toBe('content 1')
  })

  it('is seen by a browser that asks whether its copy is still good, however soon', async () => {
    const seen = new Set<string>()
    for (const number of [1, 2, 3, 4]) {
      await lab.deploy(number, { 'index.html': `same length ${number}`, 'same.css': 'b{}' })
      seen.add((await lab.get('/')).headers.etag ?? '')
    }
    expect(seen.size).toBe(4)
    const { etag: same = '' } = (await lab.get('/same.css')).headers
    await lab.deploy(5, { 'index.html': 'x', 'same.css': 'b{}' })
    expect((await lab.get('/same.css', { 'if-none-match': same })).status).toBe(304)
  })

  it('loses no request of 16 visitors through 100 releases', async () => {
    const files = (number: number): Record<string, string> => {
      const script = `assets/app-BkX3a${String(number).padStart(3, '0')}.js`
      return { 'index.html': `<script src="/${script}"></script>`, [script]: `release ${number}` }
    }
    await lab.deploy(1, files(1))
    const swapping = new AbortController()
    const agent = new Agent({ keepAlive: true, maxSockets: 16 })
    const { httpPort } = lab.config.nginx
    const { host } = lab
    const failures: string[] = []
    let asked = 0
    const visitor = async (): Promise<void> => {
      while (!swapping.signal.aborted) {
        const page = await visit(httpPort, { path: '/', headers: { host, ...asNavigation }, agent })
        const path = /src="([^"]+)"/.exec(page.body)?.[1] ?? '/none'
        const asset = await visit(httpPort, { path, headers: { host, ...asScript }, agent })
        asked += 2
        if (page.status !== 200 || asset.status !== 200 || !asset.body.startsWith('release ')) {
          failures.push(`${page.status} ${path} ${asset.status}`)
        }
      }
    }
    const visitors = Array.from({ length: 16 }, visitor)
    for (let number = 2; number <= 100; number += 1) {
      await lab.deploy(number, files(number))
      await lab.sites.pruneReleases(lab.slug, 3, [])
    }
    swapping.abort()
    await Promise.all(visitors)
    agent.destroy()
    expect(failures).toEqual([])
    expect(asked).toBeGreaterThan(100)
    expect(await lab.sites.listReleases(lab.slug)).toEqual([98, 99, 100])
  })
})

describe('a project without a release', () => {
  it('says so kindly until it has one, and again when it is taken down', async () => {
    const { sites, slug, host } = lab
    await sites.linkHost(slug, host)
    const before = await lab.get('/', asNavigation)
    expect(before).toMatchObject({ status: 503 })
    expect(before.headers['retry-after']).toBe('5')
    expect(before.headers['content-type']).toContain('text/html')
    expect(before.body).toContain('Nothing is live here yet')
    expect((await lab.get('/deep/app.js')).status).toBe(503)
    await lab.deploy(1, { 'index.html': 'live', 'assets/a-BkX3a9_z.js': 'one' })
    expect((await lab.get('/')).status).toBe(200)
    await sites.activate(slug, null)
    await sites.activate(slug, null)
    expect(await sites.currentRelease(slug)).toBeNull()
    expect((await lab.get('/')).status).toBe(503)
    expect((await lab.get('/assets/a-BkX3a9_z.js')).status).toBe(503)
  })

  it('is gone with its hosts when it is removed', async () => {
    await lab.deploy(1, { 'index.html': 'live' })
    await lab.sites.removeSite(lab.slug)
    await lab.sites.removeSite(lab.slug)
    await expect(lab.get('/')).rejects.toThrow()
    await lab.publish(1, { 'index.html': 'of somebody else' })
    await lab.sites.activate(lab.slug, 1)
    await expect(lab.get('/')).rejects.toThrow()
  })
})
