/** What stands around every page: the app's name, the way to the tables, toasts and questions. */
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { Link, NavLink, useLocation, useMatch } from 'react-router'
import { paths } from './base.ts'
import { ConfirmDialog } from './confirm-dialog.tsx'
import { firstLetterOf } from './first-letter.ts'
import { Icon } from './icon.tsx'
import { showCurrent } from './show-current.ts'
import { Tile } from './tile.tsx'
import { Toasts } from './toasts.tsx'
import { useTools } from './tools.ts'

export function Shell({ children }: { children: ReactNode }) {
  const { app, messages } = useTools()
  const [isOpen, setIsOpen] = useState(false)
  const { pathname } = useLocation()
  useEffect(() => setIsOpen(false), [pathname])
  return (
    <>
      <a className="skip-link" href="#main">
        {messages.skipToContent}
      </a>
      <div className="shell">
        <header className="masthead">
          <Link className="brand" to={paths.home}>
            <span className="brand-mark" aria-hidden="true">
              {firstLetterOf(app.title)}
            </span>
            <span className="brand-name">{app.title}</span>
          </Link>
          <button
            type="button"
            className="button-icon menu-button"
            aria-expanded={isOpen}
            aria-controls="navigation"
            aria-label={messages.menu}
            onClick={() => setIsOpen(!isOpen)}
          >
            <Icon name={isOpen ? 'close' : 'menu'} />
          </button>
        </header>
        <Navigation isOpen={isOpen} />
        <main className="sheet" id="main" tabIndex={-1}>
          {children}
        </main>
      </div>
      <Toasts />
      <ConfirmDialog />
    </>
  )
}

/** With more tables than this, people would rather type than scroll. */
const filterFrom = 12

function Navigation({ isOpen }: { isOpen: boolean }) {
  const { app, messages, toneOf } = useTools()
  const [filter, setFilter] = useState('')
  const element = useRef<HTMLElement>(null)
  const current = useMatch('/tables/:table/*')?.params.table
  useEffect(() => {
    if (element.current !== null) showCurrent(element.current)
  }, [current, isOpen])
  const wanted = filter.trim().toLocaleLowerCase()
  const tables = app.tables.filter(({ label }) => label.toLocaleLowerCase().includes(wanted))
  return (
    <nav
      ref={element}
      className={isOpen ? 'navigation is-open' : 'navigation'}
      id="navigation"
      aria-label={messages.tables}
    >
      {app.tables.length > filterFrom && (
        <div className="nav-filter">
          <input
            className="input"
            type="search"
            aria-label={messages.findTable}
            placeholder={messages.findTable}
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
        </div>
      )}
      <ul className="nav-list">
        {tables.map(({ name, label, pages }) => (
          <li key={name}>
            <NavLink
              className={`nav-link ${toneOf(name)}`}
              to={paths.list(name)}
              // Where the pointer goes, the person goes: the page is there a moment sooner.
              onPointerEnter={() => void pages.list().catch(() => undefined)}
            >
              <Tile label={label} />
              <span className="nav-text">{label}</span>
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  )
}
