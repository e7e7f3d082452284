/** The one definition: what editors are told of `schema.json` is what the check takes. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { checkSchema } from '../../../src/domain/schema/check-schema.ts'
import { schemaJsonSchema } from '../../../src/domain/schema/json-schema.ts'
import { schemaFile } from '../../../src/domain/schema/schema-file.ts'
import { Schemas } from '../../../src/http/openapi-schemas.ts'
import { manyTables } from '../../tools/many-tables.ts'
import { anySchema } from '../../tools/schema-arbitrary.ts'

const fixtures = join(import.meta.dirname, '../../fixtures/schemas')
const document = schemaJsonSchema()
const byDocument = z.fromJSONSchema(document)

function isTaken(value: unknown): readonly [check: boolean, file: boolean, document: boolean] {
  return [
    'schema' in checkSchema(JSON.stringify(value)),
    schemaFile.safeParse(value).success,
    byDocument.safeParse(value).success,
  ]
}

test('the JSON Schema names itself, its version and what every key means', () => {
  expect(document).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:slipway:schema.json',
    title: 'schema.json of Slipway',
    type: 'object',
    required: ['tables'],
  })
  const { $defs } = document as { readonly $defs: Readonly<Record<string, JsonObject>> }
  expect(Object.keys($defs).toSorted()).toEqual([
    'SchemaChoice',
    'SchemaField',
    'SchemaFieldByName',
    'SchemaProject',
    'SchemaTable',
  ])
  for (const { properties = {}, required } of [
    document as unknown as JsonObject,
    ...Object.values($defs),
  ]) {
    for (const [name, { description }] of Object.entries(properties)) {
      expect(description, name).toMatch(/\.$/)
    }
    expect(required ?? []).not.toContain('default')
  }
  expect($defs['SchemaField']?.required).toEqual(['name', 'type'])
  expect($defs['SchemaFieldByName']?.required).toEqual(['type'])
})

interface JsonObject {
  readonly properties?: Readonly<Record<string, { readonly description?: string }>>
  readonly required?: readonly string[]
}

test('every example is taken by it', async () => {
  for (const file of await readdir(fixtures)) {
    const value: unknown = JSON.parse(await readFile(join(fixtures, file), 'utf8'))
    expect(isTaken(value), file).toEqual([true, true, true])
  }
  expect(isTaken(JSON.parse(manyTables(3)))).toEqual([true, true, true])
})

test('every schema that is right is taken by it', () => {
  fc.assert(
    fc.property(anySchema(), (schema) => {
      expect(isTaken(schema)).toEqual([true, true, true])
    }),
    { numRuns: 200 },
  )
})

test.each<[string, object]>([
  ['without tables', { tables: undefined }],
  ['with a list of tables', { tables: [] }],
  ['with no table', { tables: {} }],
  ['of an unknown framework', { framework: 'svelte' }],
  ['in no language', { locale: 'a b' }],
  ['with a field of no type', { tables: { a: { fields: [{ name: 'b' }] } } }],
  ['with a field of an unknown type', { tables: { a: { fields: [{ name: 'b', type: 'x' }] } } }],
  ['with a field of no name', { tables: { a: { fields: [{ type: 'text' }] } } }],
  ['with a table of no field', { tables: { a: { fields: [] } } }],
  ['with a table for people', { tables: { 'a b': { fields: [{ name: 'b', type: 'text' }] } } }],
  [
    'with a long label',
    { tables: { a: { fields: { b: { type: 'text', label: 'x'.repeat(201) } } } } },
  ],
  ['with no length', { tables: { a: { fields: { b: { type: 'text', max_length: 0 } } } } }],
  ['with half a pair', { tables: { a: { fields: { b: { type: 'choice', choices: [['a']] } } } } }],
])('a schema %s is taken by none', (_what, change) => {
  const tables = { a: { fields: [{ name: 'b', type: 'text' }] } }
  expect(isTaken({ tables })).toEqual([true, true, true])
  expect(isTaken({ tables, ...change })).toEqual([false, false, false])
})

test('the same definition is a component of the OpenAPI document', () => {
  const schemas = new Schemas()
  expect(schemas.render(schemaFile, 'input')).toEqual({ $ref: '#/components/schemas/Schema' })
  expect(Object.keys(schemas.components)).toEqual(
    expect.arrayContaining(['Schema', 'SchemaTable', 'SchemaField', 'SchemaChoice']),
  )
  expect(JSON.stringify(schemas.components)).not.toContain('#/$defs/')
})
