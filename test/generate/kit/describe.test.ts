// What the pages of both frameworks say of fields, names and errors.
import { describe, expect, test } from 'vitest'
import { ApiError } from '../../../templates/app/shared/kit/api.ts'
import { columnKindOf } from '../../../templates/app/shared/kit/column-kind.ts'
import { describeError } from '../../../templates/app/shared/kit/describe-error.ts'
import { describeInput } from '../../../templates/app/shared/kit/describe-input.ts'
import { firstLetterOf } from '../../../templates/app/shared/kit/first-letter.ts'
import { messagesFor } from '../../../templates/app/shared/kit/messages.ts'
import type { Field } from '../../../templates/app/shared/kit/model.ts'
import { describeRefusal, saveRow } from '../../../templates/app/shared/kit/save-row.ts'

const messages = messagesFor('en')
const email: Field = { name: 'email', type: 'email', label: 'E-mail' }

test('a name stands for itself by its first letter, whole', () => {
  expect(['élan', ' invoices', '👩‍🚀 crew', ''].map(firstLetterOf)).toEqual(['É', 'I', '👩‍🚀', ''])
})

test('numbers, times and badges have columns of their own kind', () => {
  const types = ['decimal', 'datetime', 'choice', 'boolean', 'image', 'email'] as const
  const kinds = ['number', 'time', 'badge', 'flag', 'image', 'text']
  expect(types.map(columnKindOf)).toEqual(kinds)
})

test('an error is told in words of ours, or in those of the server where it has some', () => {
  expect(describeError(new ApiError('offline'), messages).title).toBe('No connection')
  const refused = new ApiError('forbidden', { detail: 'Only for clerks.' })
  expect(describeError(refused, messages).text).toBe('Only for clerks.')
})

describe('an input', () => {
  const describeIt = (field: Field, hasError = false) =>
    describeInput(field, { id: 'i', hasError, messages })

  test('is tied to its help and to its errors, as far as there are some', () => {
    expect(describeIt(email).attributes['aria-describedby']).toBeUndefined()
    const { attributes } = describeIt({ ...email, help: 'Of the office.' }, true)
    expect(attributes['aria-describedby']).toBe('i-help i-error')
    expect(attributes['aria-invalid']).toBe(true)
  })

  test('of a moment says in which time zone it is', () => {
    const { help, isShort } = describeIt({
      name: 'at',
      type: 'datetime',
      label: 'At',
      help: 'UTC?',
    })
    expect(help).toMatch(/^UTC\? In your time zone, .+\.$/)
    expect(isShort).toBe(true)
  })
})

describe('what a form says when it is refused', () => {
  const refuse = (body: unknown, trouble: 'invalid' | 'offline' = 'invalid') =>
    describeRefusal(new ApiError(trouble, body), [email], messages).problems

  test('counts the fields that say more, and names those that are not asked for', () => {
    const body = { email: ['Taken.'], made_by: ['Unknown.'], non_field_errors: ['Too late.'] }
    expect(refuse(body)).toEqual([
      'Too late.',
      'made_by: Unknown.',
      'One field needs your attention.',
    ])
  })

  test('is never nothing', () => {
    expect(refuse({})).toEqual([messages.failedText])
    expect(refuse(null, 'offline')).toEqual([messages.offlineText])
  })
})

test('what a changed row is called elsewhere is asked for anew', async () => {
  const forgotten: string[] = []
  const labels = { forget: (table: string) => void forgotten.push(table) }
  const api = {
    create: async () => ({ id: 1 }),
    update: async (_table: string, id: unknown) => ({ id: String(id) }),
  }
  const table = { name: 'people', label: 'People', fields: { email } }
  const tools = { api, labels }
  expect(await saveRow(tools, { table, row: null, values: new Map() })).toEqual({ id: 1 })
  expect(await saveRow(tools, { table, row: { id: 7 }, values: new Map() })).toEqual({ id: '7' })
  expect(forgotten).toEqual(['people', 'people'])
})
