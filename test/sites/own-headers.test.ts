// A project's own headers and redirects, as visitors of a real nginx get them.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { limits } from '../../src/config.ts'
import { parseSlug, projectHost, slugLengthMax } from '../../src/domain/names.ts'
import {
  asNavigation,
  asScript,
  type Files,
  type SiteLab,
  startSiteLab,
  visit,
} from '../tools/site-lab.ts'

let lab: SiteLab

beforeEach(async () => {
  // What is tested here is which reloads there are, not that they are held back.
  lab = await startSiteLab({ limits: { reloadPauseMs: 0 } })
})

afterEach(async () => {
  await lab[Symbol.asyncDispose]()
})

/** Publishes, tells nginx of the rules and goes live; answers whether nginx was reloaded. */
async function deploy(number: number, files: Files, spa = false): Promise<boolean> {
  await lab.publish(number, { 'index.html': `v${number}`, ...files }, spa)
  await lab.sites.linkHost(lab.slug, lab.host)
  const isReloaded = await bring(number)
  await lab.sites.activate(lab.slug, number)
  return isReloaded
}

function bring(number: number): Promise<boolean> {
  const hosts = () => [lab.host]
  return lab.sites.bringRules({ slug: lab.slug, number, hosts }, () => undefined)
}

it('sends the headers of each path, and takes ours away where it is asked to', async () => {
  await deploy(1, {
    _headers: `
/*
  X-Frame-Options: DENY
  Content-Security-Policy: default-src 'self'; img-src "x"
/embed/*
  ! X-Frame-Options
  Cache-Control: public, max-age=60
/embed/:name/deep
  Cache-Control: no-store
/été à
  X-Season: summer
`,
    'embed/index.html': 'embed',
    'embed/a/deep.html': 'deep',
    'été à.html': 'été',
    'assets/app-BkX3a9_z.js': 'hashed()',
    '404.html': 'not here',
  })
  const home = await lab.get('/')
  expect(home.headers).toMatchObject({
    'x-frame-options': 'DENY',
    'content-security-policy': `default-src 'self'; img-src "x"`,
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'strict-origin-when-cross-origin',
  })
  const again = await lab.get('/', { 'if-none-match': home.headers.etag ?? '' })
  expect(again.status).toBe(304)
  expect(again.headers['x-frame-options']).toBe('DENY')
  const embedded = await lab.get('/embed/')
  expect(embedded.headers['x-frame-options']).toBeUndefined()
  expect(embedded.headers['cache-control']).toBe('public, max-age=60')
  expect((await lab.get('/embed/a/deep')).headers['cache-control']).toBe('no-store')
  expect((await lab.get(encodeURI('/été à'))).headers['x-season']).toBe('summer')
  expect((await lab.get('/%65mbed/')).headers['x-frame-options']).toBeUndefined()
  const script = await lab.get('/assets/app-BkX3a9_z.js', asScript)
  expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable')
  expect(script.headers['x-frame-options']).toBe('DENY')
  const missing = await lab.get('/nowhere', asNavigation)
  expect([missing.status, missing.body]).toEqual([404, 'not here'])
  expect(missing.headers['x-frame-options']).toBe('DENY')
})

