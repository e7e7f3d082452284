/** How many rows the tables have, in words; null where the API doesn't say. */
import { onScopeDispose, shallowReactive } from 'vue'
import { useTools } from './tools.ts'

/** Each is a question to the API: of hundreds of tables, only the first are counted. */
export const countedMax = 24
const requestsAtOnce = 4

export function useCounts(): ReadonlyMap<string, string | null> {
  const { app, api, messages } = useTools()
  const counts = shallowReactive(new Map<string, string | null>())
  const controller = new AbortController()
  onScopeDispose(() => controller.abort())

  const waiting = app.tables.slice(0, countedMax).map(({ name }) => name)
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const count = await api.list(name, { size: 1 }, controller.signal).then(
        (page) => page.count,
        () => null,
      )
      if (controller.signal.aborted) return
      counts.set(name, count === null ? null : messages.rows(count))
    }
  }
  for (let index = 0; index < requestsAtOnce; index += 1) void work()
  return counts
}
