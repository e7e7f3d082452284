import { describe, expect, test } from 'vitest'
import { limits } from '../../../src/domain/limits.ts'
import { parseRedirects } from '../../../src/domain/site-rules/parse-redirects.ts'
import type { RedirectRule } from '../../../src/domain/site-rules/site-rules.ts'

function read(text: string): readonly RedirectRule[] {
  const { rules, problems } = parseRedirects(text)
  expect(problems).toEqual([])
  return rules
}

function problemsOf(text: string): readonly string[] {
  return parseRedirects(text).problems.map(({ line, detail }) => `${line}: ${detail}`)
}

const text = (of: string) => ({ kind: 'text', text: of })

test('a line says from where, to where, and with which status', () => {
  const rules = read(`
# Moved
/old          /new                       # for good
/shop/*       https://Shop.Example.org/:splat?from=old   302
/:year/:month /blog/:month/to/:year#top     308!
`)
  expect(rules).toEqual([
    { from: [text('/old')], to: [text('/new')], status: 301, isForced: false },
    {
      from: [text('/shop/'), { kind: 'rest' }],
      to: [text('https://shop.example.org/'), { kind: 'rest' }, text('?from=old')],
      status: 302,
      isForced: false,
    },
    {
      from: [text('/'), { kind: 'segment', name: 'year' }, text('/'), segment('month')],
      to: [text('/blog/'), segment('month'), text('/to/'), segment('year'), text('#top')],
      status: 308,
      isForced: true,
    },
  ])
})

function segment(name: string): unknown {
  return { kind: 'segment', name }
}

test('a path is compared as it is meant: decoded, and without a slash at its end', () => {
  expect(read('/caf%C3%A9/ /a')[0]?.from).toEqual([text('/café')])
  expect(read('/café /a')[0]?.from).toEqual([text('/café')])
  expect(read('/%3Aname/%2A /a')[0]?.from).toEqual([text('/:name/*')])
  expect(read('/ /a')[0]?.from).toEqual([text('/')])
})

test('a target is encoded as a URL is', () => {
  expect(read('/a /é"{$x}\\;%20')[0]?.to).toEqual([text('/%C3%A9%22%7B%24x%7D%5C;%20')])
})

test('the usual line of a single-page app is no redirect', () => {
  expect(parseRedirects('/*  /index.html   200 # all pages')).toEqual({
    rules: [],
    hasSpaFallback: true,
    problems: [],
  })
  expect(parseRedirects('/a /b').hasSpaFallback).toBe(false)
})

describe('every mistake is told at once, by its line', () => {
  test.each([
    ['/a', 'a redirect is "from to"'],
    ['# x\n\na /b', '3: "a" is no path'],
    ['https://example.org/a /b', '"https://example.org/a" names a host'],
    ['/a b', '"b" leads nowhere'],
    ['/a //example.org/', '"//example.org/" leads nowhere'],
    ['/a javascript:alert(1)', '"javascript:alert(1)" leads nowhere'],
    ['/a https://user@example.org/', 'leads nowhere'],
    ['/a https://example.org:x/', 'leads nowhere'],
    ['/* https://:splat/', 'leads nowhere'],
    ['/* https://example.org:splat/', 'leads nowhere'],
    ['/a/* /b/:rest', '":rest" stands for nothing'],
    ['/a /b/:splat', '":splat" stands for nothing'],
    ['/a/* /b/*', 'called ":splat" here'],
    ['/a /b/%zz', 'write %25'],
    ['/a%zz /b', 'write %25'],
    ['/a%00 /b', 'nobody can ask for it'],
    ['/a%2F%2Fb /b', 'nobody can ask for it'],
    ['/a/../b /c', 'nobody can ask for it'],
    ['/a/%2e /c', 'nobody can ask for it'],
    ['/a//b /c', 'holds "//"'],
    ['/a?x=1 /c', 'holds "?" or "#"'],
    ['/*/a /c', 'elsewhere than as its last part'],
    ['/*.js /c', 'elsewhere than as its last part'],
    ['/:a/:a /c', 'one placeholder twice'],
    ['/:splat /c', 'the placeholder ":splat"'],
    ['/:1 /c', 'the placeholder ":1"'],
    ['/:a-b /c', 'the placeholder ":a-b"'],
    [`/${':a/:b/:c/:d/:e/:f/:g/:h'}/* /c`, 'more than 8 placeholders'],
    [`/${'é'.repeat(250)} /c`, 'more than 500 bytes'],
    [`/a /${'é'.repeat(400)}`, 'more than 2000 characters'],
    ['/a id=:id /b 301', 'asks for a part of the query'],
    ['/a /b 301 Country=fr', '"Country=fr" is a condition'],
    ['/a /b 200', '"200" would show one path at another'],
    ['/* /index.html 200!', '"200!" would show one path at another'],
    ['/x/* https://api.example.org/:splat 200', 'would show one path at another'],
    ['/* /404.html 404', '"404" is what a path without a file has already'],
    ['/a /b 300', '"300" is no status of a redirect'],
    ['/a /b !', '"!" is no status of a redirect'],
    ['/api/* /b', 'is not answered by the site'],
    ['/api /b', 'is not answered by the site'],
    ['/__slipway_generation /b', 'is not answered by the site'],
    ['/.well-known/* /b', 'certificates depend on'],
    ['/a /a/', 'it leads to itself'],
    ['/a /a?x=1', 'it leads to itself'],
    ['/* /soon.html 302!', 'it leads to itself'],
    ['/a/* /a/b/:splat 302!', 'it leads to itself'],
    ['/a /b\n/a/ /c', '2: line 1 says already where "/a/" leads'],
    ['/:x/a /b\n/:y/a /c', '2: line 1 says already where "/:y/a" leads'],
    ['/a /b\0', '"/b�" holds a control character'],
    ['/a /b 30\0', '"30�" is no status'],
    ['/:a/:b /blog/:b-:a 302!', 'it leads to itself'],
  ])('%j', (line, problem) => {
    expect(problemsOf(line)).toEqual([expect.stringContaining(problem)])
  })

  test('with all that is said of a path whose file may end it', () => {
    expect(read('/* /soon.html 302\n/a/* /a/b/:splat')).toHaveLength(2)
  })
})

test('more redirects than can be are refused', () => {
  const lines = (count: number): string =>
    Array.from({ length: count }, (_, index) => `/${index} /new\n`).join('')
  expect(read(lines(limits.redirectRulesMax))).toHaveLength(limits.redirectRulesMax)
  expect(problemsOf(lines(limits.redirectRulesMax + 1))).toEqual([
    '1001: there are more than 1000 redirects',
  ])
})
