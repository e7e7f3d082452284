/** What a list shows, kept in the query of its address: it survives reloads and the back button. */
import type { Field, Row, Table } from './model.ts'

export interface ListQuery {
  readonly search: string
  /** The name of a field, with `-` in front for descending; empty for the API's own order. */
  readonly ordering: string
  /** Which page, in the API's own words: `page=2`, `cursor=cD0y`; empty for the first. */
  readonly paging: string
}

export interface Page {
  /** What it was asked for by; the address may say the next one already. */
  readonly paging: string
  readonly rows: readonly Row[]
  /** Of all pages; null where the API doesn't count. */
  readonly count: number | null
  /** What to ask for as `paging`; null where there is no such page. */
  readonly next: string | null
  readonly previous: string | null
}

/** How many rows are asked for. The API may give another number. */
export const pageSize = 25

const pagingKeys = ['page', 'cursor', 'offset', 'limit']

export function readListQuery(params: URLSearchParams, table: Table): ListQuery {
  const ordering = params.get('ordering') ?? ''
  const name = ordering.replace(/^-/, '')
  return {
    search: params.get('search') ?? '',
    ordering: Object.hasOwn(table.fields, name) ? ordering : '',
    paging: pickPaging(params),
  }
}

/** Without a `?`; empty for the list as it opens. */
export function writeListQuery({ search, ordering, paging }: ListQuery): string {
  const params = new URLSearchParams(paging)
  if (search !== '') params.set('search', search)
  if (ordering !== '') params.set('ordering', ordering)
  return params.toString()
}

/** The part of the API's `next` or `previous` that says which page; null where there is none. */
export function readPaging(link: unknown): string | null {
  if (typeof link !== 'string') return null
  const query = link.indexOf('?')
  return pickPaging(new URLSearchParams(query === -1 ? '' : link.slice(query)))
}

function pickPaging(params: URLSearchParams): string {
  const picked = new URLSearchParams()
  for (const key of pagingKeys) {
    const value = params.get(key)
    if (value !== null && value !== '') picked.set(key, value)
  }
  return picked.toString()
}

export type Direction = 'ascending' | 'descending' | 'none'

export function directionOf(ordering: string, field: Field): Direction {
  if (ordering === field.name) return 'ascending'
  return ordering === `-${field.name}` ? 'descending' : 'none'
}

/** The next ordering when a column's heading is pressed: up, down, none. */
export function turnOrdering(ordering: string, field: Field): string {
  const direction = directionOf(ordering, field)
  if (direction === 'none') return field.name
  return direction === 'ascending' ? `-${field.name}` : ''
}

export function isSortable({ type }: Field): boolean {
  return !['text', 'json', 'relations', 'file', 'image'].includes(type)
}

export interface Range {
  /** Of the first and of the last row shown, counted from 1. */
  readonly first: number
  readonly last: number
  readonly count: number
}

/** Null where the API doesn't count, or where nothing is shown. */
export function rangeOf({ paging, count, rows, next }: Page): Range | null {
  if (count === null || rows.length === 0) return null
  const before = next === null ? count - rows.length : rowsBefore(paging, rows.length)
  return { first: before + 1, last: before + rows.length, count }
}

function rowsBefore(paging: string, size: number): number {
  const params = new URLSearchParams(paging)
  const number = Number(params.get('page') ?? 1)
  const offset = Number(params.get('offset') ?? (number - 1) * size)
  return Number.isFinite(offset) && offset > 0 ? offset : 0
}
