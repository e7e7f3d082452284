/** Between the values of rows and what inputs hold, and what can be told before the server is asked. */
import { hasZone } from './format.ts'
import type { Messages } from './messages.ts'
import {
  type Field,
  type Id,
  type Json,
  type Row,
  readValue,
  targetIdOf,
  targetIdsOf,
  textOf,
} from './model.ts'

/**
 * What an input holds: text for most, ids for `relations`, an id or an empty string for `relation`;
 * for files the new file, the address of the one that is there, or an empty string.
 */
export type FormValue = string | number | boolean | readonly Id[] | File
export type FormValues = ReadonlyMap<string, FormValue>

/** The text that an input holds. */
export function textIn(value: FormValue | undefined): string {
  return typeof value === 'string' ? value : ''
}

/** The ids that an input of a relation holds. */
export function idsIn(value: FormValue | undefined): readonly Id[] {
  if (isIds(value)) return value
  return (typeof value === 'string' && value !== '') || typeof value === 'number' ? [value] : []
}

/** What the inputs hold for a row; for a new one what the fields begin with. */
export function toFormValues(fields: readonly Field[], row: Row | null): FormValues {
  return new Map(
    fields.map((field) => [
      field.name,
      toFormValue(field, row === null ? field.initial : readValue(row, field.name)),
    ]),
  )
}

function toFormValue({ type }: Field, value: Json | undefined): FormValue {
  switch (type) {
    case 'boolean':
      return value === true
    case 'relation':
      return targetIdOf(value) ?? ''
    case 'relations':
      return targetIdsOf(value)
    case 'json':
      return value === undefined || value === null ? '' : JSON.stringify(value, null, 2)
    case 'datetime':
      return toLocalInput(value)
    case 'date':
      return value === null || value === undefined ? '' : textOf(value).slice(0, 10)
    default:
      return value === null || value === undefined ? '' : textOf(value)
  }
}

/** The values to send: of a new row those that were given, else those that were changed. */
export function toValues(
  fields: readonly Field[],
  values: FormValues,
  row: Row | null,
): ReadonlyMap<string, Json | File> {
  const before = toFormValues(fields, row)
  const sent = fields.filter((field) => {
    const value = values.get(field.name)
    if (field.readOnly === true || value === undefined) return false
    return row === null ? !isEmpty(value) : !isSame(value, before.get(field.name))
  })
  return new Map(
    sent.map((field) => [field.name, toJson(field, values.get(field.name) ?? '', row)]),
  )
}

function toJson(field: Field, value: FormValue, row: Row | null): Json | File {
  if (value instanceof File || typeof value !== 'string') return value
  const { type } = field
  // Django keeps an empty text as '' and an empty anything else as null.
  if (value === '') return ['string', 'text', 'email', 'url'].includes(type) ? '' : null
  switch (type) {
    case 'integer':
    case 'float':
      return toNumber(value)
    case 'decimal':
      return toDigits(value)
    case 'choice':
      return field.choices?.find((choice) => String(choice.value) === value)?.value ?? value
    case 'json':
      return JSON.parse(value)
    case 'datetime':
      return fromLocalInput(value, row === null ? undefined : readValue(row, field.name))
    default:
      return value
  }
}

/** What a double can't hold goes as text, which DRF reads as well. */
function toNumber(text: string): number | string {
  const digits = toDigits(text)
  const number = Number(digits)
  return Number.isInteger(number) && !Number.isSafeInteger(number) ? digits : number
}

/**
 * A number as people write it, whose signs are swapped already where their language wants that:
 * `12,5`, `1 200` and `1,200.50` too. `1,200` may mean two things: it is none.
 */
