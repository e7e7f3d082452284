/** Which files of a page are asked for after it went live, and what is found wrong with it. */
import { describe, expect, test } from 'vitest'
import type { SiteAnswer, Sites } from '../../src/contracts.ts'
import type { BuildPlan } from '../../src/domain/build-plan.ts'
import { type HostName, parseSlug, toHostName } from '../../src/domain/names.ts'
import type { SiteAddress } from '../../src/domain/project.ts'
import { readSiteRules } from '../../src/domain/site-rules/read-site-rules.ts'
import { noRules, type SiteRules } from '../../src/domain/site-rules/site-rules.ts'
import { createVerify, findAssets } from '../../src/steps/verify.ts'
import { contextOf } from '../tools/step-context.ts'
import { newProject } from '../tools/store.ts'

const host = toHostName('shop.example.org') as HostName

/** Paths by kind, as `script /main.js`. */
function find(html: string): readonly string[] {
  return findAssets(html, { host, base: '/' }).map(({ kind, path }) => `${kind} ${path}`)
}

describe('the files of a page', () => {
  test('are its scripts, styles, preloads, icons and images, each once', () => {
    const page = `<!doctype html>
      <link rel="stylesheet" href="/a.css"><link rel="modulepreload" href="/b.js">
      <link rel="preload" as="style" href="/c.css"><link rel="preload" as="font" href="/d.woff2">
      <link rel="shortcut icon" href="/e.ico"><link rel="manifest" href="f.webmanifest">
      <script type="module" crossorigin src="/g.js"></script><script src="./g.js"></script>
      <img src="h.png"><img src="/h.png">`
    expect(find(page)).toEqual([
      'style /a.css',
      'script /b.js',
      'style /c.css',
      'other /d.woff2',
      'other /e.ico',
      'other /f.webmanifest',
      'script /g.js',
      'other /h.png',
    ])
  })

  test.each([
    ['a base', '<base href="/sub/"><script src="a.js"></script>', ['script /sub/a.js']],
    [
      'only the first base',
      '<base href="/one/"><base href="/two/"><img src="a.png">',
      ['other /one/a.png'],
    ],
    ['a base of another host', '<base href="https://cdn.example/"><img src="a.png">', []],
    ['a base without a href', '<base target="_blank"><img src="a.png">', ['other /a.png']],
    [
      'capitals',
      '<SCRIPT SRC="/A.js"></SCRIPT><LINK REL=StyleSheet HREF=/b.css>',
      ['script /A.js', 'style /b.css'],
    ],
    ['a query', '<script src="/a.js?v=1&amp;w=2"></script>', ['script /a.js?v=1&w=2']],
    ['a fragment', '<img src="/sprite.svg#star">', ['other /sprite.svg']],
    ['the same host', '<img src="https://shop.example.org/a.png">', ['other /a.png']],
    ['no scheme, same host', '<img src="//shop.example.org/a.png">', ['other /a.png']],
    ['no scheme, another host', '<img src="//cdn.example/a.png">', []],
    ['another host', '<script src="https://cdn.example/a.js"></script>', []],
    ['a host that begins alike', '<img src="https://shop.example.org.evil.example/a.png">', []],
    ['data', '<img src="data:image/png;base64,AAAA">', []],
    ['a script URL', '<img src="javascript:alert(1)">', []],
    ['an empty address', '<img src=""><img src=" "><script src></script>', []],
    ['the page itself', '<link rel="preload" href="/">', []],
    ['a broken address', '<img src="http://[">', []],
    ['srcset', '<img srcset="/a.png 1x, /b.png 2x">', []],
    ['links to other pages', '<a href="/about/">x</a><link rel="canonical" href="/x">', []],
    ['comments', '<!-- <script src="/old.js"></script> -->', []],
    ['text of a script', '<script>"<img src=/a.png>"</script>', []],
    ['text of a title', '<title><img src=/a.png></title>', []],
    [
      'templates',
      '<template><img src="{{x}}"><template></template><img src="/b"></template><img src="/c">',
      ['other /c'],
    ],
    ['data blocks', '<script type="text/x-handlebars" src="/row.hbs"></script>', []],
    [
      'old names of JavaScript',
      '<script type="text/javascript" src="/a.js"></script>',
      ['script /a.js'],
    ],
    [
      'what the platform answers',
      '<script src="/api/env.js"></script><img src="/apix.png">',
      ['other /apix.png'],
    ],
    ['a page that was cut off', '<script src="/a.js"></script><img src="/b', ['script /a.js']],
    ['two dots', '<img src="../../../etc/passwd">', ['other /etc/passwd']],
    ['nothing', '', []],
  ])('%s', (_what, html, files) => {
    expect(find(html)).toEqual(files)
  })
})

