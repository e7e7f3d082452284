/** What rules say of one path: the last header of a name, and the first redirect. */
import { expect, test } from 'vitest'
import { forcedRedirectAt, headersAt } from '../../../src/domain/site-rules/apply-rules.ts'
import { readSiteRules } from '../../../src/domain/site-rules/read-site-rules.ts'

const { rules } = readSiteRules({
  _headers: '/*\n  X-A: one\n  X-B: b\n/docs/*\n  X-A: two\n  ! X-B\n',
  _redirects: '/a /b\n/a/* /c 302!\n/d /e 302!\n',
})

test('of headers the last that matches holds, also where it takes one away', () => {
  expect(Object.fromEntries(headersAt(rules, '/'))).toEqual({ 'X-A': 'one', 'X-B': 'b' })
  expect(Object.fromEntries(headersAt(rules, '/docs/x'))).toEqual({ 'X-A': 'two', 'X-B': null })
})

test('of redirects the first that matches holds, whether it goes before the files or not', () => {
  expect(forcedRedirectAt(rules, '/a')).toBeNull()
  expect(forcedRedirectAt(rules, '/a/x')?.status).toBe(302)
  expect(forcedRedirectAt(rules, '/d/')?.to).toEqual([{ kind: 'text', text: '/e' }])
  expect(forcedRedirectAt(rules, '/f')).toBeNull()
})
