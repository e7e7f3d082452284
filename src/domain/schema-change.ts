/** What a commit of a schema says of itself: which tables came, changed and went. Pure. */
import type { AppSchema, Table } from './schema/app-schema.ts'

/** One line for git's log; `before` is null where no schema was there that could be read. */
export function describeSchemaChange(
  before: Pick<AppSchema, 'tables'> | null,
  after: Pick<AppSchema, 'tables'>,
): string {
  const count = after.tables.length
  if (before === null) return `schema: ${count} ${count === 1 ? 'table' : 'tables'}`
  const old = new Map(before.tables.map((table) => [table.name, table]))
  const names = new Set(after.tables.map(({ name }) => name))
  const parts = [
    list(
      'add',
      after.tables.filter(({ name }) => !old.has(name)),
    ),
    list(
      'change',
      after.tables.filter((table) => {
        const known = old.get(table.name)
        return known !== undefined && JSON.stringify(known) !== JSON.stringify(table)
      }),
    ),
    list(
      'remove',
      before.tables.filter(({ name }) => !names.has(name)),
    ),
  ].filter((part) => part !== null)
  return `schema: ${parts.length === 0 ? 'no change of a table' : parts.join(', ')}`
}

const namesShown = 5

function list(verb: string, tables: readonly Table[]): string | null {
  if (tables.length === 0) return null
  const shown = tables.slice(0, namesShown).map(({ name }) => name)
  const more = tables.length - shown.length
  return `${verb} ${shown.join(' ')}${more > 0 ? ` and ${more} more` : ''}`
}
