/** The forms that a schema may have, each read as the same app. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Field, fieldTypes } from '../../../src/domain/schema/app-schema.ts'
import { type AcceptedSchema, checkSchema } from '../../../src/domain/schema/check-schema.ts'
import { parseSchema } from '../../../src/domain/schema/parse-schema.ts'

const fixtures = join(import.meta.dirname, '../../fixtures/schemas')

function accept(schema: unknown): AcceptedSchema {
  return parseSchema(JSON.stringify(schema))
}

/** The last of the fields. */
function readField(field: object, schema: object = {}): Partial<Field> | undefined {
  const fields = [{ name: 'first', type: 'text' }, field]
  return accept({ tables: { notes: { fields } }, ...schema }).schema.tables[0]?.fields[1]
}

async function readFixture(name: string): Promise<AcceptedSchema> {
  return parseSchema(await readFile(join(fixtures, `${name}.json`), 'utf8'))
}

test('a schema needs no more than the names and the types of its fields', async () => {
  const field = {
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
  }
  expect(await readFixture('tiny')).toEqual({
    schema: {
      framework: 'react',
      locale: 'en',
      title: null,
      tables: [
        {
          name: 'tasks',
          displayName: 'Tasks',
          fields: [
            { ...field, name: 'title', type: 'string', label: 'Title', required: true },
            { ...field, name: 'done', type: 'boolean', label: 'Done' },
          ],
        },
      ],
    },
    projectId: null,
    warnings: [],
  })
})

test('a schema of ten tables has every type of field, and nothing in it is without effect', async () => {
  const { schema, projectId, warnings } = await readFixture('crm')
  expect(schema).toMatchObject({ framework: 'react', locale: 'fr', title: 'Cabinet Delorme' })
  expect(projectId).toBe('42')
  expect(warnings).toEqual([])
  expect(schema.tables).toHaveLength(10)
  const types = new Set(schema.tables.flatMap(({ fields }) => fields.map(({ type }) => type)))
  expect([...types].toSorted()).toEqual(fieldTypes.toSorted())
  expect(schema.tables[2]?.fields[2]).toEqual({
    name: 'email',
    type: 'email',
    label: 'E-mail',
    required: true,
    unique: true,
    readOnly: false,
    maxLength: 254,
    min: null,
    max: null,
    decimalPlaces: null,
    helpText: 'Sert aussi à l’envoi des factures.',
    choices: [],
    to: null,
    default: null,
  })
})

test('a dump of Django models is understood as it is', async () => {
  const { schema, projectId, warnings } = await readFixture('from-django')
  expect(projectId).toBe('6f1c2d3e-4a5b-4c6d-8e7f-9a0b1c2d3e4f')
  expect(schema).toMatchObject({ framework: 'vue', locale: 'en-GB', title: 'Library' })
  expect(
    schema.tables.map(({ name, displayName, fields }) => [
      name,
      displayName,
      fields.map((field) => `${field.name} ${field.type}${field.required ? ' required' : ''}`),
    ]),
  ).toEqual([
    [
      'Author',
      'Authors',
      ['full_name string required', 'born date', 'biography text', 'added datetime'],
    ],
    [
      'Book',
      'Books',
      [
        'title string required',
        'slug string required',
        'author relation required',
        'translators relations',
        'sequel_of relation',
        'language choice',
        'pages integer',
        'price decimal',
        'available boolean',
        'cover image',
        'metadata json',
      ],
    ],
  ])
  const [author, book] = schema.tables.map(({ fields }) => fields)
  expect(author?.[0]).toMatchObject({ label: 'Full name', maxLength: 120 })
  expect(author?.[2]).toMatchObject({ helpText: 'A few sentences, for the catalogue.' })
  expect(author?.[3]).toMatchObject({ readOnly: true, required: false })
  expect(book?.[4]).toMatchObject({ to: 'Book' })
  expect(book?.[5]).toMatchObject({
    choices: [
      { value: 'en', label: 'English' },
      { value: 'fr', label: 'French' },
    ],
    default: 'en',
  })
  expect(book?.[6]).toMatchObject({ min: 0 })
  expect(book?.[7]).toMatchObject({ decimalPlaces: 2, default: '0.00' })
  expect(book?.[10]).toMatchObject({ default: {} })
  expect(warnings).toEqual([
    '/project/created_at "created_at" is not known here, and not used',
    '/tables/Book/fields/title/db_index "db_index" is not known here, and not used',
    '/tables/Book/fields/author/related_name "related_name" is not known here, and not used',
    '/tables/Book/fields/language/choices/0 stands for nothing chosen, which a form offers by itself; it is left out',
  ])
})

