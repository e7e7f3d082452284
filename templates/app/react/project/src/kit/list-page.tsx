import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { paths } from './base.ts'
import { Icon } from './icon.tsx'
import { isWritable, type Table } from './model.ts'
import { Page } from './page.tsx'
import { Pager } from './pager.tsx'
import { RowTable } from './row-table.tsx'
import { SearchBox } from './search-box.tsx'
import { ErrorState, State } from './states.tsx'
import { useTools } from './tools.ts'
import { type List, useList } from './use-list.ts'

export interface ListPageProps {
  readonly table: Table
  /** The columns. */
  readonly children: ReactNode
}

/** The rows of a table: searched, sorted and paged by the API. */
export function ListPage({ table, children }: ListPageProps) {
  const { messages } = useTools()
  const list = useList(table)
  const count = list.data?.count ?? null
  return (
    <Page
      title={table.label}
      table={table}
      actions={isWritable(table) && <AddLink table={table} />}
    >
      <div className="toolbar">
        <SearchBox
          label={messages.searchIn(table.label)}
          value={list.query.search}
          onSearch={list.search}
        />
        <p className="count" role="status">
          {count !== null && messages.rows(count)}
        </p>
      </div>
      <Rows list={list}>{children}</Rows>
    </Page>
  )
}

function Rows({ list, children }: { list: List; children: ReactNode }) {
  const { data, error, isLoading, query } = list
  if (error?.trouble === 'missing' && query.paging !== '') return <NoSuchPage list={list} />
  if (error !== null) return <ErrorState error={error} retry={list.retry} />
  if (data?.rows.length === 0 && !isLoading) {
    return query.search === '' ? <NoRows table={list.table} /> : <NoMatch list={list} />
  }
  return (
    <>
      <RowTable list={list}>{children}</RowTable>
      {data !== null && <Pager query={query} page={data} />}
    </>
  )
}

function AddLink({ table }: { table: Table }) {
  const { messages } = useTools()
  return (
    <Link className="button button-primary" to={paths.create(table.name)}>
      <Icon name="add" />
      {messages.add}
    </Link>
  )
}

function NoRows({ table }: { table: Table }) {
  const { messages } = useTools()
  if (!isWritable(table)) return <State icon="empty" title={messages.emptyTitle} />
  return (
    <State icon="empty" title={messages.emptyTitle} text={messages.emptyText}>
      <AddLink table={table} />
    </State>
  )
}

function NoMatch({ list }: { list: List }) {
  const { messages } = useTools()
  return (
    <State
      icon="search"
      title={messages.noMatchTitle}
      text={messages.noMatchText(list.query.search)}
    >
      <button type="button" className="button" onClick={() => list.search('')}>
        {messages.clearSearch}
      </button>
    </State>
  )
}

/** The last row of the last page was deleted, or somebody kept an old address. */
function NoSuchPage({ list }: { list: List }) {
  const { messages } = useTools()
  return (
    <State icon="search" title={messages.noMatchTitle}>
      <button type="button" className="button" onClick={() => list.sort(list.query.ordering)}>
        {messages.firstPage}
      </button>
    </State>
  )
}
