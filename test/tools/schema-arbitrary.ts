/**
 * Schemas that are right, of every shape and with texts that try to get out of wherever they are
 * put: for the tests of whatever is made from a schema.
 */
import fc from 'fast-check'
import { type AppSchema, type FieldType, fieldTypes } from '../../src/domain/schema/app-schema.ts'
import { checkSchema } from '../../src/domain/schema/check-schema.ts'
import { componentKey } from '../../src/domain/schema/identifiers.ts'
import { isName } from '../../src/domain/schema/names.ts'
import type { SchemaFile } from '../../src/domain/schema/schema-file.ts'
import { type TypeName, typeMeanings, typeNames } from '../../src/domain/schema/type-names.ts'

/** On one line, so that each may be a label. */
export const hostileLabels: readonly string[] = [
  'العملاء المميّزون',
  '顧客',
  'שלום (עולם)',
  'Kunden & Söhne <GmbH>',
  '👩‍👩‍👧‍👦 Familie 🏳️‍🌈',
  'e\u0301te\u0301',
  '\u202eright to left\u202c',
  '</script><script>globalThis.pwned=1</script>',
  '<img src=x onerror="globalThis.pwned=1">',
  '<!-- --> <![CDATA[ ]]>',
  '${globalThis.pwned=1}',
  '`+(globalThis.pwned=1)+`',
  "'+(globalThis.pwned=1)+'",
  '"+(globalThis.pwned=1)+"',
  '\\',
  "\\'",
  '\\"',
  '\\u0027;globalThis.pwned=1;//',
  '{{ constructor.constructor("globalThis.pwned=1")() }}',
  '{globalThis.pwned=1}',
  '{/* */}',
  '*/ globalThis.pwned=1 /*',
  '// globalThis.pwned=1',
  '" onmouseover="globalThis.pwned=1',
  "' autofocus onfocus='globalThis.pwned=1",
  'javascript:globalThis.pwned=1',
  '../../../etc/passwd',
  '%2e%2e%2f?a=b#c',
  '&lt;b&gt;&quot;&amp;',
  '</template></style></title>',
  'v-html="x" @click=\'y\' :a={b}',
  '<%= 1 %><%~ it %>',
  "$& $1 $` $'",
  '__proto__',
  'constructor',
  'undefined',
  'null',
  '0',
  '-',
  "'; DROP TABLE users; --",
  'x'.repeat(200),
]

/** With what a label may not be; a default of a text and of JSON may. */
export const hostileTexts: readonly string[] = [
  ...hostileLabels,
  'line\nline',
  'line\r\nline\ttab',
  '\u2028globalThis.pwned=1\u2029',
  '\u0000\u001b[31m\u007f\u0085',
  '\n*/\nglobalThis.pwned=1\n/*',
]

const hostileNames = [
  'class',
  'default',
  'import',
  'await',
  'None',
  'True',
  'React',
  'App',
  'app',
  'index',
  'Link',
  'Map',
  'con',
  'aux',
  'new',
  'rows',
  'api',
  '_s',
  'tables',
  'main',
  'model',
  'kit',
  'self',
  'name',
  'key',
  'ref',
  'children',
  'length',
  'prototype',
  'then',
  'pk',
  'detail',
  'non_field_errors',
  'page',
  'search',
  'user_group',
  'customerOrder',
  'HTTPRequest',
  '_',
  '__',
  'a1',
  '_1',
  'x'.repeat(63),
  `x${'y'.repeat(61)}z`,
]

/** What may stand in a `schema.json`, and is taken as it is. */
export function anySchema(): fc.Arbitrary<SchemaFile> {
  return fc
    .uniqueArray(anyName(), { minLength: 1, maxLength: 5, selector: componentKey })
    .chain((names) =>
      fc.record(
        {
          project: fc.record(
            {
              id: fc.oneof(fc.integer({ min: 1 }), fc.uuid()),
              name: anyLabel(),
              schema_name: fc.constant('mon_app_12345'),
            },
            { requiredKeys: [] },
          ),
          framework: fc.constantFrom('react', 'vue'),
          locale: fc.constantFrom('fr', 'en', 'fr_fr', 'en-GB', 'ar'),
          tables: fc
            .tuple(...names.map(() => anyTable(names)))
            .map((tables) => toObject(names.map((name, index) => [name, tables[index]]))),
        },
        { requiredKeys: ['tables'] },
      ),
    ) as fc.Arbitrary<SchemaFile>
}

/** The same after its check. */
export function anyAppSchema(): fc.Arbitrary<AppSchema> {
  return anySchema().map((schema) => {
    const check = checkSchema(JSON.stringify(schema))
    if ('problems' in check) throw new Error(JSON.stringify(check.problems))
    return check.schema
  })
}

function anyName(): fc.Arbitrary<string> {
  return fc
    .oneof(fc.constantFrom(...hostileNames), fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,20}$/))
    .filter(isName)
}

function anyLabel(): fc.Arbitrary<string> {
  const graphemes = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
  return fc.oneof(fc.constantFrom(...hostileLabels), graphemes.filter(isLine))
}

function isLine(text: string): boolean {
  return text.length <= 200 && text.isWellFormed() && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)
}

function anyText(): fc.Arbitrary<string> {
  return fc.oneof(fc.constantFrom(...hostileTexts), fc.string({ unit: 'grapheme', maxLength: 60 }))
}

