/** A page of a table's rows, as the address of the window says. */
import { type Ref, shallowRef, watchEffect } from 'vue'
import { onBeforeRouteUpdate, type RouteLocation, useRoute, useRouter } from 'vue-router'
import { paths } from './base.ts'
import type { Table } from './model.ts'
import { type ListQuery, type Page, readListQuery, writeListQuery } from './query.ts'
import { useTools } from './tools.ts'
import { type Loaded, useLoad } from './use-load.ts'

export interface List extends Loaded<Page> {
  readonly query: Readonly<Ref<ListQuery>>
  /** Shows the first page of what matches. */
  readonly search: (text: string) => void
  readonly sort: (ordering: string) => void
  /** Where another page of the same rows is. */
  readonly addressOf: (paging: string) => string
}

export function useList(table: Table): List {
  const { api } = useTools()
  const route = useRoute()
  const router = useRouter()
  const { path } = route
  const query = shallowRef(readListQuery(readParams(route), table))
  // No computed value: it would change, and the list be loaded again, when people leave the page.
  onBeforeRouteUpdate((to) => {
    if (to.path === path) query.value = readListQuery(readParams(to), table)
  })
  watchEffect(() => {
    lastQueries.set(table.name, writeListQuery(query.value))
  })

  const change = (part: Partial<ListQuery>) => {
    const changed = writeListQuery({ ...query.value, paging: '', ...part })
    void router.replace(joinAddress(path, changed))
  }
  return {
    ...useLoad(
      () => writeListQuery(query.value),
      (_question, signal) => api.list(table.name, query.value, signal),
    ),
    query,
    search: (search) => change({ search }),
    sort: (ordering) => change({ ordering }),
    addressOf: (paging) => joinAddress(path, writeListQuery({ ...query.value, paging })),
  }
}

const lastQueries = new Map<string, string>()

/** The list as people left it. */
export function listAddress(table: string): string {
  return joinAddress(paths.list(table), lastQueries.get(table) ?? '')
}

function joinAddress(path: string, query: string): string {
  return query === '' ? path : `${path}?${query}`
}

function readParams({ query }: Pick<RouteLocation, 'query'>): URLSearchParams {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    if (typeof value === 'string') params.set(key, value)
  }
  return params
}
