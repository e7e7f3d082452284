/**
 * `model.ts` of a table: all that its pages know of it, and all text of users that they show. It is
 * the same for every framework, and imports types only.
 */
import type { Field, Json, Table } from '../../domain/schema/app-schema.ts'
import { lit } from '../code.ts'
import { chooseTitleFields } from './choose-fields.ts'
import { renderEntry } from './render-entry.ts'

/** The tables by name, so that a relation can say what its rows are called. */
export type Tables = ReadonlyMap<string, Table>

export function renderModel(table: Table, tables: Tables): string {
  return [
    `import type { Field, Table } from '../../kit/index.ts'`,
    '',
    'export const fields = {',
    ...table.fields.flatMap((field) => [
      `  ${renderKey(field.name)}: {`,
      ...renderField(field, tables),
      '  },',
    ]),
    '} satisfies Record<string, Field>',
    '',
    'export const table: Table = {',
    ...renderEntry('name', table.name, '  '),
    ...renderEntry('label', table.displayName, '  '),
    ...renderTitle(table, '  '),
    '  fields,',
    '}',
    '',
  ].join('\n')
}

/** How the field is reached in code: `fields.email`. */
export function renderFieldAccess(name: string): string {
  const key = renderKey(name)
  return key.startsWith('[') ? `fields${key}` : `fields.${key}`
}

/** A plain `__proto__` would set the prototype. */
function renderKey(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(name))
    throw new Error(`not a field's name: ${lit(name)}`)
  return name === '__proto__' ? `[${lit(name)}]` : name
}

// Each object begins a line, so that prettier leaves it as it is, however wide its texts are.
function renderField(field: Field, tables: Tables): readonly string[] {
  const indent = '    '
  const values: readonly (readonly [string, Json])[] = [
    ['name', field.name],
    ['type', field.type],
    ['label', field.label],
    ['required', field.required || null],
    ['unique', field.unique || null],
    ['readOnly', field.readOnly || null],
    ['maxLength', field.maxLength],
    ['min', field.min],
    ['max', field.max],
    ['decimalPlaces', field.decimalPlaces],
    ['help', field.helpText],
    ['initial', field.default],
  ]
  return [
    ...values
      .filter(([, value]) => value !== null)
      .flatMap(([key, value]) => renderEntry(key, value, indent)),
    ...renderChoices(field, indent),
    ...renderTarget(field, tables, indent),
  ]
}

function renderChoices({ choices }: Field, indent: string): readonly string[] {
  if (choices.length === 0) return []
  return [
    `${indent}choices: [`,
    ...choices.flatMap(({ value, label }) => [
      `${indent}  {`,
      ...renderEntry('value', value, `${indent}    `),
      ...renderEntry('label', label, `${indent}    `),
      `${indent}  },`,
    ]),
    `${indent}],`,
  ]
}

function renderTarget({ to }: Field, tables: Tables, indent: string): readonly string[] {
  const target = to === null ? undefined : tables.get(to)
  if (target === undefined) return []
  return [
    `${indent}to: {`,
    ...renderEntry('table', target.name, `${indent}  `),
    ...renderEntry('label', target.displayName, `${indent}  `),
    ...renderTitle(target, `${indent}  `),
    `${indent}},`,
  ]
}

function renderTitle(table: Table, indent: string): readonly string[] {
  const names = chooseTitleFields(table).map(({ name }) => name)
  return names.length === 0 ? [] : renderEntry('titleFields', names, indent)
}
