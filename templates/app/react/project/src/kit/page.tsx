import { type ReactNode, useEffect, useRef } from 'react'
import { Link, useNavigationType } from 'react-router'
import { Icon } from './icon.tsx'
import type { Table } from './model.ts'
import { Skeleton } from './states.tsx'
import { Tile } from './tile.tsx'
import { useTools } from './tools.ts'

export interface PageProps {
  /** Null while it isn't known yet. */
  readonly title: string | null
  /** Gives the page its colour. */
  readonly table?: Table
  /** Where the page belongs: a link on top. Without it, the page stands for its table. */
  readonly back?: { readonly to: string; readonly label: string }
  readonly isNarrow?: boolean
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** Nobody needs to be told of the page that the browser opens by itself. */
let isFirstPage = true

/** Heading, actions, content. The heading gets the focus: screen readers say where we are. */
export function Page({ title, table, back, isNarrow, actions, children }: PageProps) {
  const { app, messages, toneOf } = useTools()
  const heading = useRef<HTMLHeadingElement>(null)
  const isNew = useNavigationType() !== 'POP'

  // Once, when the page comes: with another query it is the same page.
  useEffect(() => {
    if (!isFirstPage) {
      heading.current?.focus({ preventScroll: true })
      if (isNew) scrollTo(0, 0)
    }
    isFirstPage = false
  }, [])

  useEffect(() => {
    document.title = title === null ? app.title : `${title} · ${app.title}`
  }, [title, app])

  const classes = ['page', table && toneOf(table.name), isNarrow && 'page-narrow']
  return (
    <div className={classes.filter(Boolean).join(' ')}>
      {back && (
        <nav className="crumbs" aria-label={messages.breadcrumb}>
          <Link to={back.to}>
            <Icon name="back" />
            <span>{back.label}</span>
          </Link>
        </nav>
      )}
      <header className="page-header">
        <div className="page-title">
          {table && !back && <Tile label={table.label} />}
          <h1 ref={heading} tabIndex={-1}>
            {title ?? (
              <>
                <Skeleton />
                <span className="visually-hidden">{messages.loading}</span>
              </>
            )}
          </h1>
        </div>
        {actions && <div className="actions">{actions}</div>}
      </header>
      {children}
    </div>
  )
}
