/** Whatever is given as a schema: it is taken and safe, or its mistakes are told by their places. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { limits } from '../../../src/domain/limits.ts'
import type { AppSchema } from '../../../src/domain/schema/app-schema.ts'
import { checkSchema, type RefusedSchema } from '../../../src/domain/schema/check-schema.ts'
import { nameIdentifiers } from '../../../src/domain/schema/identifiers.ts'
import { typeNames } from '../../../src/domain/schema/type-names.ts'
import { anySchema, hostileTexts } from '../../tools/schema-arbitrary.ts'

test('every schema that is right is taken', () => {
  fc.assert(
    fc.property(anySchema(), (schema) => {
      const check = checkSchema(JSON.stringify(schema))
      expect('problems' in check ? check.problems : []).toEqual([])
      if ('schema' in check) expectSafe(check.schema)
    }),
    { numRuns: 300 },
  )
})

test('the same text is the same schema, whatever its blanks', () => {
  fc.assert(
    fc.property(anySchema(), (schema) => {
      const check = checkSchema(JSON.stringify(schema))
      expect(checkSchema(JSON.stringify(schema, null, 2))).toEqual(check)
      expect(JSON.stringify(checkSchema(JSON.stringify(schema)))).toBe(JSON.stringify(check))
    }),
    { numRuns: 100 },
  )
})

test('tables and fields stay in the order of the text', () => {
  fc.assert(
    fc.property(anySchema(), (schema) => {
      const check = checkSchema(JSON.stringify(schema))
      const tables = 'schema' in check ? check.schema.tables : []
      expect(tables.map(({ name }) => name)).toEqual(Object.keys(schema.tables))
      for (const [index, { fields }] of Object.values(schema.tables).entries()) {
        const names = Array.isArray(fields) ? fields.map(({ name }) => name) : Object.keys(fields)
        expect(tables[index]?.fields.map(({ name }) => name)).toEqual(names)
      }
    }),
    { numRuns: 100 },
  )
})

/** Changes one place of a value, chosen by numbers. */
function mutate(value: unknown, [turn = 0, ...turns]: readonly number[], other: unknown): unknown {
  if (typeof value !== 'object' || value === null || turn % 7 === 0) return other
  const entries = Object.entries(value)
  if (entries.length === 0) return other
  const at = turn % entries.length
  const changed = entries.flatMap(([key, member], index): [string, unknown][] => {
    if (index !== at) return [[key, member]]
    if (turn % 11 === 1) return []
    if (turn % 11 === 2) return [[`${key}s`, member]]
    if (turn % 11 === 3) return [[key.slice(1), member]]
    if (turn % 11 === 4 && typeof other === 'string') return [[other, member]]
    return [[key, mutate(member, turns, other)]]
  })
  return Array.isArray(value) ? changed.map(([, member]) => member) : Object.fromEntries(changed)
}

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(null, '', 0, -1, 1.5, 2 ** 60, 'self', 'id', 'constructor', 'x'.repeat(300)),
  fc.constantFrom([], {}, [[]], [{}], { name: 'id' }),
  fc.constantFrom(...typeNames, ...hostileTexts),
)
const broken = fc
  .tuple(
    anySchema(),
    fc.array(fc.tuple(fc.array(fc.nat(), { maxLength: 7 }), odd), { minLength: 1, maxLength: 4 }),
  )
  .map(([schema, changes]) =>
    changes.reduce<unknown>((value, [turns, other]) => mutate(value, turns, other), schema),
  )

test('a schema with something wrong in it is safe, or each mistake is told by its place', () => {
  let refused = 0
  fc.assert(
    fc.property(broken, (value) => {
      const text = JSON.stringify(value)
      const check = checkSchema(text)
      if ('schema' in check) expectSafe(check.schema)
      else {
        refused += 1
        expectTold(check, text)
      }
    }),
    { numRuns: 1_500 },
  )
  expect(refused).toBeGreaterThan(300)
})

