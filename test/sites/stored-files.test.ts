// What visitors get of the files that all generated apps share: for ever, compressed, and no more.
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync, gzipSync, gunzipSync } from 'node:zlib'
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAppStore } from '../../src/sites/app-store.ts'
import { asNavigation, asScript, type SiteLab, startSiteLab } from '../tools/site-lab.ts'

const script = `console.log(${'"long enough to be compressed",'.repeat(80)}1)`
let lab: SiteLab

beforeAll(async () => {
  lab = await startSiteLab()
  const bytes = Buffer.from(script)
  const whole = { bytes, brotli: brotliCompressSync(bytes), gzip: gzipSync(bytes) }
  await createAppStore(lab.config).keep([
    { name: 'main-AbC_123.js', ...whole },
    { name: 'style123.css', ...whole, brotli: null },
    { name: 'icon1234.svg', bytes, brotli: null, gzip: null },
  ])
  const page = '<div id=app></div>'
  await lab.deploy(1, { 'index.html': page }, { spa: true, subdirectoryPage: page })
})

afterAll(async () => {
  await lab[Symbol.asyncDispose]()
})

/** All that is served where a site is. */
const everywhere = (): readonly [string, SiteLab['get']][] => [
  ['a host', lab.get],
  ['FRONTEND_DOMAIN', lab.getDomain],
  ['a sub-directory', lab.getBelow],
]

describe('a stored file', () => {
  it('is served wherever a site is, to be kept for ever', async () => {
    for (const [where, get] of everywhere()) {
      const answer = await get('/_s/main-AbC_123.js', asScript)
      expect([where, answer.status, answer.body]).toEqual([where, 200, script])
      expect(answer.headers).toMatchObject({
        'cache-control': 'public, max-age=31536000, immutable',
        'content-type': 'text/javascript; charset=utf-8',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'strict-origin-when-cross-origin',
        vary: 'Accept-Encoding',
      })
      expect(answer.headers['content-encoding']).toBeUndefined()
    }
    expect((await lab.get('/_s/style123.css')).headers['content-type']).toContain('text/css')
    expect((await lab.get('/_s/icon1234.svg')).headers['content-type']).toContain('image/svg+xml')
  })

  it.each([
    ['gzip, deflate, br, zstd', 'br'],
    ['br', 'br'],
    ['BR;q=1.0, gzip;q=0.5', 'br'],
    ['gzip;q=1, br;q=0.01', 'br'],
    ['gzip, br;q=0', 'gzip'],
    ['gzip, br;q=0.0', 'gzip'],
    ['gzip', 'gzip'],
    ['brotli, gzip', 'gzip'],
    ['vibr, gzip', 'gzip'],
    ['identity', undefined],
    ['', undefined],
  ])('comes to one who takes "%s" as %s', async (accepted, coding) => {
    const answer = await fetchRaw('/_s/main-AbC_123.js', accepted)
    expect(answer.headers['content-encoding']).toBe(coding)
    expect(answer.headers['content-type']).toBe('text/javascript; charset=utf-8')
    expect(answer.headers.vary).toBe('Accept-Encoding')
    expect(Number(answer.headers['content-length'])).toBe(answer.body.length)
    expect(decode(answer.body, coding)).toBe(script)
  })

  it('comes gzipped or plain where it has no smaller form', async () => {
    const style = await fetchRaw('/_s/style123.css', 'br, gzip')
    expect(style.headers['content-encoding']).toBe('gzip')
    expect(decode(style.body, 'gzip')).toBe(script)
    const icon = await fetchRaw('/_s/icon1234.svg', 'br, gzip')
    expect(icon.headers['content-encoding']).toBeUndefined()
    expect(icon.body.toString()).toBe(script)
  })

  it('need not be sent again, and can be asked for in part', async () => {
    const { etag = '' } = (await lab.get('/_s/main-AbC_123.js')).headers
    expect((await lab.get('/_s/main-AbC_123.js', { 'if-none-match': etag })).status).toBe(304)
    const part = await lab.get('/_s/main-AbC_123.js', { range: 'bytes=0-6' })
    expect([part.status, part.body]).toEqual([206, 'console'])
  })
})

