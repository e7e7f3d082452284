/** Records as people paste them where their DNS is. */
import { expect, test } from 'vitest'
import { readRecords, renderZoneLines } from '../../src/cli/zone-lines.ts'

test('records stand as a zone file has them, below what they are for', () => {
  const records = [
    {
      type: 'TXT',
      name: '_slipway.shop.example',
      value: 'slipway-verify=a"b',
      purpose: 'A proof.',
    },
    { type: 'CNAME', name: 'shop.example', value: 'shop.apps.example', purpose: 'A way.' },
    { type: 'CAA', name: 'example', value: '0 issue "letsencrypt.org"', purpose: 'A right.' },
    { type: 'CAA', name: 'example', value: '0 issue "letsencrypt.org"', purpose: 'A right.' },
  ]
  expect(renderZoneLines(readRecords({ records }))).toBe(
    [
      '; A proof.',
      '_slipway.shop.example. 300 IN TXT "slipway-verify=a\\"b"',
      '; A way.',
      'shop.example.          300 IN CNAME shop.apps.example.',
      '; A right.',
      'example.               300 IN CAA 0 issue "letsencrypt.org"',
      '',
    ].join('\n'),
  )
})

test('what a server sends can not break out of its line', () => {
  const record = { type: 'TXT', name: 'a', value: 'b\n\u001b[31mevil 300 IN A 1', purpose: 'c\nd' }
  expect(renderZoneLines(readRecords({ records: [record, 'odd', null] })).split('\n')).toHaveLength(
    3,
  )
  expect(renderZoneLines(readRecords({}))).toBe('')
})