describe('verify', () => {
  const page = (body: string, change: Partial<SiteAnswer> = {}): SiteAnswer => ({
    status: 200,
    contentType: 'text/html; charset=utf-8',
    headers: {},
    body: Buffer.from(body),
    ...change,
  })
  const file = (contentType: string, status = 200): SiteAnswer => page('x', { contentType, status })

  /** Runs the step on a site of these answers; what is not among them is 404. */
  async function verify(
    answers: Readonly<Record<string, SiteAnswer>>,
    addresses: readonly SiteAddress[] = ['subdomain'],
    {
      plan,
      domains = [],
      rules = noRules,
    }: { plan?: BuildPlan; domains?: readonly string[]; rules?: SiteRules } = {},
  ): Promise<readonly string[]> {
    const ask: Sites['ask'] = (asked, path) => {
      const place = asked === host ? path : `${asked}${path}`
      return Promise.resolve(answers[place] ?? page('gone', { status: 404 }))
    }
    const { context, said } = contextOf({ ...newProject(), slug: parseSlug('shop') })
    const addressesOf = () => Promise.resolve(addresses)
    const config = { frontendDomain: toHostName('example.org') as HostName }
    const step = createVerify({
      config,
      sites: { ask, addressesOf, rulesOf: () => Promise.resolve(rules) },
      domains: { hostsOf: () => domains as readonly HostName[] },
    })
    const facts = { release: 1, hosts: [host], activated: true, ...(plan && { plan }) } as const
    await step.run(context, facts)
    return said
  }

  test('a page with all its files is as it should be', async () => {
    const said = await verify({
      '/': page('<script src="/a.js"></script><img src="/b.png">'),
      '/a.js': file('text/javascript'),
      '/b.png': file('image/png'),
    })
    expect(said).toEqual([expect.stringMatching(/^3 answers\b/)])
  })

  test('a page that is empty, no page or not there is refused', async () => {
    await expect(verify({})).rejects.toThrow('shop.example.org/ answers 404')
    await expect(verify({ '/': page('') })).rejects.toThrow('index.html is empty')
    await expect(verify({ '/': page('', { status: 500 }) })).rejects.toThrow('answers 500')
    const plain = page('x', { contentType: 'application/octet-stream' })
    await expect(verify({ '/': plain })).rejects.toThrow('answers application/octet-stream')
    await expect(verify({ '/': file('') })).rejects.toThrow('answers without a type')
  })

  test('a domain of the project’s own that is not as it should be is told, and holds nothing up', async () => {
    const answers = { '/': page('x'), 'well.example/': page('x') }
    const domains = ['well.example', 'shop.example']
    expect(await verify(answers, ['subdomain'], { domains })).toEqual([
      'shop.example answers 404',
      expect.stringMatching(/^1 answer\b/),
    ])
    const below = { 'example.org/apps/shop/': page('x') }
    expect(await verify(below, ['subdirectory'], { domains })).toEqual([
      expect.stringMatching(/^1 answer\b/),
    ])
  })

  test('what _headers says of the first page has to be seen there', async () => {
    const _headers = '/*\n  X-A: one\n/\n  X-A: two\n  ! X-Frame-Options\n/other\n  X-B: three'
    const { rules } = readSiteRules({ _headers })
    const seen = { 'x-a': 'two' }
    expect(await verify({ '/': page('x', { headers: seen }) }, ['subdomain'], { rules })).toEqual([
      expect.stringMatching(/^1 answer\b/),
    ])
    for (const [headers, told] of [
      [{}, 'answers without X-A'],
      [{ 'x-a': 'one' }, 'answers with X-A: one'],
      [{ ...seen, 'x-frame-options': 'DENY' }, 'answers with X-Frame-Options: DENY'],
    ] as const) {
      const answers = { '/': page('x', { headers }) }
      await expect(verify(answers, ['subdomain'], { rules })).rejects.toThrow(told)
    }
  })

  test('what is redirected before the files is not asked for as a file', async () => {
    const away = readSiteRules({
      _redirects: '/ /fr/ 302!\n/cdn/* https://cdn.example/:splat 301!',
    })
    const { rules } = away
    const answers = { '/': page('', { status: 302 }), 'own.example/': page('', { status: 302 }) }
    expect(await verify(answers, ['subdomain'], { rules, domains: ['own.example'] })).toEqual([
      expect.stringMatching(/^1 answer\b/),
    ])
    await expect(
      verify({ '/': page('x', { status: 301 }) }, ['subdomain'], { rules }),
    ).rejects.toThrow('answers 301')
    const onlyFiles = { headers: [], redirects: rules.redirects.slice(1) }
    const named = { '/': page('<script src="/cdn/a%20b.js?v=1"></script>') }
    expect(await verify(named, ['subdomain'], { rules: onlyFiles })).toEqual([
      expect.stringMatching(/^1 answer\b/),
    ])
  })

  test('a file that the page names and that is not there is refused by name', async () => {
    const named = page('<script src="/assets/Main.js"></script>')
    await expect(verify({ '/': named })).rejects.toMatchObject({
      code: 'verify_failed',
      message: expect.stringContaining('the page names /assets/Main.js, which answers 404'),
      hint: expect.stringContaining('capitals'),
    })
  })

  test('a script or a style that is answered with a page is refused', async () => {
    for (const [tag, kind] of [
      ['<script src="/x"></script>', 'script'],
      ['<link rel="stylesheet" href="/x">', 'style'],
    ]) {
      const answers = { '/': page(tag ?? ''), '/x': page('<h1>home</h1>') }
      await expect(verify(answers)).rejects.toThrow(`/x, which is a page and no ${kind}`)
    }
  })

  test('of a page with very many files the first are asked for, and that is told', async () => {
    const names = Array.from({ length: 250 }, (_, index) => `/i${index}.png`)
    const images = Object.fromEntries(names.map((name) => [name, file('image/png')]))
    const html = names.map((name) => `<img src="${name}">`).join('')
    const said = await verify({ '/': page(html), ...images })
    expect(said.join()).toContain('only the first 200 of 250 files were asked for')
  })

  test('a generated app is asked for at both of its addresses, with the files that they share', async () => {
    const html = '<link rel="modulepreload" href="/_s/kit.js"><script src="/_s/main.js"></script>'
    const js = file('text/javascript')
    const atHost = { '/': page(html), '/_s/kit.js': js, '/_s/main.js': js }
    const below = {
      'example.org/apps/shop/': page(html),
      'example.org/_s/kit.js': js,
      'example.org/_s/main.js': js,
    }
    const both = ['subdomain', 'subdirectory'] as const
    expect(await verify({ ...atHost, ...below }, both)).toEqual([
      expect.stringMatching(/^6 answers\b/),
    ])
    await expect(verify(atHost, both)).rejects.toThrow('example.org/apps/shop/ answers 404')
    await expect(verify(below, both)).rejects.toThrow('shop.example.org/ answers 404')
    const { 'example.org/_s/kit.js': _kit, ...missing } = below
    await expect(verify({ ...atHost, ...missing }, both)).rejects.toThrow('/_s/kit.js')
  })

  test('a pushed app in a sub-directory is asked for there, and its host is not', async () => {
    const html = '<script src="/apps/shop/a.js"></script><img src="b.png"><script src="api/env.js">'
    const answers = {
      'example.org/apps/shop/': page(html),
      'example.org/apps/shop/a.js': file('text/javascript'),
      'example.org/apps/shop/b.png': file('image/png'),
    }
    expect(await verify(answers, ['subdirectory'])).toEqual([expect.stringMatching(/^3 answers\b/)])
  })

  test('one that names files outside of it is refused, even where those are there', async () => {
    for (const path of ['/assets/main.js', '/apps/shopping/a.js', '/apps/shop', '/']) {
      const answers = {
        'example.org/apps/shop/': page(`<script src="${path}"></script>`),
        [`example.org${path}`]: file('text/javascript'),
      }
      await expect(verify(answers, ['subdirectory'])).rejects.toMatchObject({
        code: 'verify_failed',
        message: expect.stringContaining(
          `${path}, which is outside of /apps/shop/: the app ignores its base path`,
        ),
        hint: expect.stringContaining('below /apps/shop/'),
      })
    }
  })

  test('the tool that was found is named to one who ignores its base path', async () => {
    const answers = { 'example.org/apps/shop/': page('<script src="/a.js"></script>') }
    const plan = { kind: 'node', baseRemedy: 'Vite is told by `base` ({base}).' } as BuildPlan
    await expect(verify(answers, ['subdirectory'], { plan })).rejects.toMatchObject({
      hint: expect.stringContaining('Vite is told by `base` (/apps/shop/).'),
    })
  })
})
