/** A project's own headers and redirects: from the push to the visitor, and back by a rollback. */
import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { asNavigation, asScript, type Answer, type Files } from '../tools/site-lab.ts'
import {
  type SlipwayServer,
  startSlipwayServer,
  type WorkingCopy,
} from '../tools/slipway-server.ts'
import { until } from '../tools/until.ts'

const first: Files = {
  'index.html': '<h1>first</h1>',
  'about.html': '<h1>about</h1>',
  'blog/index.html': '<h1>blog</h1>',
  'kept.html': '<h1>kept</h1>',
  '404.html': '<h1>not here</h1>',
  'assets/app-BkX3a9_z.js': 'export const release = 1\n',
  _headers: `
/*
  X-Release: first
  X-Frame-Options: DENY
  ! Permissions-Policy
/blog/*
  X-Release: blog
  Content-Security-Policy: default-src 'self'; script-src "none" \\ {;}
/assets/*
  Access-Control-Allow-Origin: *
  Cache-Control: public, max-age=60
`,
  _redirects: `
/home             /                                       302
/b/:year/:title   /articles/:title?year=:year
/shop/*           https://shop.example.org/:splat         307
/kept             /elsewhere
/kept.html        /elsewhere
/forced           /blog/                                  303!
/about            /blog/#about                            308!
/caf%C3%A9        /é
`,
}
const second: Files = {
  ...first,
  'index.html': '<h1>second</h1>',
  _headers: '/*\n  X-Release: second\n  X-Second: yes\n',
  _redirects: '/home /blog/\n',
}

let server: SlipwayServer
let copy: WorkingCopy
let firstPush: string

