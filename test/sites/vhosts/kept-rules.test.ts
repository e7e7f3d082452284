// How many rules nginx is given for one project: each is memory and time of every reload, for all.
import { expect, it } from 'vitest'
import { limits } from '../../../src/config.ts'
import { parseSlug } from '../../../src/domain/names.ts'
import {
  emptyVhost,
  type ReleaseRules,
  rulesShown,
  type Vhost,
  withRelease,
} from '../../../src/sites/vhosts/vhost.ts'

const wanted = (number: number, lines: readonly string[]): ReleaseRules => {
  return { number, ruleFiles: { _headers: `/a${number}\n${lines.join('\n')}` } }
}

/** Releases that went live one after the other, each with headers of its own. */
function goLive(count: number, lines: readonly string[]): Vhost | null {
  const numbers = Array.from({ length: count }, (_, index) => index + 1)
  return numbers.reduce<Vhost | null>((vhost, number) => {
    const kept = { releases: numbers.slice(0, number), live: number > 1 ? number - 1 : null }
    return withRelease(vhost ?? emptyVhost(parseSlug('a'), []), wanted(number, lines), {
      kept,
      limits,
    })
  }, null)
}

it('are those of all releases that are kept, where they are few', () => {
  const vhost = goLive(10, ['  X-A: 1'])
  expect(vhost?.others.map(({ number }) => number)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1])
  expect(rulesShown(vhost, 1)).toEqual(wanted(1, ['  X-A: 1']).ruleFiles)
})

it('are those of the newest and of the live one in any case, and of no more where they are many', () => {
  const many = Array.from({ length: limits.headerNamesMax }, (_, index) => `  X-A${index}: 1`)
  const blocks = Array.from({ length: 20 }, (_, index) => [`/b${index}`, ...many]).flat()
  const vhost = goLive(10, [...many, ...blocks])
  expect(vhost?.newest.number).toBe(10)
  expect(vhost?.others.map(({ number }) => number)).toEqual([9])
})
