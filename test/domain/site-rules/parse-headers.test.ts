import { describe, expect, test } from 'vitest'
import { limits } from '../../../src/domain/limits.ts'
import { parseHeaders } from '../../../src/domain/site-rules/parse-headers.ts'
import type { HeaderRule } from '../../../src/domain/site-rules/site-rules.ts'

function read(text: string): readonly HeaderRule[] {
  const { rules, problems } = parseHeaders(text)
  expect(problems).toEqual([])
  return rules
}

function problemsOf(text: string): readonly string[] {
  return parseHeaders(text).problems.map(({ line, detail }) => `${line}: ${detail}`)
}

test('a path has the headers that are indented below it', () => {
  const rules = read(`
# For all of the site
/*
  x-frame-options: DENY
  Content-Security-Policy: default-src 'self'; img-src *

/blog/:year/*
\tCache-Control:max-age=60
\t! Referrer-Policy
`)
  expect(rules).toEqual([
    {
      path: [{ kind: 'text', text: '/' }, { kind: 'rest' }],
      set: [
        { name: 'X-Frame-Options', value: 'DENY' },
        { name: 'Content-Security-Policy', value: "default-src 'self'; img-src *" },
      ],
      unset: [],
    },
    {
      path: [
        { kind: 'text', text: '/blog/' },
        { kind: 'segment', name: 'year' },
        { kind: 'text', text: '/' },
        { kind: 'rest' },
      ],
      set: [{ name: 'Cache-Control', value: 'max-age=60' }],
      unset: ['Referrer-Policy'],
    },
  ])
})

test('an editor of any system may have written the file', () => {
  expect(read('\uFEFF/a\r\n  X-A: 1\r\n\r\n/b\n  X-B: 2')).toEqual([
    { path: [{ kind: 'text', text: '/a' }], set: [{ name: 'X-A', value: '1' }], unset: [] },
    { path: [{ kind: 'text', text: '/b' }], set: [{ name: 'X-B', value: '2' }], unset: [] },
  ])
})

test('an empty file says nothing', () => {
  expect(parseHeaders('')).toEqual({ rules: [], problems: [] })
  expect(parseHeaders('\n  # nothing\n\t\n')).toEqual({ rules: [], problems: [] })
})

describe('a header that the project does not decide', () => {
  test.each([
    'Connection',
    'transfer-encoding',
    'Content-Length',
    'Content-Encoding',
    'Content-Type',
    'Date',
    'Server',
    'Set-Cookie',
    'Location',
    'Strict-Transport-Security',
    'Alt-Svc',
    'Clear-Site-Data',
    'Basic-Auth',
    'X-Accel-Redirect',
    'x-accel-expires',
  ])('%s is refused, set or taken away', (name) => {
    expect(problemsOf(`/*\n  ${name}: x\n  ! ${name}`)).toEqual([
      expect.stringMatching(`^2: ${name} can not be set or taken away: it `),
      expect.stringMatching(`^3: ${name} can not be set or taken away: it `),
    ])
  })

  test('may be called like something that every object has', () => {
    expect(read('/\n  constructor: x')[0]?.set).toEqual([{ name: 'Constructor', value: 'x' }])
  })
})

describe('every mistake is told at once, by its line', () => {
  test.each([
    ['  X-A: 1', '1: a path comes first'],
    ['X-A: 1', '1: a header is indented'],
    ['! X-A', '1: a header is indented'],
    ['blog\n  X-A: 1', '1: "blog" is no path'],
    ['https://example.org/*\n  X-A: 1', '1: "https://example.org/*" names a host'],
    ['/a', '1: no header is below this path'],
    ['/a\n/b\n  X-A: 1', '1: no header is below this path'],
    ['/a\n  X-A', '2: "X-A" is neither "Name: value" nor "! Name"'],
    ['/a\n  /b', '2: "/b" is neither'],
    ['/a\n  X_A: 1', '2: "X_A" is no name of a header'],
    ['/a\n  : 1', '2: "" is no name of a header'],
    ['/a\n  :status: 200', '2: "" is no name of a header'],
    ['/a\n  X-Ä: 1', '2: "X-Ä" is no name of a header'],
    ['/a\n  X-A:', '2: the value of X-A is empty'],
    ['/a\n  X-A: $host', '2: the value of X-A holds "$"'],
    ['/a\n  X-A: é', '2: the value of X-A holds a character that is not visible ASCII'],
    ['/a\n  X-A: a\tb', '2: the value of X-A holds a character'],
    ['/a\n  X-A: a\r  X-B: b', '2: the value of X-A holds a character that is not visible ASCII'],
    ['/a\n  X-A: a\0b', '2: the value of X-A holds a character that is not visible ASCII'],
    ['/a\n  X-A: a\u0085b', '2: the value of X-A holds a character that is not visible ASCII'],
    ['/a\n  X-A: 1\n  x-a: 2', '3: X-A is below this path twice'],
    ['/a\n  X-A: 1\n  ! X-A', '3: X-A is below this path twice'],
    [`/a\n  X-A: ${'x'.repeat(2_001)}`, '2: the value of X-A has more than 2000 characters'],
    ['/api/rows\n  X-A: 1', '1: "/api/rows" is not answered by the site'],
  ])('%j', (text, problem) => {
    expect(problemsOf(text)).toEqual([expect.stringContaining(problem)])
  })

  test('in the order of the file', () => {
    const found = problemsOf('/a\n/b\n  X-A: $\n/c*\n  Date: now\n/d\n')
    expect(found.map((problem) => problem.split(':')[0])).toEqual(['1', '3', '4', '5', '6'])
  })
})

test('more paths or headers than can be are refused', () => {
  const paths = (count: number): string =>
    Array.from({ length: count }, (_, index) => `/${index}\n  X-A: 1\n`).join('')
  expect(read(paths(limits.headerRulesMax))).toHaveLength(limits.headerRulesMax)
  expect(problemsOf(paths(limits.headerRulesMax + 1))).toEqual([
    '201: there are more than 100 paths',
  ])
  const names = (count: number): string =>
    `/\n${Array.from({ length: count }, (_, index) => `  X-${index}: 1\n`).join('')}`
  expect(read(names(limits.headerNamesMax))[0]?.set).toHaveLength(limits.headerNamesMax)
  expect(problemsOf(names(limits.headerNamesMax + 1))).toEqual([
    '52: there are more than 50 different headers',
  ])
})
