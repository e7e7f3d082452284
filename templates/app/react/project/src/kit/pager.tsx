import type { ReactNode } from 'react'
import { useEffect, useRef } from 'react'
import { Link } from 'react-router'
import { Icon } from './icon.tsx'
import { type ListQuery, type Page, rangeOf, writeListQuery } from './query.ts'
import { useTools } from './tools.ts'

/** Links to the pages before and after, as the API names them. */
export function Pager({ query, page }: { query: ListQuery; page: Page }) {
  const { messages } = useTools()
  const range = rangeOf(page)
  const shownPaging = useRef(query.paging)

  useEffect(() => {
    if (shownPaging.current !== query.paging) scrollTo(0, 0)
    shownPaging.current = query.paging
  }, [query.paging])

  if (page.next === null && page.previous === null) return null
  return (
    <nav className="pager" aria-label={messages.pages}>
      <PageLink query={query} paging={page.previous}>
        <Icon name="back" />
        {messages.previous}
      </PageLink>
      <p className="pager-range">
        {range !== null && messages.range(range.first, range.last, range.count)}
      </p>
      <PageLink query={query} paging={page.next}>
        {messages.next}
        <Icon name="next" />
      </PageLink>
    </nav>
  )
}

interface PageLinkProps {
  readonly query: ListQuery
  readonly paging: string | null
  readonly children: ReactNode
}

function PageLink({ query, paging, children }: PageLinkProps) {
  if (paging === null) {
    return (
      <span className="button" aria-disabled="true">
        {children}
      </span>
    )
  }
  return (
    <Link className="button" to={{ search: writeListQuery({ ...query, paging }) }}>
      {children}
    </Link>
  )
}