test('fields may stand in a list or by name, and stay in their order', () => {
  const list = [
    { name: 'zeta', type: 'string' },
    { name: 'alpha', type: 'text', label: 'A' },
    { name: 'mid', type: 'boolean' },
  ]
  const byName = Object.fromEntries(list.map(({ name, ...rest }) => [name, rest]))
  const named = Object.fromEntries(list.map((field) => [field.name, field]))
  const [one, two, three] = [list, byName, named].map((fields) =>
    accept({ tables: { a: { fields } } }),
  )
  expect(two).toEqual(one)
  expect(three).toEqual(one)
  expect(one?.schema.tables[0]?.fields.map(({ name }) => name)).toEqual(['zeta', 'alpha', 'mid'])
})

test('tables stay in their order', () => {
  const fields = [{ name: 'a', type: 'text' }]
  const names = ['zoo', 'B', 'a', '_1', 'Menu']
  const { schema } = accept({ tables: Object.fromEntries(names.map((name) => [name, { fields }])) })
  expect(schema.tables.map(({ name }) => name)).toEqual(names)
})

describe('the types of Django are those of Slipway', () => {
  test.each([
    ['CharField', 'string'],
    ['TextField', 'text'],
    ['SlugField', 'string'],
    ['EmailField', 'email'],
    ['URLField', 'url'],
    ['UUIDField', 'uuid'],
    ['GenericIPAddressField', 'string'],
    ['DurationField', 'string'],
    ['IntegerField', 'integer'],
    ['BigIntegerField', 'integer'],
    ['SmallIntegerField', 'integer'],
    ['FloatField', 'float'],
    ['DecimalField', 'decimal'],
    ['BooleanField', 'boolean'],
    ['NullBooleanField', 'boolean'],
    ['DateField', 'date'],
    ['DateTimeField', 'datetime'],
    ['TimeField', 'time'],
    ['JSONField', 'json'],
    ['FileField', 'file'],
    ['ImageField', 'image'],
    ['ForeignKey', 'relation'],
    ['OneToOneField', 'relation'],
    ['ManyToManyField', 'relations'],
    ['slug', 'string'],
    ['file upload', 'file'],
    ['nested object', 'json'],
  ])('%s is %s', (type, meant) => {
    const to = meant.startsWith('relation') ? { to: 'notes' } : {}
    expect(readField({ name: 'a', type, ...to })).toMatchObject({ type: meant, readOnly: false })
  })

  test('and what they mean beside', () => {
    expect(readField({ name: 'a', type: 'PositiveIntegerField' })).toMatchObject({ min: 0 })
    expect(readField({ name: 'a', type: 'PositiveIntegerField', min: 3 })).toMatchObject({ min: 3 })
    const made = { type: 'integer', readOnly: true }
    expect(readField({ name: 'a', type: 'AutoField', required: true })).toMatchObject({
      ...made,
      required: false,
    })
    expect(readField({ name: 'a', type: 'DateField', auto_now: true })).toMatchObject({
      readOnly: true,
    })
    expect(readField({ name: 'a', type: 'DateField', editable: false })).toMatchObject({
      readOnly: true,
    })
  })
})

