// Between the values of rows and what the inputs of a form hold. The zone of these tests is not UTC.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { messagesFor } from '../../../templates/app/shared/kit/messages.ts'
import type { Field, FieldType, Json } from '../../../templates/app/shared/kit/model.ts'
import {
  checkValues,
  type FormValue,
  isChanged,
  toFormValues,
  toValues,
} from '../../../templates/app/shared/kit/values.ts'

const zone = process.env['TZ']
beforeAll(() => {
  process.env['TZ'] = 'Asia/Kolkata'
})
afterAll(() => {
  if (zone === undefined) delete process.env['TZ']
  else process.env['TZ'] = zone
})

test('what a row holds is in its form as people write it', () => {
  expect(shown('datetime', '2026-11-25T21:40:00Z')).toBe('2026-11-26T03:10')
  expect(shown('datetime', '2026-11-25T21:40:07.123456Z')).toBe('2026-11-26T03:10:07')
  expect(shown('datetime', '2026-11-25T21:40:00')).toBe('2026-11-25T21:40')
  expect(shown('datetime', 'soon')).toBe('soon')
  expect(shown('decimal', '0.10')).toBe('0.10')
  expect(shown('json', { a: [1] })).toBe('{\n  "a": [\n    1\n  ]\n}')
  expect(shown('boolean', null)).toBe(false)
  expect(shown('relation', { id: 7, name: 'x' })).toBe(7)
  expect(shown('relations', [3, { id: 'b' }, null])).toEqual([3, 'b'])
  expect(shown('string', null)).toBe('')
})

test('nothing is sent of a row that was not touched', () => {
  const row = {
    when: '2026-11-25T21:40:07.123456Z',
    data: { b: 1, a: 2 },
    many: [1, 2],
    price: '1.50',
    file: 'https://example.org/a.pdf',
    big: 9007199254740993n.toString(),
  }
  const fields = [
    field('when', 'datetime'),
    field('data', 'json'),
    field('many', 'relations'),
    field('price', 'decimal'),
    field('file', 'file'),
    field('big', 'integer'),
  ]
  const values = toFormValues(fields, row)
  expect(isChanged(fields, values, row)).toBe(false)
  expect([...toValues(fields, values, row)]).toEqual([])
})

test('of a new row what was given is sent, and the backend decides on the rest', () => {
  const fields = [
    field('name', 'string'),
    field('note', 'text'),
    field('active', 'boolean'),
    field('country', 'relation'),
    field('tags', 'relations'),
    field('made', 'datetime', { readOnly: true, initial: '2026-01-01T00:00:00Z' }),
    field('count', 'integer', { initial: 1 }),
  ]
  const values = new Map(toFormValues(fields, null)).set('name', 'Ada')
  expect([...toValues(fields, values, null)]).toEqual([
    ['name', 'Ada'],
    ['active', false],
    ['count', 1],
  ])
})

test('values are sent as JSON has them', () => {
  expect(sent('integer', '12')).toBe(12)
  expect(sent('integer', ' 1 200 ')).toBe(1200)
  expect(sent('integer', '9007199254740993')).toBe('9007199254740993')
  expect(sent('float', '1,5')).toBe(1.5)
  expect(sent('decimal', '12345678901234567890,10')).toBe('12345678901234567890.10')
  expect(sent('decimal', '1,234,567.50')).toBe('1234567.50')
  expect(sent('decimal', '1’200.5')).toBe('1200.5')
  expect(sent('json', '{"a":1}')).toEqual({ a: 1 })
  expect(sent('relation', 7)).toBe(7)
  expect(sent('datetime', '2026-11-26T03:10')).toBe('2026-11-25T21:40:00.000Z')
  expect(sent('choice', '2', { choices: [{ value: 2, label: 'Two' }] })).toBe(2)
  expect(sent('choice', '2', { choices: [{ value: '2', label: 'Two' }] })).toBe('2')
})

