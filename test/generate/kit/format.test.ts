// How values read.
import { expect, test } from 'vitest'
import { createFormats, type Shown } from '../../../templates/app/shared/kit/format.ts'
import { messagesFor } from '../../../templates/app/shared/kit/messages.ts'
import type { Choice, FieldType, Json } from '../../../templates/app/shared/kit/model.ts'

test('numbers are written as the language does, and decimals lose no digit', () => {
  expect(show('integer', 1234567)).toEqual({ kind: 'number', text: '1,234,567' })
  expect(show('decimal', '1234.50', { locale: 'fr' })).toEqual({
    kind: 'number',
    text: '1\u202f234,50',
  })
  expect(show('decimal', '12345678901234567890.12')).toEqual({
    kind: 'number',
    text: '12,345,678,901,234,567,890.12',
  })
  expect(show('float', 1e21)).toEqual({ kind: 'text', text: '1e+21' })
  expect(show('integer', 'many')).toEqual({ kind: 'text', text: 'many' })
})

test('a number is typed as the language writes it, and kept as JSON has it', () => {
  const signs = (locale: string) => createFormats(locale, messagesFor(locale)).swapSigns
  expect(signs('fr')('12.5')).toBe('12,5')
  expect(signs('fr')('12,5')).toBe('12.5')
  expect(signs('de')('1.200,50')).toBe('1,200.50')
  expect(signs('en')('12.5')).toBe('12.5')
  // Whatever keys are pressed, the input shows them.
  for (const typed of ['12.', '1.2,3.4', '-,5', 'x'])
    expect(signs('fr')(signs('fr')(typed))).toBe(typed)
})

test('bounds are told as the language writes them', () => {
  expect(messagesFor('fr').tooLarge(99.5)).toBe('99,5 au maximum.')
  expect(messagesFor('en').tooLarge(99.5)).toBe('At most 99.5.')
})

test('a date is the same day in every zone', () => {
  expect(show('date', '2026-11-25', { locale: 'fr' })).toEqual({
    kind: 'time',
    text: '25 nov. 2026',
    machine: '2026-11-25',
  })
  expect(show('time', '07:05:00', { locale: 'fr' })).toMatchObject({ text: '07:05' })
  expect(show('datetime', '2026-11-25T21:40:00', { locale: 'fr' })).toMatchObject({
    text: '25 nov. 2026, 21:40',
  })
  expect(show('date', 'soon')).toEqual({ kind: 'text', text: 'soon' })
})

test('only web addresses become links', () => {
  expect(show('url', 'https://www.example.org/')).toEqual({
    kind: 'link',
    href: 'https://www.example.org/',
    text: 'example.org',
  })
  for (const text of ['javascript:alert(1)', ' https://x', 'data:text/html,x', '//evil.example']) {
    expect(show('url', text)).toEqual({ kind: 'text', text })
  }
  for (const text of ['javascript:alert(1)', '//evil.example/x.png', '/\\evil.example', 'x.png']) {
    expect(show('image', text)).toEqual({ kind: 'text', text })
  }
  expect(show('file', '/api/media/a%20b.pdf?x=1')).toEqual({
    kind: 'link',
    href: '/api/media/a%20b.pdf?x=1',
    text: 'a b.pdf',
  })
  expect(show('image', 'https://example.org/%E0%A4%A.png')).toMatchObject({ text: '%E0%A4%A.png' })
  expect(show('email', 'ada@example.org\ud800')).toMatchObject({ kind: 'link' })
})

test('what is not there is said to be missing, and zero is there', () => {
  for (const value of [undefined, null, '']) expect(show('string', value).kind).toBe('missing')
  expect(show('relations', []).kind).toBe('missing')
  expect(show('integer', 0)).toEqual({ kind: 'number', text: '0' })
  expect(show('boolean', false)).toEqual({ kind: 'flag', text: 'No', isOn: false })
})

test('a choice is shown by its label, an unknown one by itself', () => {
  const choices = [
    { value: 'new', label: 'New' },
    { value: 2, label: 'Two' },
  ]
  expect(show('choice', 2, { choices })).toEqual({ kind: 'badge', text: 'Two', tone: 1 })
  expect(show('choice', 'old', { choices })).toEqual({ kind: 'badge', text: 'old', tone: 0 })
})

test('values of another shape than the type says are shown all the same', () => {
  expect(show('string', { a: 1 }).kind).toBe('code')
  expect(show('boolean', 'maybe')).toEqual({ kind: 'text', text: 'maybe' })
  expect(show('relations', 'x')).toEqual({ kind: 'text', text: 'x' })
  expect(show('relation', [1])).toMatchObject({ kind: 'code' })
})

test('a language that nobody knows is written as English', () => {
  expect(show('integer', 1234, { locale: 'not a tag' })).toEqual({ kind: 'number', text: '1,234' })
})

function show(
  type: FieldType,
  value: Json | undefined,
  { locale = 'en', choices = [] }: { locale?: string; choices?: readonly Choice[] } = {},
): Shown {
  const field = { name: 'x', type, label: 'x', choices }
  return createFormats(locale, messagesFor(locale)).show(field, value)
}