it('redirects where there is no file, and before the files where it is forced', async () => {
  await deploy(1, {
    _redirects: `
/old /new
/blog/:year/* /articles/:year/:splat 302
/kept /new
/taken /new 308!
/away https://example.org/there?a=b 307
/everything/* /new
`,
    'kept.html': 'kept',
    'taken.html': 'taken',
    'new.html': 'new',
  })
  const locationOf = async (path: string): Promise<unknown> => {
    const { status, headers } = await lab.get(path, asNavigation)
    return [status, headers.location]
  }
  expect(await locationOf('/old?a=1')).toEqual([301, '/new?a=1'])
  expect(await locationOf('/old/')).toEqual([301, '/new'])
  expect(await locationOf('/blog/2026/a/b%20c%0d%0aX-Evil:1')).toEqual([
    302,
    '/articles/2026/a/b%20c%0d%0aX-Evil:1',
  ])
  expect(await locationOf('/blog/2026')).toEqual([302, '/articles/2026/'])
  expect(await locationOf('/kept')).toEqual([200, undefined])
  expect(await locationOf('/taken')).toEqual([308, '/new'])
  expect(await locationOf('/away?c=d')).toEqual([307, 'https://example.org/there?a=b'])
  expect(await locationOf('/everything/deep/app-123.js')).toEqual([301, '/new'])
  expect(await locationOf('/api/old')).toEqual([502, undefined])
  const file = join(lab.config.dataDir, 'nginx/vhosts/mon-app.conf')
  expect(await readFile(file, 'utf8')).toContain('server_name mon-app.apps.test;')
})

it('leads to no other host than it says, whatever a visitor asks for', async () => {
  await deploy(1, {
    _redirects: `
/a/* /:splat
/b/* /:splat/about
/:lang/* /:splat/:lang
`,
  })
  const locationOf = async (path: string): Promise<string> =>
    (await lab.get(path, asNavigation)).headers.location ?? ''
  expect(await locationOf('/a/b/')).toBe('/b/')
  expect(await locationOf('/b/c')).toBe('/c/about')
  expect(await locationOf('/fr/c')).toBe('/c/fr')
  const others = ['/a//evil.test', '/a/%5Cevil.test', '/b/', '/evil.test', '/evil.test/']
  for (const path of [...others, '//evil.test', '/evil.test//', '/a/\\evil.test'])
    expect(await locationOf(path), path).not.toMatch(/^\/[/\\]/)
})

it('redirects for a project of the longest name, too', async () => {
  const slug = parseSlug('a'.repeat(slugLengthMax))
  const release = {
    slug,
    number: 1,
    from: { dir: await lab.write({ 'index.html': 'v1', _redirects: '/old /new' }) },
    outputName: 'dist',
    spaFallback: false,
    manifest: { commit: 'c0ffee', store: [] },
    signal: new AbortController().signal,
  }
  const host = projectHost(slug, lab.config.frontendDomain)
  await lab.sites.publish(release)
  await lab.sites.linkHost(slug, host)
  await lab.sites.bringRules({ slug, number: 1, hosts: () => [host] }, () => undefined)
  await lab.sites.activate(slug, 1)
  const asked = { path: '/old', headers: { host } }
  const answer = await visit(lab.config.nginx.httpPort, asked)
  expect([answer.status, answer.headers.location]).toEqual([301, '/new'])
})

it('sends as many headers as a project may declare, and sees them', async () => {
  const names = Array.from({ length: 30 }, (_, index) => `X-Long-${index}`)
  const long = 'x'.repeat(limits.headerValueLengthMax)
  await deploy(1, { _headers: `/*\n${names.map((name) => `  ${name}: ${long}\n`).join('')}` })
  const { headers } = await lab.sites.ask(lab.host, '/', new AbortController().signal)
  expect(names.map((name) => headers[name.toLowerCase()])).toEqual(names.map(() => long))
})

it('serves the files of generated apps, should the project have become one', async () => {
  await deploy(1, { _headers: '/*\n  X-A: one\n' })
  const store = join(lab.config.nginx.wwwRoot, '.store')
  await writeFile(join(store, 'kit-abc123.js'), 'kit()')
  const kit = await lab.get('/_s/kit-abc123.js', asScript)
  expect([kit.status, kit.body]).toEqual([200, 'kit()'])
  expect(kit.headers['cache-control']).toBe('public, max-age=31536000, immutable')
  expect((await lab.get('/_s/../.store/kit-abc123.js')).status).toBe(404)
  expect((await lab.get('/.store/kit-abc123.js')).status).toBe(404)
  expect((await lab.get('/mon-app/pool/x.js')).status).toBe(404)
})