function toDigits(text: string): string {
  const digits = text.replace(/[\s'’]/g, '')
  if (/^[+-]?\d{1,3}(,\d{3})+\.\d*$/.test(digits)) return digits.replaceAll(',', '')
  return /^[+-]?\d{1,3},\d{3}$/.test(digits) ? 'ambiguous' : digits.replace(',', '.')
}

export function isEmpty(value: FormValue): boolean {
  if (typeof value === 'string') return value.trim() === ''
  return Array.isArray(value) && value.length === 0
}

export function isSame(one: FormValue | undefined, other: FormValue | undefined): boolean {
  if (!isIds(one) || !isIds(other)) return one === other
  return one.length === other.length && one.every((id, index) => id === other[index])
}

function isIds(value: FormValue | undefined): value is readonly Id[] {
  return Array.isArray(value)
}

export function isChanged(fields: readonly Field[], values: FormValues, row: Row | null): boolean {
  const before = toFormValues(fields, row)
  return fields.some(({ name }) => !isSame(values.get(name), before.get(name)))
}

/** The mistakes that need no server, by the names of their fields. */
export function checkValues(
  fields: readonly Field[],
  values: FormValues,
  messages: Messages,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>()
  for (const field of fields) {
    if (field.readOnly === true) continue
    const mistake = checkValue(field, values.get(field.name) ?? '', messages)
    if (mistake !== null) found.set(field.name, [mistake])
  }
  return found
}

function checkValue(field: Field, value: FormValue, messages: Messages): string | null {
  if (isEmpty(value)) return field.required === true ? messages.isRequired : null
  if (typeof value !== 'string') return null
  // Counted as the server counts: a letter outside of the first 65,536 is one.
  const length = Array.from(value).length
  if (field.maxLength !== undefined && length > field.maxLength) {
    return messages.tooLong(length, field.maxLength)
  }
  switch (field.type) {
    case 'integer':
      return /^[+-]?\d+$/.test(toDigits(value))
        ? checkBounds(field, value, messages)
        : messages.notWhole
    case 'float':
    case 'decimal':
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(toDigits(value))
        ? (checkBounds(field, value, messages) ?? checkPlaces(field, value, messages))
        : messages.notNumber
    case 'email':
      return /^[^\s@]+@[^\s@]+$/.test(value) ? null : messages.notEmail
    case 'url':
      return URL.canParse(value) ? null : messages.notUrl
    case 'uuid':
      return /^[\da-f]{8}(-?[\da-f]{4}){3}-?[\da-f]{12}$/i.test(value.trim())
        ? null
        : messages.notUuid
    case 'date':
      return /^\d{4}-\d\d-\d\d$/.test(value) ? null : messages.notDate
    case 'datetime':
      return Number.isNaN(new Date(value).getTime()) ? messages.notDate : null
    case 'time':
      return /^\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(value) ? null : messages.notTime
    case 'json':
      return checkJson(value, messages)
    default:
      return null
  }
}

function checkBounds({ min, max }: Field, value: string, messages: Messages): string | null {
  const number = Number(toDigits(value))
  if (min !== undefined && number < min) return messages.tooSmall(min)
  return max !== undefined && number > max ? messages.tooLarge(max) : null
}

function checkPlaces({ decimalPlaces }: Field, value: string, messages: Messages): string | null {
  const places = toDigits(value).split('.')[1]?.length ?? 0
  return decimalPlaces !== undefined && places > decimalPlaces
    ? messages.tooPrecise(decimalPlaces)
    : null
}

function checkJson(value: string, messages: Messages): string | null {
  try {
    JSON.parse(value)
    return null
  } catch (error) {
    return messages.notJson(error instanceof Error ? error.message : '')
  }
}

/** `2026-11-25T21:40:00Z` as `datetime-local` takes it, in the reader's zone. */
function toLocalInput(value: Json | undefined): string {
  if (typeof value !== 'string' || value === '') return ''
  if (!hasZone(value)) return trimSeconds(value.slice(0, 19))
  const moment = new Date(value)
  if (Number.isNaN(moment.getTime())) return ''
  const local = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000)
  return trimSeconds(local.toISOString().slice(0, 19))
}

function trimSeconds(text: string): string {
  return text.endsWith(':00') && text.length === 19 ? text.slice(0, 16) : text
}

/** A backend that gave a time without a zone gets it back without one. */
function fromLocalInput(value: string, before: Json | undefined): string {
  return typeof before === 'string' && before !== '' && !hasZone(before)
    ? value
    : new Date(value).toISOString()
}

/** The zone that times are shown in, as people know it: `Europe/Paris`. */
export function timeZoneName(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone.replaceAll('_', ' ')
}