beforeAll(async () => {
  server = await startSlipwayServer()
  copy = await server.createWorkingCopy('shop', first)
  firstPush = (await copy.push()).stderr
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

const get = (path: string, headers = asNavigation): Promise<Answer> =>
  server.visit('shop', path, headers)

/** Status and Location. */
async function follow(path: string): Promise<readonly unknown[]> {
  const { status, headers } = await get(path)
  return [status, headers.location]
}

/** The processes that answer; a reload brings others, and those before it go in their time. */
async function workers(): Promise<readonly string[]> {
  const pid = (await readFile(join(server.dataDir, 'nginx/nginx.pid'), 'utf8')).trim()
  return (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ')
}

test('a push tells how many there are, and is live with them', async () => {
  expect(firstPush).toMatch(/✓ release .*, 3 header rules, 8 redirects/)
  expect(firstPush).toMatch(/v2 live: /)
  expect((await get('/')).body).toBe('<h1>first</h1>')
})

test('a visitor gets the headers of every path that matches, the later before the earlier', async () => {
  const page = await get('/')
  expect(page.headers).toMatchObject({ 'x-release': 'first', 'x-frame-options': 'DENY' })
  expect(page.headers).not.toHaveProperty('permissions-policy')
  expect(page.headers).not.toHaveProperty('content-security-policy')
  expect(page.headers).toMatchObject({
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'strict-origin-when-cross-origin',
  })
  for (const path of ['/blog/', '/blog/nothing-there']) {
    expect((await get(path)).headers, path).toMatchObject({
      'x-release': 'blog',
      'x-frame-options': 'DENY',
      'content-security-policy': `default-src 'self'; script-src "none" \\ {;}`,
    })
  }
})

test('whatever is answered has them: a script, what the visitor has already, and the page for what is not there', async () => {
  const script = await get('/assets/app-BkX3a9_z.js', asScript)
  expect(script.headers).toMatchObject({
    'x-release': 'first',
    'access-control-allow-origin': '*',
    'cache-control': 'public, max-age=60',
  })
  const { etag = '' } = (await get('/')).headers
  const known = await server.visit('shop', '/', { ...asNavigation, 'if-none-match': etag })
  expect([known.status, known.headers['x-release']]).toEqual([304, 'first'])
  const missing = await get('/nothing-there')
  expect([missing.status, missing.body]).toEqual([404, first['404.html']])
  expect(missing.headers['x-release']).toBe('first')
})

test('a redirect is where no file is, or before it where it says so', async () => {
  expect(await follow('/home')).toEqual([302, '/'])
  expect(await follow('/home/?a=b&c=%20d')).toEqual([302, '/?a=b&c=%20d'])
  expect(await follow('/b/2024/a%20b%0D%0Ac')).toEqual([301, '/articles/a%20b%0D%0Ac?year=2024'])
  expect(await follow('/shop/a/b?c=d')).toEqual([307, 'https://shop.example.org/a/b?c=d'])
  expect(await follow('/shop')).toEqual([307, 'https://shop.example.org/'])
  expect(await follow('/caf%c3%a9')).toEqual([301, '/%C3%A9'])
  expect(await follow('/forced')).toEqual([303, '/blog/'])
  expect(await follow('/about?x=1')).toEqual([308, '/blog/#about'])
  for (const path of ['/kept', '/kept.html']) {
    expect((await get(path)).body, path).toBe('<h1>kept</h1>')
  }
  expect((await get('/homes')).status).toBe(404)
  expect((await get('/Home')).status).toBe(404)
})

test('the two files themselves are nobody’s to read', async () => {
  for (const path of ['/_headers', '/_redirects', '/%5Fheaders']) {
    expect((await get(path)).status, path).toBe(404)
  }
})

test('other projects, and what is not the project’s to answer, have none of it', async () => {
  const other = await server.createWorkingCopy('other', { 'index.html': '<h1>other</h1>' })
  expect((await other.push()).exitCode).toBe(0)
  const page = await server.visit('other')
  expect(page.headers).toMatchObject({ 'x-frame-options': 'SAMEORIGIN' })
  expect(page.headers).not.toHaveProperty('x-release')
  expect((await server.visit('other', '/home')).status).toBe(404)
  expect((await get('/api/rows')).headers).not.toHaveProperty('x-release')
  const proof = await get('/.well-known/acme-challenge/token')
  expect([proof.status, proof.headers['x-release']]).toEqual([404, undefined])
})

test('a push that changes none of them needs no reload of nginx', async () => {
  const before = await workers()
  await copy.commit({ 'index.html': '<h1>first, again</h1>' })
  expect((await copy.push()).exitCode).toBe(0)
  expect((await get('/')).body).toBe('<h1>first, again</h1>')
  expect((await get('/')).headers['x-release']).toBe('first')
  expect(before).toEqual(expect.arrayContaining([...(await workers())]))
})

test('a push that changes them brings its own', async () => {
  await copy.commit(second)
  const { exitCode, stderr } = await copy.push()
  expect(exitCode).toBe(0)
  expect(stderr).toMatch(/✓ release .*, 1 header rule, 1 redirect/)
  const page = await get('/')
  expect(page.body).toBe('<h1>second</h1>')
  expect(page.headers).toMatchObject({ 'x-release': 'second', 'x-second': 'yes' })
  expect(page.headers).toMatchObject({ 'x-frame-options': 'SAMEORIGIN' })
  expect(await follow('/home')).toEqual([301, '/blog/'])
  expect((await get('/shop/a')).status).toBe(404)
})

test('headers, redirects and page of an answer are of one release, whenever the release changes', async () => {
  const before = await workers()
  const stop = new AbortController()
  const whole = [
    '[200,"<h1>first, again</h1>","first",null]',
    '[200,"<h1>second</h1>","second","yes"]',
  ]
  const redirects = ['[302,"/"]', '[301,"/blog/"]']
  const wrong: string[] = []
  const seen = new Set<string>()
  const visitor = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const { status, body, headers } = await get('/')
      const answer = JSON.stringify([status, body, headers['x-release'], headers['x-second']])
      if (whole.includes(answer)) seen.add(answer)
      else wrong.push(answer)
      const redirect = JSON.stringify(await follow('/home'))
      if (!redirects.includes(redirect)) wrong.push(redirect)
    }
  }
  const visitors = Array.from({ length: 8 }, visitor)
  for (let swap = 1; swap <= 20; swap += 1) {
    const release = swap % 2 === 1 ? 3 : 4
    const pushed = await copy.push(`HEAD:refs/rollback/v${release}`)
    expect(pushed.exitCode, pushed.stderr).toBe(0)
    expect((await get('/')).headers['x-release']).toBe(release === 3 ? 'first' : 'second')
    expect(await follow('/home')).toEqual(release === 3 ? [302, '/'] : [301, '/blog/'])
  }
  stop.abort()
  await Promise.all(visitors)
  expect(wrong).toEqual([])
  expect(seen.size).toBe(whole.length)
  expect(before).toEqual(expect.arrayContaining([...(await workers())]))
})

test('a mistake declines the push, is told by its line with all others, and changes nothing', async () => {
  const before = await server.snapshot('shop')
  await copy.commit({
    _headers: '/*\n  Set-Cookie: a=b\n  X-A: $host\n',
    _redirects: '/a /b 200\n/home /blog/\n/c\n',
  })
  const { exitCode, stderr } = await copy.push()
  expect(exitCode).toBe(1)
  for (const line of [
    '_headers:2: Set-Cookie can not be set or taken away: it would reach other sites',
    '_headers:3: the value of X-A holds "$"',
    '_redirects:1: "200" would show one path at another',
    '_redirects:3: a redirect is "from to"',
    '(and 3 more).',
  ]) {
    expect(stderr).toContain(line)
  }
  expect(stderr).not.toContain('_redirects:2:')
  expect(await server.snapshot('shop')).toEqual(before)
  const { body } = await server.rest('GET', '/projects/shop')
  expect(body['status']).toBe('failed')
  await copy.git('reset', '-q', '--hard', 'deploy/main')
})

test.each([
  ['a header that would end its line', { _headers: '/*\n  X-A: a";\r  X-Evil: 1\n' }],
  ['a header that would end its block', { _headers: '/*\n  X-A: "; } server { listen 1;\n' }],
  ['a redirect that would end its block', { _redirects: '/a /b";}return\n' }],
  ['a path that is an expression', { _headers: '/(a+)+$\n  X-A: 1\n/.*"\n  X-Evil: 1\n' }],
  ['a header in two lines', { _headers: '/*\n  X-A: 1\r\n\r\n  X-Evil: 1\u0085\n' }],
])('%s is refused, or is no more than it says', async (_, files: Files) => {
  const before = await server.snapshot('shop')
  await copy.commit(files)
  const { exitCode, stderr } = await copy.push()
  if (exitCode !== 0) {
    expect(stderr).toMatch(/_(?:headers|redirects):\d+: /)
    expect(await server.snapshot('shop')).toEqual(before)
    await copy.git('reset', '-q', '--hard', 'deploy/main')
  }
  for (const path of ['/', '/a', '/other', '/(a+)+$']) {
    expect((await get(path)).headers, path).not.toHaveProperty('x-evil')
  }
  expect((await get('/')).body).toBe('<h1>second</h1>')
  expect((await server.visit('other')).body).toBe('<h1>other</h1>')
})

test('nobody is sent elsewhere by what they ask for', async () => {
  await copy.commit({ _redirects: '/go/*  /:splat\n/to/:x  /:x\n' })
  expect((await copy.push()).exitCode).toBe(0)
  expect(await follow('/go/a/b')).toEqual([301, '/a/b'])
  for (const path of [
    '/go//evil.example/',
    '/go/%2Fevil.example/',
    '/go/%2F%2Fevil.example/',
    '/go/\\evil.example/',
    '/go/%5Cevil.example/',
    '/to/%2Fevil.example',
    '/to/\\evil.example',
    '/go/%0d%0aX-Evil:1',
  ]) {
    const { headers } = await get(path)
    expect(headers, path).not.toHaveProperty('x-evil')
    const { location = '/' } = headers
    expect(new URL(location, 'http://shop.localhost/').host, path).toBe('shop.localhost')
  }
})

test('a server that comes back has them all, also where a file was lost', async () => {
  await server.stop('SIGKILL')
  await rm(ownFile('shop'))
  await server.start()
  expect(existsSync(ownFile('shop'))).toBe(true)
  expect(await follow('/go/a')).toEqual([301, '/a'])
  expect((await copy.push('HEAD:refs/rollback/v4')).exitCode).toBe(0)
  expect((await get('/')).headers['x-release']).toBe('second')
})

test('a project without rules has no file, and one that is deleted leaves none', async () => {
  expect(existsSync(ownFile('other'))).toBe(false)
  expect((await server.rest('DELETE', '/projects/shop')).status).toBe(204)
  await until(() => !existsSync(ownFile('shop')))
  await expect(get('/')).rejects.toThrow(/socket hang up/)
  await server.createProject('shop')
  expect((await get('/')).headers).not.toHaveProperty('x-release')
})

/** What nginx reads for one project alone. */
function ownFile(slug: string): string {
  return join(server.dataDir, 'nginx/vhosts', `${slug}.conf`)
}
