import { useEffect } from 'react'
import { useSearchParams } from 'react-router'
import { paths } from './base.ts'
import type { Table } from './model.ts'
import { type ListQuery, type Page, readListQuery, writeListQuery } from './query.ts'
import { useTools } from './tools.ts'
import { type Asked, useRequest } from './use-request.ts'

export interface List extends Asked<Page> {
  readonly table: Table
  readonly query: ListQuery
  /** Shows the first page of what matches. */
  readonly search: (text: string) => void
  readonly sort: (ordering: string) => void
}

/** A page of a table's rows, as the address of the window says. */
export function useList(table: Table): List {
  const { api } = useTools()
  const [params, setParams] = useSearchParams()
  const query = readListQuery(params, table)
  const key = writeListQuery(query)
  const asked = useRequest(key, (signal) => api.list(table.name, query, signal))
  useEffect(() => {
    lastQueries.set(table.name, key)
  }, [table, key])

  // The address of this moment: a search may come a pause after the list was sorted.
  const change = (part: Partial<ListQuery>) => {
    const now = readListQuery(new URLSearchParams(location.search), table)
    setParams(writeListQuery({ ...now, paging: '', ...part }), { replace: true })
  }
  return {
    ...asked,
    table,
    query,
    search: (search) => change({ search }),
    sort: (ordering) => change({ ordering }),
  }
}

const lastQueries = new Map<string, string>()

/** The list as people left it. */
export function listAddress(table: string): string {
  const query = lastQueries.get(table) ?? ''
  return query === '' ? paths.list(table) : `${paths.list(table)}?${query}`
}
