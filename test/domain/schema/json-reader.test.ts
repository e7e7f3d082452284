/** The reader that keeps places, held against the one of JavaScript. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Findings } from '../../../src/domain/schema/findings.ts'
import { readJson, toValue } from '../../../src/domain/schema/json-reader.ts'

function read(text: string) {
  const findings = new Findings(text)
  const node = readJson(text, findings)
  return { value: node === null ? undefined : toValue(node), ...findings.problems() }
}

/** As JavaScript reads it; but a number too large for it is none to us, where it takes Infinity. */
function parse(text: string): { readonly value: unknown } | null {
  try {
    const value: unknown = JSON.parse(text, (_key, part: unknown) => {
      if (part === Infinity || part === -Infinity) throw new RangeError()
      return part
    })
    return { value }
  } catch {
    return null
  }
}

test('every JSON is read as JavaScript reads it', () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: 'grapheme', maxDepth: 5 }), (text) => {
      fc.pre(!text.includes('__proto__'))
      expect(read(text)).toEqual({ value: JSON.parse(text), listed: [], unlisted: 0 })
    }),
  )
})

test('a text is taken where JavaScript takes it, and nowhere else', () => {
  const piece = fc.oneof(
    fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', '\\u00e9', '"a"', '"b":', ' ', '\n'),
    fc.constantFrom(
      '0',
      '-',
      '1.5',
      '1e3',
      '01',
      '.5',
      '+1',
      '1.',
      'true',
      'null',
      'NaN',
      '\u00a0',
    ),
    fc.constantFrom('\t', '\u0000', '/*', '//', "'a'", '\uFEFF', '\u2028', 'e'),
  )
  const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(text, (given) => {
      const { value, listed } = read(given)
      const isTwice = listed.some(({ detail }) => detail.startsWith('stands twice'))
      const parsed = parse(given.replace(/^\uFEFF/, ''))
      expect(value !== undefined, given).toBe(parsed !== null)
      if (!isTwice && parsed !== null) expect(value).toEqual(parsed.value)
    }),
    { numRuns: 3_000 },
  )
})

describe('what is wrong is told with its place', () => {
  test.each([
    ['', 1, 1, '', 'the text ends here; expected is a value'],
    ['{\n  "a": 1,\n}', 3, 1, '', '"}" stands here; expected is a name in double quotes'],
    ['{"a" 1}', 1, 6, '/a', '"1" stands here; expected is ":"'],
    ['{"a": [1, 2', 1, 12, '/a', 'the text ends here; expected is "," or "]"'],
    ['{"a": 1 "b": 2}', 1, 9, '', '"\\"" stands here; expected is "," or "}"'],
    ['[1] 2', 1, 5, '', '"2" stands here; expected is the end of the text'],
    ['{"a": True}', 1, 7, '/a', '"True" is no value'],
    ["['x']", 1, 2, '/0', '"\'x\'" is no value'],
    ['["a', 1, 2, '/0', 'has no end'],
    ['["a\nb"]', 1, 4, '/0', 'a line end or a control character'],
    ['["\\x"]', 1, 2, '/0', 'a backslash'],
    ['[1e999]', 1, 2, '/0', 'this number is too large'],
    ['\r\n\r\n  tru', 3, 3, '', '"tru" is no value'],
    ['{"a": 1, "a": 2}', 1, 10, '/a', 'stands twice'],
    ['{"x": {"__proto__": 1}}', 1, 8, '/x/__proto__', 'is no name that can be used'],
    ['["\\ud800"]', 1, 2, '/0', 'half of a surrogate pair'],
    ['{"a/b~": {"\\ud800": 1}}', 1, 11, '/a~1b~0', 'half of a surrogate pair'],
    [`{"a": ${'['.repeat(70)}`, 1, 70, `/a${'/0'.repeat(63)}`, 'is nested too deeply'],
  ])('%s', (text, ...[line, column, pointer, detail]) => {
    expect(read(text).listed).toEqual([
      { line, column, pointer, detail: expect.stringContaining(detail) },
    ])
  })
})

test('what an editor puts in front of a text is no part of it', () => {
  expect(read('\uFEFF{"a": 1}')).toEqual({ value: { a: 1 }, listed: [], unlisted: 0 })
  expect(read('\uFEFF{"a": x}').listed[0]).toMatchObject({ line: 1, column: 7 })
  expect(read(' \uFEFF{}').listed).toHaveLength(1)
})

test('a key reaches no prototype, and is told at each of its places', () => {
  const { value, listed } = read('{"__proto__": {"polluted": 1}, "a": {"__proto__": null}}')
  expect(value).toEqual({ a: {} })
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  expect(listed.map(({ pointer }) => pointer)).toEqual(['/__proto__', '/a/__proto__'])
})
