/** What git's log says of a schema that came. */
import { expect, test } from 'vitest'
import { describeSchemaChange } from '../../src/domain/schema-change.ts'
import { parseSchema } from '../../src/domain/schema/parse-schema.ts'

function schemaOf(tables: Readonly<Record<string, string>>) {
  const entries = Object.entries(tables).map(([name, label]) => [
    name,
    { fields: [{ name: 'title', type: 'string', label }] },
  ])
  return parseSchema(JSON.stringify({ tables: Object.fromEntries(entries) })).schema
}

const many = Object.fromEntries(Array.from({ length: 8 }, (_none, index) => [`t${index}`, 'x']))

test.each([
  [null, { a: 'x' }, 'schema: 1 table'],
  [null, { a: 'x', b: 'x' }, 'schema: 2 tables'],
  [{ a: 'x' }, { a: 'x', b: 'x' }, 'schema: add b'],
  [{ a: 'x', b: 'x' }, { a: 'y', c: 'x' }, 'schema: add c, change a, remove b'],
  [{ a: 'x' }, { a: 'x' }, 'schema: no change of a table'],
  [{ a: 'x' }, { a: 'x', ...many }, 'schema: add t0 t1 t2 t3 t4 and 3 more'],
])('from %j to %j is "%s"', (before, after, line) => {
  expect(describeSchemaChange(before === null ? null : schemaOf(before), schemaOf(after))).toBe(
    line,
  )
})
