/**
 * `model.ts` of a table: all that its pages know of it, and all text of users that they show. It is
 * the same for every framework, and imports types only.
 */
import type { Field, Json, Table } from '../../domain/schema/app-schema.ts'
import { lit } from '../code.ts'
import { chooseTitleField } from './choose-fields.ts'

/** The tables by name, so that a relation can say what its rows are called. */
export type Tables = ReadonlyMap<string, Table>

export function renderModel(table: Table, tables: Tables): string {
  const title = chooseTitleField(table)
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
    `  name: ${lit(table.name)},`,
    `  label: ${lit(table.displayName)},`,
    ...(title === null ? [] : [`  titleField: ${lit(title.name)},`]),
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
  return [
    `name: ${lit(field.name)},`,
    `type: ${lit(field.type)},`,
    `label: ${lit(field.label)},`,
    ...(field.required ? ['required: true,'] : []),
    ...(field.unique ? ['unique: true,'] : []),
    ...(field.readOnly ? ['readOnly: true,'] : []),
    ...renderOption('maxLength', field.maxLength),
    ...renderOption('min', field.min),
    ...renderOption('max', field.max),
    ...renderOption('decimalPlaces', field.decimalPlaces),
    ...renderOption('help', field.helpText),
    ...renderOption('initial', field.default),
    ...renderChoices(field),
    ...renderTarget(field, tables),
  ].map((line) => `    ${line}`)
}

function renderOption(name: string, value: Json): readonly string[] {
  return value === null ? [] : [`${name}: ${lit(value)},`]
}

function renderChoices({ choices }: Field): readonly string[] {
  if (choices.length === 0) return []
  return [
    'choices: [',
    ...choices.flatMap(({ value, label }) => [
      '  {',
      `    value: ${lit(value)},`,
      `    label: ${lit(label)},`,
      '  },',
    ]),
    '],',
  ]
}

function renderTarget({ to }: Field, tables: Tables): readonly string[] {
  const target = to === null ? undefined : tables.get(to)
  if (target === undefined) return []
  const title = chooseTitleField(target)
  return [
    'to: {',
    `  table: ${lit(target.name)},`,
    `  label: ${lit(target.displayName)},`,
    ...(title === null ? [] : [`  titleField: ${lit(title.name)},`]),
    '},',
  ]
}
