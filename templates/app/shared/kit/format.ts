/** How a value reads, in the language of the app and in the time zone of who reads it. */
import { languageOf, type Messages } from './messages.ts'
import { type Field, type Json, targetIdOf, textOf } from './model.ts'
import { createSwapSigns, type SwapSigns } from './swap-signs.ts'

/** What a framework draws; `missing` is a value that isn't there. */
export type Shown =
  | { readonly kind: 'missing' }
  | { readonly kind: 'text'; readonly text: string }
  /** May have lines of its own. */
  | { readonly kind: 'prose'; readonly text: string }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'time'; readonly text: string; readonly machine: string }
  | { readonly kind: 'flag'; readonly text: string; readonly isOn: boolean }
  | { readonly kind: 'badge'; readonly text: string; readonly tone: number }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly href: string }
  | { readonly kind: 'image'; readonly text: string; readonly href: string }
  /** One or more rows of another table, as ids or whole. */
  | { readonly kind: 'rows'; readonly values: readonly Json[] }

export interface Formats {
  readonly show: (field: Field, value: Json | undefined) => Shown
  readonly swapSigns: SwapSigns
}

/** How many tones the style sheet has for badges and tables: `tone-0` … `tone-7`. */
export const toneCount = 8

export function createFormats(locale: string, messages: Messages): Formats {
  const language = preferredLocale(locale)
  const date = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone: 'UTC' })
  const local = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' })
  const naive = new Intl.DateTimeFormat(language, {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: 'UTC',
  })
  const clock = new Intl.DateTimeFormat(language, { timeStyle: 'short', timeZone: 'UTC' })

  const showTime = (format: Intl.DateTimeFormat, value: Json, iso: string): Shown => {
    const moment = new Date(iso)
    return Number.isNaN(moment.getTime())
      ? showText(value)
      : { kind: 'time', text: format.format(moment), machine: textOf(value) }
  }

  const show = (field: Field, value: Json | undefined): Shown => {
    if (value === undefined || value === null || value === '') return { kind: 'missing' }
    switch (field.type) {
      case 'integer':
      case 'float':
      case 'decimal':
        return showNumber(language, value)
      case 'boolean':
        return typeof value === 'boolean'
          ? { kind: 'flag', isOn: value, text: value ? messages.yes : messages.no }
          : showText(value)
      case 'date':
        return showTime(date, value, `${textOf(value).slice(0, 10)}T00:00:00Z`)
      case 'datetime':
        return hasZone(textOf(value))
          ? showTime(local, value, textOf(value))
          : showTime(naive, value, `${textOf(value)}Z`)
      case 'time':
        return showTime(clock, value, `1970-01-01T${textOf(value)}Z`)
      case 'email':
        return { kind: 'link', text: textOf(value), href: `mailto:${encodeURI(wellFormed(value))}` }
      case 'url':
        return isWebAddress(value) ? showLink('link', value, shorten(value)) : showText(value)
      case 'file':
      case 'image':
        return isFileAddress(value)
          ? showLink(field.type, value, fileNameOf(textOf(value)))
          : showText(value)
      case 'choice':
        return showChoice(field, value)
      case 'relation':
        return targetIdOf(value) === undefined ? showText(value) : { kind: 'rows', values: [value] }
      case 'relations':
        if (!Array.isArray(value)) return showText(value)
        return value.length === 0 ? { kind: 'missing' } : { kind: 'rows', values: value }
      case 'json':
        return { kind: 'code', text: JSON.stringify(value, null, 2) }
      case 'text':
        return { kind: 'prose', text: textOf(value) }
      default:
        return showText(value)
    }
  }
  return { show, swapSigns: createSwapSigns(language) }
}

/** The reader's own variety of the app's language: days come before months for `en-GB`. */
function preferredLocale(locale: string): string {
  const own = navigator.languages.find((tag) => languageOf(tag) === languageOf(locale)) ?? locale
  try {
    return Intl.getCanonicalLocales(own)[0] ?? 'en'
  } catch {
    return 'en'
  }
}

function showText(value: Json): Shown {
  if (typeof value === 'object') return { kind: 'code', text: JSON.stringify(value, null, 2) }
  return { kind: 'text', text: textOf(value) }
}

/** Decimals stay text all the way: a double would round them. */
function showNumber(language: string, value: Json): Shown {
  const digits = textOf(value)
  if (!/^-?\d{1,300}(\.\d{1,100})?$/.test(digits)) return showText(value)
  const places = digits.split('.')[1]?.length ?? 0
  const format = new Intl.NumberFormat(language, {
    minimumFractionDigits: places,
    maximumFractionDigits: places,
  })
  return { kind: 'number', text: format.format(digits as Intl.StringNumericLiteral) }
}

function showChoice({ choices = [] }: Field, value: Json): Shown {
  const index = choices.findIndex((choice) => String(choice.value) === textOf(value))
  const text = choices[index]?.label ?? textOf(value)
  return { kind: 'badge', text, tone: Math.max(0, index) % toneCount }
}

function showLink(kind: 'link' | 'file' | 'image', value: Json, text: string): Shown {
  return { kind: kind === 'image' ? 'image' : 'link', href: textOf(value), text }
}

export function hasZone(datetime: string): boolean {
  return /(?:Z|[+-]\d\d:?\d\d)$/i.test(datetime)
}

/** Any other scheme, `javascript:` among them, stays text. */
export function isWebAddress(value: unknown): boolean {
  return typeof value === 'string' && /^https?:\/\//i.test(value)
}

/** Of an uploaded file: the backend's own, or another host's. */
export function isFileAddress(value: unknown): boolean {
  return isWebAddress(value) || (typeof value === 'string' && /^\/(?![/\\])/.test(value))
}

function shorten(value: Json): string {
  return textOf(value)
    .replace(/^https?:\/\/(?:www\.)?/i, '')
    .replace(/\/$/, '')
}

export function fileNameOf(address: string): string {
  const path = address.split(/[?#]/, 1)[0] ?? ''
  const name = path.slice(path.lastIndexOf('/') + 1)
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

function wellFormed(value: Json): string {
  return textOf(value).toWellFormed()
}
