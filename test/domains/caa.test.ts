/** What a zone says of who may issue certificates (RFC 8659). */
import { expect, test } from 'vitest'
import type { HostName } from '../../src/domain/names.ts'
import { findAuthorityName, findCaaProblem, lookUpCaa } from '../../src/domains/caa.ts'
import type { CaaProperty } from '../../src/domains/look-up.ts'

function property(tag: string, value: string, isCritical = false): CaaProperty {
  return { tag, value, isCritical }
}

const ours = 'letsencrypt.org'

test.each([
  ['our authority', [property('issue', 'letsencrypt.org')]],
  ['ours among others', [property('issue', 'other.test'), property('issue', 'LetsEncrypt.org')]],
  ['our method', [property('issue', 'letsencrypt.org; validationmethods=http-01,dns-01')]],
  ['our account', [property('issue', 'letsencrypt.org; accounturi=https://x/1')]],
  ['what is of wildcards only', [property('issuewild', ';')]],
  ['where to complain only', [property('iodef', 'mailto:a@b.test', true)]],
])('%s is let', (_what, properties) => {
  expect(findCaaProblem(properties, ours)).toBeNull()
})

test.each([
  ['another authority only', [property('issue', 'other.test')], 'it lets only other.test issue'],
  ['nobody', [property('issue', ';')], 'it lets no authority issue'],
  ['nobody, said otherwise', [property('issue', '')], 'it lets no authority issue'],
  [
    'another method only',
    [property('issue', 'letsencrypt.org; validationmethods=dns-01')],
    'by dns-01 only',
  ],
  ['what nobody knows, and is critical', [property('tbs', 'x', true)], '"tbs" keeps every'],
  ['a name that only ends like ours', [property('issue', 'notletsencrypt.org')], 'and not'],
])('%s is told', (_what, properties, words) => {
  expect(findCaaProblem(properties, ours)).toContain(words)
})

test('of an authority that we do not know only is told what holds for all', () => {
  expect(findCaaProblem([property('issue', 'other.test')], null)).toBeNull()
  expect(findCaaProblem([property('issue', ';')], null)).toContain('no authority')
  expect(findAuthorityName('https://acme-v02.api.letsencrypt.org/directory')).toBe(ours)
  expect(findAuthorityName('https://acme-staging-v02.api.letsencrypt.org/directory')).toBe(ours)
  for (const directory of [
    'off',
    'local',
    'https://localhost:1/dir',
    'https://xletsencrypt.org/',
  ]) {
    expect(findAuthorityName(directory)).toBeNull()
  }
})

test('the first records upwards count, and those that can not be read end the search', async () => {
  const asked: string[] = []
  const answer = (at: string, outcome: 'found' | 'failed') => ({
    caa: (name: string) => {
      asked.push(name)
      if (name !== at) return Promise.resolve({ outcome: 'none' as const })
      if (outcome === 'failed') return Promise.resolve({ outcome, problem: 'ESERVFAIL' })
      const values: [CaaProperty] = [property('issue', ';')]
      return Promise.resolve({ outcome, values })
    },
  })
  const host = 'a.b.shop.example' as HostName
  expect(await lookUpCaa(answer('shop.example', 'found'), host)).toMatchObject({
    at: 'shop.example',
    looked: { outcome: 'found' },
  })
  expect(asked).toEqual(['a.b.shop.example', 'b.shop.example', 'shop.example'])
  expect(await lookUpCaa(answer('b.shop.example', 'failed'), host)).toMatchObject({
    at: 'b.shop.example',
    looked: { outcome: 'failed' },
  })
  expect(await lookUpCaa(answer('nowhere', 'found'), host)).toEqual({
    at: host,
    looked: { outcome: 'none' },
  })
})
