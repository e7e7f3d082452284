// `model.ts` of a table, as both frameworks have it.
import { expect, test } from 'vitest'
import type { Field, FieldType, Table } from '../../../src/domain/schema/app-schema.ts'
import { chooseColumns, chooseTitleFields } from '../../../src/generate/model/choose-fields.ts'
import { renderFieldAccess, renderModel } from '../../../src/generate/model/render-model.ts'

const customers = table('customers', [
  field('email', 'email', { required: true, maxLength: 254 }),
  field('country', 'relation', { to: 'countries' }),
  field('status', 'choice', { choices: [{ value: 'new', label: "It's `new`" }], default: 'new' }),
])
const countries = table('countries', [field('code', 'string'), field('name', 'string')])

test('a model says what its table and its fields are, and what related rows are called', () => {
  expect(render(customers, countries)).toBe(`import type { Field, Table } from '../../kit/index.ts'

export const fields = {
  email: {
    name: 'email',
    type: 'email',
    label: 'email',
    required: true,
    maxLength: 254,
  },
  country: {
    name: 'country',
    type: 'relation',
    label: 'country',
    to: {
      table: 'countries',
      label: 'countries',
      titleFields: ['name'],
    },
  },
  status: {
    name: 'status',
    type: 'choice',
    label: 'status',
    initial: 'new',
    choices: [
      {
        value: 'new',
        label: 'It\\u0027s \\u0060new\\u0060',
      },
    ],
  },
} satisfies Record<string, Field>

export const table: Table = {
  name: 'customers',
  label: 'customers',
  titleFields: ['email'],
  fields,
}
`)
})

test('a field that is called __proto__ is a field like any other', () => {
  expect(render(table('odd', [field('__proto__', 'string')]))).toContain("  ['__proto__']: {\n")
  expect(renderFieldAccess('__proto__')).toBe("fields['__proto__']")
  expect(renderFieldAccess('constructor')).toBe('fields.constructor')
  expect(renderFieldAccess('class')).toBe('fields.class')
})

test('a name that could be code is refused', () => {
  for (const name of ['a b', 'x}', '', 'é', 'a.b', '1a', `a${'b'.repeat(63)}`]) {
    expect(() => renderFieldAccess(name)).toThrow('not a field')
  }
})

test('a row is called by its name or title, else by its first text, else by its id', () => {
  const titleOf = (...fields: readonly Field[]): string =>
    chooseTitleFields(table('t', fields))
      .map(({ name }) => name)
      .join(' ')
  expect(titleOf(field('code', 'string'), field('titre', 'string'))).toBe('titre')
  expect(titleOf(field('name', 'integer'), field('code', 'string'))).toBe('code')
  expect(titleOf(field('size', 'integer'), field('mail', 'email'))).toBe('mail')
  expect(titleOf(field('size', 'integer'), field('notes', 'text'))).toBe('')
  expect(titleOf(field('Nom', 'string'), field('Prenom', 'string'))).toBe('Prenom Nom')
})

test('a list shows few columns, the narrow ones first, in the order of the schema', () => {
  const many = Array.from({ length: 12 }, (_, index) => field(`number_${index}`, 'integer'))
  const columnsOf = (...fields: readonly Field[]): readonly string[] =>
    chooseColumns(table('t', fields)).map(({ name }) => name)
  expect(columnsOf(field('name', 'string'), ...many)).toEqual(
    many.slice(0, 5).map(({ name }) => name),
  )
  expect(
    columnsOf(field('notes', 'text'), field('name', 'string'), field('size', 'integer')),
  ).toEqual(['notes', 'size'])
  expect(columnsOf(field('data', 'json'), field('paper', 'file'))).toEqual([])
})

function render(...tables: readonly [Table, ...Table[]]): string {
  return renderModel(tables[0], new Map(tables.map((each) => [each.name, each])))
}

function table(name: string, fields: readonly Field[]): Table {
  return { name, displayName: name, fields }
}

function field(name: string, type: FieldType, more: Partial<Field> = {}): Field {
  return {
    name,
    type,
    label: name,
    required: false,
    unique: false,
    readOnly: false,
    maxLength: null,
    min: null,
    max: null,
    decimalPlaces: null,
    helpText: null,
    choices: [],
    to: null,
    default: null,
    ...more,
  }
}
