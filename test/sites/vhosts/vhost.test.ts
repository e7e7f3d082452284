// Which releases' rules the file of a project has, when one comes, and when one goes.
import { expect, it } from 'vitest'
import { parseSlug } from '../../../src/domain/names.ts'
import {
  emptyVhost,
  isShown,
  rulesShown,
  type Vhost,
  withoutRelease,
  withRelease,
} from '../../../src/sites/vhosts/vhost.ts'

const limits = { vhostReleasesMax: 3, vhostRulesMax: 100 }
const says = (text: string) => ({ _headers: `/*\n  X-Says: ${text}\n` })
const empty = emptyVhost(parseSlug('shop'), [])

/** Brings releases one after the other; `live` is what visitors see while the last one comes. */
function bring(texts: readonly (string | null)[], live: number | null = null): Vhost | null {
  return texts.reduce<Vhost | null>((vhost, text, index) => {
    const number = index + 1
    const releases = Array.from({ length: number }, (_, at) => at + 1)
    const wanted = { number, ruleFiles: text === null ? {} : says(text) }
    return withRelease(vhost ?? empty, wanted, { kept: { releases, live }, limits })
  }, null)
}

const shownOf = (vhost: Vhost | null, count: number): readonly unknown[] =>
  Array.from({ length: count }, (_, at) => rulesShown(vhost, at + 1)._headers?.match(/: (.*)/)?.[1])

it('shows each release by its own rules, and one to come by those of the newest', () => {
  expect(shownOf(bring(['a', 'b', null, 'b']), 6)).toEqual(['a', 'b', undefined, 'b', 'b', 'b'])
  expect(bring([null, null])).toBeNull()
})

it('knows that other words may say the same', () => {
  const vhost = bring(['a'])
  const ruleFiles = { _headers: '# as before\n/*\n\tx-says:   a' }
  expect(isShown(vhost, { number: 2, ruleFiles })).toBe(true)
  expect(isShown(vhost, { number: 2, ruleFiles: says('b') })).toBe(false)
  expect(isShown(null, { number: 2, ruleFiles: {} })).toBe(true)
})

it('leaves the oldest out where they are too many, and never the one that is live', () => {
  expect(shownOf(bring(['a', 'b', 'c', 'd', 'e']), 5)).toEqual(['e', 'b', 'c', 'd', 'e'])
  expect(shownOf(bring(['a', 'b', 'c', 'd', 'e'], 1), 5)).toEqual(['a', 'e', 'c', 'd', 'e'])
})

it('brings one that was left out back, beside the newest', () => {
  const vhost = bring(['a', 'b', 'c', 'd', 'e']) ?? empty
  const kept = { releases: [1, 2, 3, 4, 5], live: 5 }
  const wanted = { number: 1, ruleFiles: says('a') }
  expect(isShown(vhost, wanted)).toBe(false)
  const brought = withRelease(vhost, wanted, { kept, limits })
  expect(shownOf(brought, 6)).toEqual(['a', 'e', 'c', 'd', 'e', 'e'])
})

it('is as before where the newest did not go live after all', () => {
  const vhost = bring(['a', 'b']) ?? empty
  const kept = { releases: [1, 2, 3], live: 2 }
  const more = withRelease(vhost, { number: 3, ruleFiles: says('c') }, { kept, limits }) ?? empty
  expect(shownOf(more, 4)).toEqual(['a', 'b', 'c', 'c'])
  expect(withoutRelease(more, 3, kept)).toEqual(vhost)
  const first = bring(['a']) ?? empty
  expect(withoutRelease(first, 1, { releases: [1], live: null })).toBeNull()
})

it('goes where the last release with rules has gone', () => {
  const vhost = bring(['a', null]) ?? empty
  const wanted = { number: 3, ruleFiles: {} }
  const kept = (releases: readonly number[]) => ({ kept: { releases, live: 2 }, limits })
  expect(withRelease(vhost, wanted, kept([1, 2, 3]))).not.toBeNull()
  expect(withRelease(vhost, wanted, kept([2, 3]))).toBeNull()
})
