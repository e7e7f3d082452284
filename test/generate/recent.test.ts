import { expect, test } from 'vitest'
import { Recent } from '../../src/generate/recent.ts'

test('what was asked for longest ago goes first, and the rest stays within the limit', () => {
  const recent = new Recent<string>(6, ({ length }) => length)
  recent.set('a', 'aa')
  recent.set('b', 'bb')
  recent.set('c', 'cc')
  expect(recent.get('a')).toBe('aa')
  recent.set('d', 'dd')
  expect(['a', 'b', 'c', 'd'].map((key) => recent.get(key))).toEqual(['aa', undefined, 'cc', 'dd'])
})

test('a value that takes the place of another frees what that one weighed', () => {
  const recent = new Recent<string>(4, ({ length }) => length)
  recent.set('a', 'aaa')
  recent.set('a', 'a')
  recent.set('b', 'bbb')
  expect([recent.get('a'), recent.get('b')]).toEqual(['a', 'bbb'])
})

test('what is larger than all that may be kept is not kept, and takes all with it', () => {
  const recent = new Recent<string>(2, ({ length }) => length)
  recent.set('a', 'a')
  recent.set('b', 'bbb')
  expect([recent.get('a'), recent.get('b')]).toEqual([undefined, undefined])
})
