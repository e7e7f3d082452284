// The one way by which text of strangers enters nginx's configuration.
import { expect, it } from 'vitest'
import { escapePattern, quotePattern, quoteWord } from '../../../src/sites/vhosts/nginx-text.ts'

it('writes quotes and backslashes so that they are themselves', () => {
  expect(quoteWord('a "b" \\n; {}')).toBe('"a \\"b\\" \\\\n; {}"')
  expect(quoteWord('/a/', { variable: 1 }, { variable: 'is_args' })).toBe('"/a/$1${is_args}"')
})

it('is never given what nginx would read as something else', () => {
  for (const text of ['$host', 'a\nb', 'a\rb', '\0', 'a\u0085']) {
    expect(() => quoteWord(text), text).toThrow('nginx can not be given')
  }
  expect(() => quoteWord('x'.repeat(4_096))).toThrow('no word of that length')
})

it('matches a text by itself only', () => {
  const texts = ['(a+)+$', '^.*|', '[a-z]\\', 'é "b" {2,}', '$1', '#?']
  for (const text of texts) {
    const expression = new RegExp(`^${escapePattern(text)}$`)
    expect(texts.filter((other) => expression.test(other))).toEqual([text])
  }
  expect(quotePattern(escapePattern('$'))).toBe('"\\\\$"')
})
