/** How names from outside become names in code. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  componentKey,
  nameIdentifiers,
  toLabel,
  toPascalCase,
} from '../../../src/domain/schema/identifiers.ts'

test.each([
  ['user_group', 'UserGroup'],
  ['UserGroup', 'UserGroup'],
  ['HTTPRequest', 'HTTPRequest'],
  ['__a__b__', 'AB'],
  ['Café à gogo', 'CafeAGogo'],
  ['map', 'TMap'],
  ['Class', 'TClass'],
  ['con', 'TCon'],
  ['1st', 'T1st'],
  ['_', 'T'],
  ['عملاء', 'T'],
  ['x'.repeat(63), `X${'x'.repeat(39)}`],
])('%s is %s', (name, pascal) => {
  expect(toPascalCase(name)).toBe(pascal)
})

test('names are the same component whatever their case and their underscores', () => {
  expect(componentKey('user_group')).toBe(componentKey('UserGroup'))
  expect(componentKey('user_group')).toBe(componentKey('USERGROUP'))
  expect(componentKey('x'.repeat(63))).not.toBe(componentKey('x'.repeat(62)))
})

test.each([
  ['first_name', 'First name'],
  ['firstName', 'First name'],
  ['customerID', 'Customer ID'],
  ['URL', 'URL'],
  ['line2', 'Line2'],
  ['_', '_'],
])('people read %s as %s', (name, label) => {
  expect(toLabel(name)).toBe(label)
})

test('identifiers are words of letters and digits, and no two differ in case only', () => {
  const name = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 80 }),
    fc.constantFrom('map', 'Map', 'm_a_p', 'tmap', 'x'.repeat(60), 'x'.repeat(61), 'constructor'),
  )
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 30 }), (names) => {
      const identifiers = [...nameIdentifiers(names).values()]
      expect(identifiers).toHaveLength(names.length)
      expect(new Set(identifiers.map((text) => text.toLowerCase())).size).toBe(names.length)
      for (const text of identifiers) expect(text).toMatch(/^[A-Z][A-Za-z0-9]{0,40}(_[0-9]+)?$/)
    }),
  )
})