function anyTable(tables: readonly string[]): fc.Arbitrary<object> {
  const names = fc.uniqueArray(
    anyName().filter((name) => name !== 'id'),
    { minLength: 1, maxLength: 6 },
  )
  return names.chain((fields) =>
    fc.record(
      {
        display_name: anyLabel(),
        verbose_name_plural: anyLabel(),
        fields: fc
          .tuple(fc.boolean(), ...fields.map(() => anyField(tables)))
          .map(([isList, ...values]) =>
            isList
              ? values.map((value, index) => ({ name: fields[index], ...value }))
              : toObject(values.map((value, index) => [fields[index] ?? '', value])),
          ),
      },
      { requiredKeys: ['fields'] },
    ),
  )
}

function anyField(tables: readonly string[]): fc.Arbitrary<object> {
  return fc.constantFrom(...fieldTypes).chain((type) =>
    fc
      .tuple(
        fc.record(
          {
            type: fc.constantFrom(...namesOf(type)),
            label: anyLabel(),
            verbose_name: anyLabel(),
            help_text: anyLabel(),
            required: fc.boolean(),
            blank: fc.boolean(),
            null: fc.boolean(),
            unique: fc.boolean(),
            read_only: fc.boolean(),
          },
          { requiredKeys: ['type'] },
        ),
        anyOwn(type, tables),
      )
      .map(([common, own]) => ({ ...common, ...own })),
  )
}

/** All names of the type that mean nothing more. */
function namesOf(type: FieldType): readonly TypeName[] {
  return typeNames.filter((name) => {
    const { type: meant, isReadOnly, min } = typeMeanings[name]
    return meant === type && isReadOnly === undefined && min === undefined
  })
}

/** What is said of the type only, its default included. */
function anyOwn(type: FieldType, tables: readonly string[]): fc.Arbitrary<object> {
  switch (type) {
    case 'string':
      return withDefault(anyLabel(), { max_length: fc.integer({ min: 200, max: 500 }) })
    case 'text':
      return withDefault(anyText(), { max_length: fc.integer({ min: 200, max: 5_000 }) })
    case 'integer':
      return withDefault(fc.integer({ min: -5, max: 5 }), anyBounds())
    case 'float':
      return withDefault(fc.double({ min: -5, max: 5, noNaN: true }), anyBounds())
    case 'decimal':
      return withDefault(fc.constantFrom(0, 1.5, '0.00', '-2.50'), {
        ...anyBounds(),
        decimal_places: fc.integer({ min: 0, max: 6 }),
        max_digits: fc.integer({ min: 6, max: 12 }),
      })
    case 'boolean':
      return withDefault(fc.boolean())
    case 'date':
      return withDefault(fc.constantFrom('2026-11-25', '2024-02-29'))
    case 'datetime':
      return withDefault(fc.constantFrom('2026-11-25T21:40:00Z', '2026-11-25T21:40'))
    case 'time':
      return withDefault(fc.constantFrom('21:40', '21:40:30'))
    case 'email':
      return withDefault(fc.constant('a@example.org'), { max_length: fc.constant(254) })
    case 'url':
      return withDefault(fc.constantFrom('https://example.org/?a=b&c="d"', 'http://[::1]/'))
    case 'uuid':
      return withDefault(fc.uuid())
    case 'json':
      return withDefault(fc.oneof(anyText(), fc.constantFrom({}, [], [1, { a: null }], true, 0)))
    case 'choice':
      return anyChoices()
    case 'relation':
      return withDefault(fc.oneof(fc.integer(), fc.uuid()), anyTarget(tables), ['to'])
    case 'relations':
      return withDefault(fc.array(fc.integer(), { maxLength: 3 }), anyTarget(tables), ['to'])
    case 'file':
    case 'image':
      return fc.record({ max_length: fc.constant(100) }, { requiredKeys: [] })
  }
}

function withDefault(
  value: fc.Arbitrary<unknown>,
  others: Readonly<Record<string, fc.Arbitrary<unknown>>> = {},
  requiredKeys: string[] = [],
): fc.Arbitrary<object> {
  const model: Record<string, fc.Arbitrary<unknown>> = { default: value, ...others }
  return fc.record(model, { requiredKeys })
}

function anyBounds() {
  return { min: fc.integer({ min: -100, max: -5 }), max_value: fc.integer({ min: 5, max: 100 }) }
}

function anyTarget(tables: readonly string[]) {
  return { to: fc.constantFrom(...tables, 'self') }
}

function anyChoices(): fc.Arbitrary<object> {
  const value = fc.oneof(anyLabel(), fc.integer())
  const values = fc.uniqueArray(value, { minLength: 1, maxLength: 5, selector: String })
  return values.chain((chosen) => {
    const choices = chosen.map((one) =>
      fc.oneof(
        fc.constant(one),
        anyLabel().map((label) => [one, label]),
        anyLabel().map((label) => ({ value: one, display_name: label })),
      ),
    )
    return withDefault(fc.constantFrom(...chosen), { choices: fc.tuple(...choices) }, ['choices'])
  })
}

/** Keeps the order, and sets no prototype. */
function toObject(entries: readonly (readonly [string, unknown])[]): object {
  return Object.fromEntries(entries)
}