describe('any text', () => {
  test.each([
    ['of JSON', fc.json({ maxDepth: 4 })],
    ['of letters', fc.string({ unit: 'binary', maxLength: 200 })],
    [
      'of pieces of a schema',
      fc
        .array(
          fc.constantFrom('{', '}', '[', ']', ',', ':', '"tables"', '"fields"', '"a"', '1', ' '),
        )
        .map((pieces) => pieces.join('')),
    ],
  ])('%s is refused by its place, or is a schema', (_what, texts) => {
    fc.assert(
      fc.property(texts, (text) => {
        const check = checkSchema(text)
        if ('schema' in check) expectSafe(check.schema)
        else expectTold(check, text)
      }),
      { numRuns: 1_000 },
    )
  })

  test('of 1 MB that nests, repeats or never ends is refused', () => {
    const bytes = limits.schemaBytesMax
    const table = (index: number) => `"t${index}":{"fields":[${'{"unknown":1},'.repeat(190)}{}]}`
    for (const text of [
      '['.repeat(bytes),
      '{"a":'.repeat(bytes / 5),
      '"'.repeat(bytes),
      `"${'\\\\'.repeat(bytes / 2 - 1)}"`,
      '1'.repeat(bytes),
      ' '.repeat(bytes),
      `{${'"a":1,'.repeat(bytes / 6 - 10)}"a":1}`,
      `{"tables":{${Array.from({ length: 60_000 }, (_, i) => `"t${i}":0`).join()}}}`,
      `{"tables":{${Array.from({ length: 290 }, (_, i) => table(i)).join()}}}`,
      `{${Array.from({ length: 60_000 }, (_, i) => `"requir${i}":0`).join()}}`,
    ]) {
      const check = checkSchema(text)
      expect('problems' in check && check.problems.length).toBeGreaterThan(0)
      expect(JSON.stringify(check).length).toBeLessThan(30_000)
    }
  })
})

function expectSafe({ tables, locale, title }: AppSchema): void {
  const names = tables.map(({ name }) => name)
  const name = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/
  const line = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]{1,200}$/u
  expect(names.length).toBeGreaterThan(0)
  expect(new Set(names).size).toBe(names.length)
  const identifiers = [...nameIdentifiers(names).values()].map((text) => text.toLowerCase())
  expect(new Set(identifiers).size).toBe(names.length)
  expect(() => new Intl.DateTimeFormat(locale)).not.toThrow()
  if (title !== null) expect(title).toMatch(line)
  for (const table of tables) {
    expect(table.name).toMatch(name)
    expect(table.displayName).toMatch(line)
    const fields = table.fields.map((field) => field.name)
    expect(fields.length).toBeGreaterThan(0)
    expect(new Set(fields).size).toBe(fields.length)
    for (const field of table.fields) {
      expect(field.name).toMatch(name)
      expect(field.name in {} || field.name === 'id').toBe(false)
      expect(field.label).toMatch(line)
      if (field.helpText !== null) expect(field.helpText).toMatch(/^[^\p{Cc}]{1,2000}$/u)
      expect(field.type.startsWith('relation')).toBe(field.to !== null)
      if (field.to !== null) expect(names).toContain(field.to)
      expect(field.type === 'choice').toBe(field.choices.length > 0)
      expect(new Set(field.choices.map(({ value }) => String(value))).size).toBe(
        field.choices.length,
      )
      for (const choice of field.choices) expect(String(choice.label)).toMatch(line)
      if (field.min !== null && field.max !== null) expect(field.min <= field.max).toBe(true)
    }
  }
}

/** By a place that is there, in few words. */
function expectTold({ problems, unlisted }: RefusedSchema, text: string): void {
  expect(problems.length).toBeGreaterThan(0)
  expect(problems.length).toBeLessThanOrEqual(limits.schemaProblemsMax)
  if (unlisted > 0) expect(problems).toHaveLength(limits.schemaProblemsMax)
  const lines = text.split(/\r\n|\n|\r/)
  for (const { pointer, line, column, detail } of problems) {
    expect(detail).toMatch(/\S/)
    expect(detail).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]|^is (undefined|NaN)|\[object/u)
    expect(line).toBeLessThanOrEqual(lines.length)
    expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? 0) + 1)
    if (!detail.startsWith('is no JSON')) expectThere(JSON.parse(text), pointer)
  }
}

function expectThere(root: unknown, pointer: string): void {
  let value = root
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    expect(value !== null && typeof value === 'object' && Object.hasOwn(value, key), pointer).toBe(
      true,
    )
    value = (value as Readonly<Record<string, unknown>>)[key]
  }
}
