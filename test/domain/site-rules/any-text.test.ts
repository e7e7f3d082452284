// Strangers write these files, and nginx reads what becomes of them.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  decodeRuleFile,
  InvalidSiteRules,
  readKeptRules,
  readSiteRules,
  ruleFileNames,
} from '../../../src/domain/site-rules/read-site-rules.ts'
import {
  type PathPiece,
  rulesKey,
  type SiteRules,
} from '../../../src/domain/site-rules/site-rules.ts'

const hostile = fc.constantFrom(
  ...'/|*|:a|:splat|$host|${host}|"|\'|\\|;|{|}|#|!|%|=|&|?|@|: |..|//|  |(a+)+|é|😀|X-A|! |200'.split(
    '|',
  ),
  ...'%00|%0d%0a|%2F|%24|302|301!|404|Set-Cookie|https://|http://a.b|return 200 x;'.split('|'),
  ...'\n|\r|\t|\0|\u0085|\u2028|\uFEFF|\uD800|}\nserver {'.split('|'),
)
const anyLine = fc.array(fc.oneof(hostile, fc.string({ unit: 'binary', maxLength: 6 })), {
  maxLength: 8,
})
/** Much of it is nearly right, since what is refused at its first word shows little. */
const nearlyHeaders = fc
  .array(fc.tuple(fc.constantFrom('/', '/a/*', '\n  X-A: ', '\n ! ', '\n/:a/'), anyLine))
  .map((lines) => lines.map(([start, parts]) => start + parts.join('')).join('\n'))
const nearlyRedirects = fc
  .array(
    fc.tuple(
      fc.constantFrom('/', '/a/*', '/:a/'),
      anyLine,
      fc.constantFrom(' /', ' https://a.b/'),
      anyLine,
    ),
  )
  .map((lines) => lines.map(([a, b, c, d]) => a + b.join('') + c + d.join('')).join('\n'))
const anyText = fc.oneof(fc.string({ unit: 'binary' }), nearlyHeaders, nearlyRedirects)

test('any text is read, or refused by lines of text', () => {
  fc.assert(
    fc.property(anyText, anyText, (_headers, _redirects) => {
      const files = { _headers, _redirects }
      expectSafe(readKeptRules(files))
      try {
        expect(readKeptRules(files)).toEqual(readSiteRules(files).rules)
      } catch (error) {
        if (!(error instanceof InvalidSiteRules)) throw error
        for (const line of error.lines)
          expect(line).toMatch(/^_(?:headers|redirects):[1-9]\d*: \P{Cc}+$/u)
      }
    }),
    { numRuns: 2_000 },
  )
})

test('what is read is read the same again, and known by its key', () => {
  fc.assert(
    fc.property(anyText, anyText, (one, other) => {
      const rules = readKeptRules({ _headers: one, _redirects: one })
      const others = readKeptRules({ _headers: other, _redirects: other })
      const isEqual = JSON.stringify(rules) === JSON.stringify(others)
      expect(rulesKey(rules) === rulesKey(others)).toBe(isEqual)
    }),
  )
})

test('any bytes are a text, or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.constantFrom(...ruleFileNames), (bytes, name) => {
      try {
        expect(typeof decodeRuleFile(name, bytes)).toBe('string')
      } catch (error) {
        expect(error).toMatchObject({ lines: [`${name}: it is not UTF-8`] })
      }
    }),
  )
  expect(() => decodeRuleFile('_headers', new Uint8Array(65_537))).toThrow('more than 65,536 bytes')
})

/** The promises of `site-rules.ts`, which is what nginx text is made on. */
function expectSafe({ headers, redirects }: SiteRules): void {
  for (const { path, set, unset } of headers) {
    expectPattern(path)
    const names = [...set.map(({ name }) => name), ...unset]
    expect(names.length).toBeGreaterThan(0)
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length)
    for (const name of names) expect(name).toMatch(/^[A-Z][a-z0-9]*(?:-(?:[A-Z0-9][a-z0-9]*)?)*$/)
    for (const { value } of set) expect(value).toMatch(/^(?! )[ -#%-~]{1,2000}(?<! )$/)
  }
  for (const { from, to, status } of redirects) {
    expectPattern(from)
    expect([301, 302, 303, 307, 308]).toContain(status)
    expectPieces(to)
    const [first, ...others] = to
    expect(first).toMatchObject({
      kind: 'text',
      text: expect.stringMatching(
        /^(?:https?:\/\/[a-z0-9][a-z0-9.-]*(?::\d{1,5})?(?:[/?#]|$)|\/(?!\/))/,
      ),
    })
    for (const piece of to) {
      if (piece.kind === 'text')
        expect(piece.text).toMatch(/^(?:[\w\-.~:/?#[\]@!&'()+,;=]|%[0-9A-Fa-f]{2})+$/)
    }
    for (const piece of others.filter(({ kind }) => kind !== 'text'))
      expect(from).toContainEqual(piece)
  }
}

function expectPattern(pattern: readonly PathPiece[]): void {
  expectPieces(pattern)
  expect(pattern[0]).toMatchObject({ kind: 'text', text: expect.stringMatching(/^\//) })
  for (const [index, piece] of pattern.entries()) {
    const after = pattern[index + 1]
    if (piece.kind === 'rest') expect(after).toBeUndefined()
    if (piece.kind === 'segment') {
      expect(piece.name).toMatch(/^[A-Za-z]\w{0,31}$/)
      if (after !== undefined) expect(after).toMatchObject({ text: expect.stringMatching(/^\//) })
    }
    if (piece.kind !== 'text') continue
    expect(piece.text).toMatch(/^(?!.*\/\/)\P{Cc}+$/u)
    expect(piece.text.endsWith('/')).toBe(
      after !== undefined || (pattern.length === 1 && piece.text === '/'),
    )
  }
  const placed = pattern.filter(({ kind }) => kind !== 'text').map((piece) => JSON.stringify(piece))
  expect(new Set(placed).size).toBe(placed.length)
  expect(placed.length).toBeLessThanOrEqual(8)
}

/** No two texts in a row, and none that is empty. */
function expectPieces(pieces: readonly PathPiece[]): void {
  for (const [index, piece] of pieces.entries()) {
    if (piece.kind !== 'text') continue
    expect(piece.text).not.toBe('')
    expect(pieces[index + 1]?.kind).not.toBe('text')
  }
}
