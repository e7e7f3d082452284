import { describe, expect, test } from 'vitest'
import type { TreeEntry } from '../../src/domain/build-plan.ts'
import { limits } from '../../src/domain/limits.ts'
import { findFiles, isReadWhole } from '../../src/domain/whole-tree.ts'

function file(path: string, change: Partial<TreeEntry> = {}): TreeEntry {
  return { path, type: 'blob', mode: '100644', oid: 'a'.repeat(40), bytes: 10, ...change }
}
const page = file('index.html')

test('the files of a folder have their paths in it, and its neighbours are not among them', () => {
  const folder = file('www', { type: 'tree', mode: '040000', bytes: 0 })
  const entries = [folder, file('www/a/b.txt'), file('www2/c.txt'), page]
  expect(findFiles(entries, 'www').map(({ path }) => path)).toEqual(['a/b.txt'])
  expect(findFiles(entries, '.').map(({ path }) => path)).toEqual([
    'www/a/b.txt',
    'www2/c.txt',
    'index.html',
  ])
})

describe('a folder is published without a checkout', () => {
  test.each<[string, readonly TreeEntry[]]>([
    [
      'of plain files, programs and links',
      [page, file('a', { mode: '100755' }), file('b', { mode: '120000' })],
    ],
    [
      'of odd names that are UTF-8',
      [page, file('ü/\u00e9 "x"\n.txt'), file('__proto__/constructor')],
    ],
    [
      'up to the limit of files',
      Array.from({ length: limits.wholeTreeEntriesMax }, (_, at) => file(`${at}`)),
    ],
    ['up to the limit of bytes', [file('index.html', { bytes: limits.wholeTreeBytesMax })]],
    [
      'with a large neighbour that is not published',
      [file('www/index.html'), file('x', { bytes: 1e9 })],
    ],
  ])('%s', (_what, entries) => {
    expect(isReadWhole(entries, entries[0]?.path.startsWith('www/') === true ? 'www' : '.')).toBe(
      true,
    )
  })

  test.each<[string, readonly TreeEntry[]]>([
    [
      'one more file than the limit',
      Array.from({ length: limits.wholeTreeEntriesMax + 1 }, (_, at) => file(`${at}`)),
    ],
    ['one more byte than the limit', [page, file('a', { bytes: limits.wholeTreeBytesMax - 9 })]],
    ['a submodule', [page, file('a', { type: 'commit', mode: '160000' })]],
    ['a mode of old', [page, file('a', { mode: '100664' })]],
    ['a name that is not UTF-8', [page, file('a\uFFFD.txt')]],
    ['a name without a letter', [page, file('a//b.txt')]],
    ['a path from the top', [page, file('/etc/passwd')]],
    ['a name that is there twice', [page, page]],
    ['a file that is a folder too', [page, file('a/b'), file('a/b/c/d')]],
    ['folders that no site may have', [page, file(`${'a/'.repeat(limits.outputDepthMax + 1)}x`)]],
    ['a path that no file can have', [page, file(`a/${'b'.repeat(5_000)}`)]],
  ])('but not with %s', (_what, entries) => {
    expect(isReadWhole(entries, '.')).toBe(false)
  })
})
