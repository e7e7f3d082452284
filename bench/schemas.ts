/** Schemas for the benches: as many tables as wanted, and another app each time. */
import type { Framework } from '../src/domain/project.ts'
import { manyTables } from '../test/tools/many-tables.ts'

interface SchemaText {
  readonly framework: Framework
  readonly tables: Readonly<Record<string, TableText>>
}

interface TableText {
  readonly display_name: string
  readonly fields: readonly { readonly name: string; readonly label: string }[]
}

/** The text of a `schema.json` of which no file but the entry was ever compiled before. */
export function renderOtherSchema(tables: number, framework: Framework, number: number): string {
  const schema = JSON.parse(manyTables(tables, { framework })) as SchemaText
  const others = Object.entries(schema.tables).map(([name, table]) => [
    name,
    {
      display_name: `${table.display_name}, ${number}`,
      fields: table.fields.map((field) => ({
        ...field,
        name: `${field.name}_${number}`,
        label: `${field.label} ${number}`,
      })),
    },
  ])
  return `${JSON.stringify({ ...schema, tables: Object.fromEntries(others) as object }, null, 2)}\n`
}

/** The same, with one label that no other number has. */
export function renderRelabelled(tables: number, framework: Framework, number: number): string {
  return manyTables(tables, { framework, label: `Called ${number}` })
}
