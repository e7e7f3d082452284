/** What the README shows of `_headers` and `_redirects` is what is read of them. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readSiteRules, showRules } from '../../src/domain/site-rules/read-site-rules.ts'

test('the examples of the README are taken as they stand', async () => {
  const readme = await readFile(join(import.meta.dirname, '../../README.md'), 'utf8')
  const section = readme.split('### Headers and redirects\n')[1]?.split('\n### ')[0] ?? ''
  const [_headers = '', _redirects = ''] = [...section.matchAll(/^```\n(.*?)^```$/gms)].map(
    ([, example]) => example,
  )
  const { rules } = readSiteRules({ _headers, _redirects })
  expect(showRules(rules)).toBe('2 header rules, 4 redirects')
})