describe('words for the same', () => {
  test.each<[object, Partial<Field>]>([
    [{ display_name: 'Prénom' }, { label: 'Prénom' }],
    [{ verbose_name: 'first name' }, { label: 'First name' }],
    [{ label: 'A', display_name: 'B', verbose_name: 'C' }, { label: 'A' }],
    [{ label: '  ', display_name: ' B ' }, { label: 'B' }],
    [{ name: 'first_name' }, { label: 'First name' }],
    [{ name: 'firstName' }, { label: 'First name' }],
    [{ name: 'customerID' }, { label: 'Customer ID' }],
    [
      { type: 'float', min_value: 1, max_value: 2 },
      { min: 1, max: 2 },
    ],
    [{ type: 'relation', related_table: 'notes' }, { to: 'notes' }],
    [{ type: 'relation', to: 'self' }, { to: 'notes' }],
    [{ blank: false }, { required: true }],
    [{ blank: false, null: true }, { required: false }],
    [{ blank: false, default: 'x' }, { required: false }],
    [{ blank: true, required: true }, { required: true }],
    [{ blank: false, type: 'boolean' }, { required: false }],
    [
      { required: true, read_only: true },
      { required: false, readOnly: true },
    ],
    [{ choices: ['a'] }, { type: 'choice', choices: [{ value: 'a', label: 'a' }] }],
    [{ type: 'integer', choices: [[1, 'One']] }, { choices: [{ value: 1, label: 'One' }] }],
    [{ choices: [{ value: 'a', display_name: 'A' }] }, { choices: [{ value: 'a', label: 'A' }] }],
    [{ choices: [null, 'a'] }, { choices: [{ value: 'a', label: 'a' }] }],
    [{ choices: [[null, '—'], { value: null, label: '—' }, 'a'] }, { type: 'choice' }],
    [{ choices: [] }, { type: 'string', choices: [] }],
    [{ label: null, max_length: null, choices: null, to: null, default: null }, { label: 'A' }],
  ])('%j', (given, meant) => {
    expect(readField({ name: 'a', type: 'string', ...given })).toMatchObject(meant)
  })
})

test('the own key of a row is left out, and said where it might have been meant otherwise', () => {
  const fields = [
    { name: 'id', type: 'integer' },
    { name: 'a', type: 'text' },
  ]
  const { schema, warnings } = accept({ tables: { notes: { fields } } })
  expect(schema.tables[0]?.fields.map(({ name }) => name)).toEqual(['a'])
  expect(warnings).toEqual([
    '/tables/notes/fields/0 is the key that every row has, and is left out',
  ])
  const made = [{ ...fields[0], read_only: true }, fields[1]]
  expect(accept({ tables: { notes: { fields: made } } }).warnings).toEqual([])
})

test('what has no effect is told once, however often it stands there', () => {
  const fields = [
    { name: 'a', type: 'text', db_column: 'a' },
    { name: 'b', type: 'text', db_column: 'b', to: 'notes', decimal_places: 2 },
    { name: 'c', type: 'boolean', db_column: 'c', max_length: 3 },
  ]
  expect(accept({ $schema: 'x', version: 1, tables: { notes: { fields } } }).warnings).toEqual([
    '/version "version" is not known here, and not used',
    '/tables/notes/fields/0/db_column "db_column" is not known here, and not used (and at 2 more)',
    '/tables/notes/fields/1/to "to" is not used by a field of the type text',
    '/tables/notes/fields/1/decimal_places "decimal_places" is not used by a field of the type text',
    '/tables/notes/fields/2/max_length "max_length" is not used by a field of the type boolean',
  ])
})

test('a key that every object of JavaScript has is one that is not known', () => {
  const keys = Object.getOwnPropertyNames(Object.prototype).filter((key) => key !== '__proto__')
  const strange = Object.fromEntries(keys.map((key) => [key, 1]))
  const fields = [{ name: 'a', type: 'text', ...strange }]
  const { schema, warnings } = accept({ ...strange, tables: { notes: { fields, ...strange } } })
  expect(schema.tables[0]?.fields).toHaveLength(1)
  expect(warnings).toHaveLength(keys.length)
})

test('a key that is like a known one is no slip where the known one stands beside it', () => {
  expect(readField({ name: 'a', type: 'text', label: 'A', labels: { fr: 'A' } })).toMatchObject({
    label: 'A',
  })
})

test('the framework that a text does not name is the project’s own', () => {
  const text = JSON.stringify({ tables: { a: { fields: [{ name: 'b', type: 'text' }] } } })
  expect(checkSchema(text)).toMatchObject({ schema: { framework: 'react' } })
  expect(checkSchema(text, { framework: 'vue' })).toMatchObject({ schema: { framework: 'vue' } })
  const own = text.replace('{', '{"framework": "react", ')
  expect(checkSchema(own, { framework: 'vue' })).toMatchObject({ schema: { framework: 'react' } })
})

test('words of programming languages are names like others', () => {
  const names = [
    'class',
    'None',
    'default',
    'import',
    'then',
    'prototype',
    'pk',
    'self',
    'api',
    'new',
  ]
  const fields = names.map((name) => ({ name, type: 'text' }))
  const tables = Object.fromEntries(names.map((name) => [name, { fields }]))
  const { schema } = accept({ tables })
  expect(schema.tables.map(({ name }) => name)).toEqual(names)
  expect(schema.tables[0]?.fields.map(({ name }) => name)).toEqual(names)
})
