// What a list shows, in its address.
import { expect, test } from 'vitest'
import type { Field, Table } from '../../../templates/app/shared/kit/model.ts'
import {
  type Page,
  rangeOf,
  readListQuery,
  readPaging,
  turnOrdering,
  writeListQuery,
} from '../../../templates/app/shared/kit/query.ts'

const name: Field = { name: 'name', type: 'string', label: 'Name' }
const table: Table = { name: 'customers', label: 'Customers', fields: { name } }

test('an address says the same when it is read and written again', () => {
  for (const query of ['', 'search=a+%26+b', 'page=2&search=x&ordering=-name', 'cursor=cD0y']) {
    expect(writeListQuery(readListQuery(new URLSearchParams(query), table))).toBe(query)
  }
})

test('what no list knows is left out', () => {
  const read = (query: string): string =>
    writeListQuery(readListQuery(new URLSearchParams(query), table))
  expect(read('ordering=constructor&utm_source=x&page=')).toBe('')
  expect(read('ordering=-__proto__')).toBe('')
})

test('of the links of the API, the part that says which page is taken', () => {
  expect(readPaging('http://backend:8000/api/x/?search=a&page=3&page_size=25')).toBe('page=3')
  expect(readPaging('http://backend:8000/api/x/?limit=25&offset=50')).toBe('offset=50&limit=25')
  expect(readPaging('http://backend:8000/api/x/')).toBe('')
  expect(readPaging(null)).toBeNull()
})

test('the rows that are shown are counted from one, on the last page too', () => {
  const range = (paging: string, page: Partial<Page>) => rangeOf({ ...emptyPage, paging, ...page })
  const rows = Array.from({ length: 20 }, () => ({}))
  expect(range('', { rows, count: 45, next: 'page=2' })).toEqual({ first: 1, last: 20, count: 45 })
  expect(range('page=2', { rows, count: 45, next: 'page=3' })?.first).toBe(21)
  expect(range('page=3', { rows: rows.slice(0, 5), count: 45 })).toEqual({
    first: 41,
    last: 45,
    count: 45,
  })
  expect(range('limit=20&offset=20', { rows, count: 45, next: 'offset=40' })?.first).toBe(21)
  expect(range('cursor=x', { rows, next: 'cursor=y' })).toBeNull()
  expect(range('', { count: 0 })).toBeNull()
})

test('a heading sorts up, then down, then not', () => {
  expect(turnOrdering('', name)).toBe('name')
  expect(turnOrdering('name', name)).toBe('-name')
  expect(turnOrdering('-name', name)).toBe('')
  expect(turnOrdering('other', name)).toBe('name')
})

const emptyPage: Page = { paging: '', rows: [], count: null, next: null, previous: null }