test('what is emptied is sent as Django keeps it', () => {
  expect(emptied('string', 'x')).toBe('')
  expect(emptied('url', 'https://example.org')).toBe('')
  expect(emptied('date', '2026-11-25')).toBeNull()
  expect(emptied('integer', 3)).toBeNull()
  expect(emptied('file', '/media/a.pdf')).toBeNull()
  expect(emptied('relation', 3)).toBeNull()
  expect(emptied('relations', [3], [])).toEqual([])
})

test('a backend that keeps times without a zone gets them back without one', () => {
  const when = field('when', 'datetime')
  const values = new Map<string, FormValue>([['when', '2026-11-25T22:00']])
  expect(toValues([when], values, { when: '2026-11-25T21:40:00' }).get('when')).toBe(
    '2026-11-25T22:00',
  )
})

test('mistakes are told before the server is asked', () => {
  expect(mistake('string', ' ', { required: true })).toBe('Please fill this in.')
  expect(mistake('relations', [], { required: true })).toBe('Please fill this in.')
  expect(mistake('boolean', false, { required: true })).toBeNull()
  expect(mistake('string', '👍👍👍', { maxLength: 3 })).toBeNull()
  expect(mistake('string', 'abcd', { maxLength: 3 })).toBe('At most 3 characters; these are 4.')
  expect(mistake('integer', '1.5')).toBe('Please give a whole number.')
  expect(mistake('integer', '1,200')).toBe('Please give a whole number.')
  expect(mistake('float', '1,200')).toBe('Please give a number.')
  expect(mistake('float', '0x10')).toBe('Please give a number.')
  expect(mistake('float', 'Infinity')).toBe('Please give a number.')
  expect(mistake('float', '1.5e3')).toBeNull()
  expect(mistake('integer', '-1', { min: 0 })).toBe('At least 0.')
  expect(mistake('decimal', '100,5', { max: 100 })).toBe('At most 100.')
  expect(mistake('decimal', '1.234', { decimalPlaces: 2 })).toBe(
    'At most 2 digits after the point.',
  )
  expect(mistake('email', 'ada')).toContain('e-mail address')
  expect(mistake('url', 'example.org')).toContain('web address')
  expect(mistake('uuid', '1234')).toBe('Please give a UUID.')
  expect(mistake('uuid', '0b9f3a52-8a53-4f6e-9c1d-000000010006')).toBeNull()
  expect(mistake('json', '{')).toContain('This is not JSON')
  expect(mistake('json', '{', { readOnly: true })).toBeNull()
})

test('fields may have the names of what every object has', () => {
  const fields = [field('__proto__', 'string'), field('constructor', 'string')]
  const row = JSON.parse('{"id": 1, "__proto__": "a"}')
  const values = new Map(toFormValues(fields, row)).set('constructor', 'b')
  expect([...values]).toEqual([
    ['__proto__', 'a'],
    ['constructor', 'b'],
  ])
  expect([...toValues(fields, values, row)]).toEqual([['constructor', 'b']])
})

function field(name: string, type: FieldType, more: Partial<Field> = {}): Field {
  return { name, type, label: name, ...more }
}

function shown(type: FieldType, value: Json): FormValue | undefined {
  return toFormValues([field('x', type)], { x: value }).get('x')
}

function sent(
  type: FieldType,
  value: FormValue,
  more: Partial<Field> = {},
): Json | File | undefined {
  return toValues([field('x', type, more)], new Map([['x', value]]), null).get('x')
}

function emptied(type: FieldType, before: Json, value: FormValue = ''): Json | File | undefined {
  return toValues([field('x', type)], new Map([['x', value]]), { x: before }).get('x')
}

function mistake(type: FieldType, value: FormValue, more: Partial<Field> = {}): string | null {
  const values = new Map([['x', value]])
  return checkValues([field('x', type, more)], values, messagesFor('en')).get('x')?.[0] ?? null
}
