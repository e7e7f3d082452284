import { type ComponentType, useEffect, useState } from 'react'
import { Route, Routes, useLocation, useParams } from 'react-router'
import { ErrorBoundary, Failure } from './error-boundary.tsx'
import { HomePage } from './home-page.tsx'
import type { TableEntry } from './model.ts'
import { Page } from './page.tsx'
import { NotFoundState } from './states.tsx'
import { useTools } from './tools.ts'

type PageName = keyof TableEntry<ComponentType>['pages']

/** The addresses are built in `base.ts`. */
export function AppRoutes() {
  const { pathname } = useLocation()
  // Each address has a page of its own: nothing of the last one stays in it.
  return (
    <ErrorBoundary key={pathname}>
      <Routes>
        <Route index element={<HomePage />} />
        <Route path="tables/:table">
          <Route index element={<TablePage page="list" />} />
          <Route path="new" element={<TablePage page="form" />} />
          <Route path="rows/:id" element={<TablePage page="detail" />} />
          <Route path="rows/:id/edit" element={<TablePage page="form" />} />
        </Route>
        <Route path="*" element={<NotFoundPage />} />
      </Routes>
    </ErrorBoundary>
  )
}

function TablePage({ page }: { page: PageName }) {
  const { tables } = useTools()
  const { table = '' } = useParams()
  const entry = tables.get(table)
  return entry === undefined ? <NotFoundPage /> : <LoadedPage load={entry.pages[page]} />
}

type Load = () => Promise<{ default: ComponentType }>
const loadedPages = new Map<Load, ComponentType>()

/** The code of a page comes when it is needed first. */
function LoadedPage({ load }: { load: Load }) {
  const [Loaded, setLoaded] = useState(() => loadedPages.get(load) ?? null)
  const [hasFailed, setHasFailed] = useState(false)
  useEffect(() => {
    if (Loaded !== null) return
    load().then(
      ({ default: component }) => {
        loadedPages.set(load, component)
        setLoaded(() => component)
      },
      () => setHasFailed(true),
    )
  }, [load, Loaded])
  if (hasFailed) return <Failure />
  return Loaded === null ? null : <Loaded />
}

function NotFoundPage() {
  const { messages } = useTools()
  return (
    <Page title={messages.notFoundTitle}>
      <NotFoundState />
    </Page>
  )
}
