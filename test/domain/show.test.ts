import { expect, test } from 'vitest'
import { showBytes, showCount, showDuration, showFiles } from '../../src/domain/show.ts'

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 kB'],
  [9_949, '9.9 kB'],
  [9_951, '10 kB'],
  [34_200_000, '34 MB'],
  [999_499, '999 kB'],
  [999_500, '1.0 MB'],
  [2.5e12, '2.5 TB'],
  [5e15, '5000 TB'],
])('%d bytes are %s', (bytes, shown) => {
  expect(showBytes(bytes)).toBe(shown)
})

test.each([
  [0, '0.00 s'],
  [12, '0.01 s'],
  [100, '0.1 s'],
  [4_120, '4.1 s'],
  [61_000, '61.0 s'],
])('%d ms are %s', (ms, shown) => {
  expect(showDuration(ms)).toBe(shown)
})

test('what is counted is told in one word or the other', () => {
  expect([0, 1, 2, 1_200].map((count) => showCount(count, 'redirect'))).toEqual([
    '0 redirects',
    '1 redirect',
    '2 redirects',
    '1,200 redirects',
  ])
})

test('one file is no files', () => {
  expect(showFiles(1, 10)).toBe('1 file, 10 B')
  expect(showFiles(0, 0)).toBe('0 files, 0 B')
  expect(showFiles(12_345, 1.2e6)).toBe('12,345 files, 1.2 MB')
})
