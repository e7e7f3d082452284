import { expect, test } from 'vitest'
import { matchesPath, parsePath } from '../../../src/domain/site-rules/path-pattern.ts'

test.each([
  ['/', '/', true],
  ['/', '/a', false],
  ['/a', '/a', true],
  ['/a', '/a/', true],
  ['/a', '/A', false],
  ['/a', '/a/b', false],
  ['/a/', '/a', true],
  ['/*', '/', true],
  ['/*', '/a/b\n.c', true],
  ['/a/*', '/a', true],
  ['/a/*', '/a/', true],
  ['/a/*', '/a/b/c', true],
  ['/a/*', '/ab', false],
  ['/:x', '/a', true],
  ['/:x', '/a/', true],
  ['/:x', '/', false],
  ['/:x', '/a/b', false],
  ['/a/:x/b/*', '/a/1/b', true],
  ['/a/:x/b/*', '/a/1/2/b', false],
  ['/a.b', '/axb', false],
  ['/(a+)+$', '/(a+)+$', true],
  ['/%2A', '/*', true],
  ['/café', '/café', true],
])('%s of a rule and %s of a visitor: %s', (rule, path, isMeant) => {
  expect(matchesPath(parsePath(rule), path)).toBe(isMeant)
})
