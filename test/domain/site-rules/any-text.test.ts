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
import { anyRuleText } from '../../tools/rule-text-arbitrary.ts'

test('any text is read, or refused by lines of text', () => {
  fc.assert(
    fc.property(anyRuleText, anyRuleText, (_headers, _redirects) => {
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
    { numRuns: 500 },
  )
})

test('what is read is read the same again, and known by its key', () => {
  fc.assert(
    fc.property(anyRuleText, anyRuleText, (one, other) => {
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
