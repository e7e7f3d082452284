/** Rows as people see them. */
import { expect, test } from 'vitest'
import { cutToWidth, measureWidth, toPlainLine } from '../../src/cli/plain-text.ts'
import { showAgo } from '../../src/cli/show-time.ts'
import { renderTable } from '../../src/cli/table.ts'

const plain = (_style: string, text: string): string => text
const marked = (style: string, text: string): string => `<${style}>${text}</>`

test('columns stand below each other, also where letters are wide or take two parts', () => {
  const rows = [
    ['harbour', 'Port', 'x'],
    ['a', '港', 'y'],
    ['b', 'cafe\u0301', 'z'],
    ['c', '⛵', null],
  ]
  expect(renderTable(['project', 'name', 'end'], rows, plain)).toBe(
    [
      'PROJECT  NAME  END',
      'harbour  Port  x',
      'a        港    y',
      'b        cafe\u0301  z',
      'c        ⛵    -',
      '',
    ].join('\n'),
  )
})

test('colours take no room', () => {
  const rows = [[{ text: 'failed', style: 'red' as const }, 'x']]
  expect(renderTable(['status', 'n'], rows, marked)).toBe(
    '<dim>STATUS</>  <dim>N</>\n<red>failed</>  x\n',
  )
})

test('text of others can not move the cursor or turn the line round', () => {
  expect(renderTable(['n'], [['a\u001b[2Jb\u0007\nc\u202ed']], plain)).toBe('N\nab  c d\n')
  expect(toPlainLine('\u001b]8;;http://x\u0007link\u001b]8;;\u0007 \u009b31mred')).not.toMatch(
    // oxlint-disable-next-line no-control-regex
    /[\u0000-\u001f\u007f-\u009f]/,
  )
})

test.each([
  ['plain', 5],
  ['港町', 4],
  ['⛵', 2],
  ['e\u0301', 1],
  ['👩‍🚀', 2],
  ['', 0],
])('%j takes %i columns', (text, columns) => {
  expect(measureWidth(text)).toBe(columns)
})

test('a line that is too long is cut where it fits', () => {
  expect(cutToWidth('harbour', 7)).toBe('harbour')
  expect(cutToWidth('harbours', 7)).toBe('harbou…')
  expect(cutToWidth('港港港港', 6)).toBe('港港…')
})

const now = new Date('2026-03-01T12:00:00Z')
test.each([
  ['2026-03-01T12:00:00Z', 'just now'],
  ['2026-03-01T12:00:05Z', 'just now'],
  ['2026-03-01T11:59:18Z', '42 s ago'],
  ['2026-03-01T11:57:00Z', '3 min ago'],
  ['2026-03-01T07:00:00Z', '5 h ago'],
  ['2026-02-27T12:00:00Z', '2 d ago'],
  ['2025-12-24T12:00:00Z', '2025-12-24'],
  ['soon', 'soon'],
  [null, null],
])('%j is %j', (time, shown) => {
  expect(showAgo(time, now)).toBe(shown)
})