describe('what is not in the store', () => {
  it('is missing, and never answered with a page', async () => {
    for (const [where, get] of everywhere()) {
      for (const path of [
        '/_s/missing1.js',
        '/_s/missing1.css',
        '/_s/',
        '/_s',
        '/_s/missing1',
        '/_s/main-AbC_123.js/x',
        '/_s/main-AbC_123.js/',
        '/_s/../.store/main-AbC_123.js',
        '/.store/main-AbC_123.js',
        '/_s/main-AbC_123.js.br',
        '/_s/main-AbC_123.js.gz',
        '/_s/%2e%2e/mon-app/current/files/index.html',
        '/_s/..%2findex.html',
      ]) {
        for (const headers of [asNavigation, asScript]) {
          const answer = await get(path, headers)
          // A path that leaves the folder is one of the app itself, or of nobody.
          const isApp = path.includes('..') || path.includes('%2e')
          expect([where, path, answer.status]).toEqual([where, path, isApp ? answer.status : 404])
          expect(answer.body).not.toContain(script)
          if (!isApp) expect(answer.body).not.toContain('id=app')
        }
      }
      const missing = await get('/_s/missing1.js', asScript)
      expect(missing).toMatchObject({ status: 404, body: 'Not found\n' })
      expect(missing.headers['cache-control']).toBe('no-cache')
      expect(missing.headers['content-encoding']).toBeUndefined()
    }
  })

  it('is no file of a deployment that goes on, and nothing that a link leads to', async () => {
    const store = join(lab.config.nginx.wwwRoot, '.store')
    await writeFile(join(store, '.main-AbC_123.js.0123456789ab.tmp'), 'half')
    await mkdir(join(lab.folder, 'secret'))
    await chmod(join(lab.folder, 'secret'), 0o755)
    await writeFile(join(lab.folder, 'secret/key.js'), 'PRIVATE KEY')
    await symlink(join(lab.folder, 'secret/key.js'), join(store, 'leak1234.js'))
    await symlink(join(lab.folder, 'secret/key.js'), join(store, 'leak5678.js.br'))
    await symlink(join(lab.folder, 'secret/key.js'), join(store, 'leak9abc.js.gz'))
    await writeFile(join(store, 'leak9abc.js'), 'plain')
    for (const [where, get] of everywhere()) {
      for (const path of [
        '/_s/.main-AbC_123.js.0123456789ab.tmp',
        '/_s/leak1234.js',
        '/_s/leak5678.js',
        '/_s/leak9abc.js',
      ]) {
        const answer = await get(path, { 'accept-encoding': 'br, gzip' })
        expect([where, path, answer.body.includes('PRIVATE')]).toEqual([where, path, false])
        if (!path.includes('9abc')) expect([path, answer.status]).toEqual([path, 404])
      }
    }
  })

  it('is not served to a host that nobody has', async () => {
    await expect(lab.get('/_s/main-AbC_123.js', { host: 'unknown.test' })).rejects.toThrow()
  })
})

describe('a pushed app with a folder of the same name', () => {
  it('shows its own files there, and what the store has all the same', async () => {
    const own = {
      'index.html': 'pushed',
      '_s/logo.svg': '<svg/>',
      '_s/index.html': 'a page there',
      '_s/app-BkX3a9_z.js': 'own and hashed',
      '_s/main-AbC_123.js': 'never seen: the names of the store are made from their bytes',
    }
    await lab.deploy(2, own)
    expect((await lab.get('/_s/logo.svg')).body).toBe('<svg/>')
    expect((await lab.get('/_s/')).body).toBe('a page there')
    const hashed = await lab.get('/_s/app-BkX3a9_z.js')
    expect(hashed.body).toBe('own and hashed')
    expect(hashed.headers['cache-control']).toContain('immutable')
    expect((await lab.get('/_s/main-AbC_123.js')).body).toBe(script)
    await lab.deploy(3, { 'index.html': 'without it' })
    expect((await lab.get('/_s/app-BkX3a9_z.js')).body).toBe('own and hashed')
    expect((await lab.get('/_s/logo.svg')).status).toBe(404)
  })
})

function decode(body: Buffer, coding: string | undefined): string {
  if (coding === 'br') return brotliDecompressSync(body).toString()
  return (coding === 'gzip' ? gunzipSync(body) : body).toString()
}

/** The answer's body as it was sent. */
function fetchRaw(
  path: string,
  accepted: string,
): Promise<{ headers: Record<string, unknown>; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const headers = { host: lab.host, 'accept-encoding': accepted }
    const asking = request(
      { hostname: '127.0.0.1', port: lab.config.nginx.httpPort, path, headers, agent: false },
      (answer) => {
        const parts: Buffer[] = []
        answer.on('data', (part: Buffer) => parts.push(part))
        answer.on('end', () => {
          resolve({ headers: answer.headers, body: Buffer.concat(parts) })
        })
      },
    )
    asking.on('error', reject)
    asking.end()
  })
}
