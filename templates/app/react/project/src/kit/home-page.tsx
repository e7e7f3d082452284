import { useEffect, useState } from 'react'
import { Link } from 'react-router'
import { paths } from './base.ts'
import { Page } from './page.tsx'
import { Skeleton } from './states.tsx'
import { Tile } from './tile.tsx'
import { useTools } from './tools.ts'

/** The tables, and how many rows each has. */
export function HomePage() {
  const { app, messages, toneOf } = useTools()
  const counts = useCounts()
  return (
    <Page title={app.title}>
      <p className="lead">{messages.homeIntro}</p>
      <ul className="tables">
        {app.tables.map(({ name, label }, index) => (
          <li key={name}>
            <Link className={`table-card ${toneOf(name)}`} to={paths.list(name)}>
              <Tile label={label} />
              <span className="table-name">{label}</span>
              <span className="table-count">
                {counts.get(name) ?? (index < countedMax && !counts.has(name) && <Skeleton />)}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Page>
  )
}

/** Each is a question to the API: of hundreds of tables, only the first are counted. */
const countedMax = 24
const requestsAtOnce = 4

/** In words; null where the API doesn't say. */
function useCounts(): ReadonlyMap<string, string | null> {
  const { app, api, messages } = useTools()
  const [counts, setCounts] = useState<ReadonlyMap<string, string | null>>(new Map())
  useEffect(() => {
    const controller = new AbortController()
    const waiting = app.tables.slice(0, countedMax).map(({ name }) => name)
    const work = async () => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
        const table = name
        const count = await api.list(table, { size: 1 }, controller.signal).then(
          (page) => page.count,
          () => null,
        )
        if (controller.signal.aborted) return
        setCounts((known) =>
          new Map(known).set(table, count === null ? null : messages.rows(count)),
        )
      }
    }
    for (let index = 0; index < requestsAtOnce; index += 1) void work()
    return () => controller.abort()
  }, [app, api, messages])
  return counts
}
