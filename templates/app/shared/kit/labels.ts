/**
 * What the rows behind relations are called. Rows hold ids; their names are asked for once, many at
 * a time, and kept for as long as the page is open.
 */
import type { Api } from './api.ts'
import { type Id, type Row, type Target, idOf, titleOf } from './model.ts'

export interface Labels {
  /** Undefined until it is known; null where the row can't be read. */
  readonly get: (target: Target, id: Id) => string | null | undefined
  /** Asks for it, unless it is known or asked for already. */
  readonly want: (target: Target, id: Id) => void
  /** Rows that came by another way. */
  readonly learn: (target: Target, rows: readonly Row[]) => void
  /** After a row was changed. */
  readonly forget: (table: string) => void
  /** Called at every change; answers how to end that. */
  readonly subscribe: (listener: () => void) => () => void
}

const sampleSize = 100
const requestsAtOnce = 4

export function createLabels(api: Api): Labels {
  const known = new Map<string, string | null>()
  const asked = new Set<string>()
  const sampled = new Set<string>()
  const waiting = new Map<string, Map<Id, Target>>()
  const listeners = new Set<() => void>()
  const keyOf = (table: string, id: Id) => `${table}/${id}`
  const tell = () => listeners.forEach((listener) => listener())

  const learn = (target: Target, rows: readonly Row[]) => {
    for (const row of rows) known.set(keyOf(target.table, idOf(row)), titleOf(row, target))
    tell()
  }

  const loadOne = async (id: Id, target: Target) => {
    const title = await api.get(target.table, id).then(
      (row) => titleOf(row, target),
      () => null,
    )
    known.set(keyOf(target.table, id), title)
    tell()
  }

  // A small table is known after one request; of a large one, single rows are asked for.
  const load = async (table: string) => {
    const ids = waiting.get(table) ?? new Map<Id, Target>()
    waiting.delete(table)
    const [target] = ids.values()
    if (target !== undefined && ids.size > 1 && !sampled.has(table)) {
      sampled.add(table)
      await api.list(table, { size: sampleSize }).then(
        ({ rows }) => learn(target, rows),
        () => undefined,
      )
    }
    const missing = [...ids].filter(([id]) => !known.has(keyOf(table, id)))
    const work = async () => {
      for (let next = missing.pop(); next !== undefined; next = missing.pop())
        await loadOne(...next)
    }
    await Promise.all(Array.from({ length: requestsAtOnce }, work))
  }

  return {
    get: ({ table }, id) => known.get(keyOf(table, id)),
    want: (target, id) => {
      const { table } = target
      const key = keyOf(table, id)
      if (known.has(key) || asked.has(key)) return
      asked.add(key)
      const others = waiting.get(table)
      if (others !== undefined) others.set(id, target)
      else {
        waiting.set(table, new Map([[id, target]]))
        setTimeout(() => void load(table))
      }
    },
    learn,
    forget: (table) => {
      sampled.delete(table)
      for (const keys of [known, asked]) {
        for (const key of keys.keys()) if (key.startsWith(`${table}/`)) keys.delete(key)
      }
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
