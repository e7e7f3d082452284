import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { isTrueStoreFile, makeStoreFile } from '../../../src/generate/compile/store-file.ts'

const text = 'export const sea = "wide"\n'.repeat(20)
const file = makeStoreFile(text, 'js', 'quick')

test('a file is named by its bytes, in letters that every disk tells apart', () => {
  expect(file.name).toMatch(/^[0-9a-f]{32}\.js$/)
  expect(makeStoreFile(text, 'js', 'small').name).toBe(file.name)
  expect(makeStoreFile(`${text} `, 'js', 'quick').name).not.toBe(file.name)
})

test('what is sent packed is the same file', () => {
  expect(brotliDecompressSync(file.brotli ?? '').toString()).toBe(text)
  expect(gunzipSync(file.gzip ?? '').toString()).toBe(text)
  expect(isTrueStoreFile(file)).toBe(true)
})

test('a file that packing would not make smaller is sent as it is', () => {
  const small = makeStoreFile('a', 'js', 'small')
  expect([small.brotli, small.gzip]).toEqual([null, null])
  expect(isTrueStoreFile(small)).toBe(true)
})

test.each([
  ['other bytes', { bytes: Buffer.from('evil') }],
  ['another name', { name: `${'0'.repeat(32)}.js` }],
  ['a name that leads elsewhere', { name: `../${file.name}` }],
  ['a name in capitals', { name: file.name.toUpperCase() }],
  ['a kind that nobody serves', { name: file.name.replace('.js', '.html') }],
  ['other bytes when packed by brotli', { brotli: brotliCompressSync('evil') }],
  ['other bytes when packed by gzip', { gzip: gzipSync('evil') }],
  ['a packed form that can not be unpacked', { gzip: Buffer.from('evil') }],
  ['a packed form that never ends', { brotli: brotliCompressSync(Buffer.alloc(64 * 1024 ** 2)) }],
])('a file with %s is not what it says', (_, forged) => {
  expect(isTrueStoreFile({ ...file, ...forged })).toBe(false)
})
