/** What is said of a field beside its name and its type, each held against the others. */
import type { Choice, FieldType, Json } from './app-schema.ts'
import { checkChoices } from './check-choices.ts'
import { checkDefault, type DefaultRules } from './check-default.ts'
import { describeStranger } from './describe-issue.ts'
import { type Findings, type Place, showValue } from './findings.ts'
import { type JsonNode, type JsonObject, toValue } from './json-reader.ts'
import { isName } from './names.ts'
import type { FieldWords } from './schema-file.ts'
import { typeMeanings } from './type-names.ts'

export interface FieldContext {
  readonly findings: Findings
  /** The one that the field belongs to. */
  readonly table: string
  /** Of the whole schema. */
  readonly tables: ReadonlySet<string>
}

export interface GivenField {
  readonly node: JsonNode
  readonly path: readonly string[]
  /** The key that it stands under; null in a list. */
  readonly key: { readonly name: string; readonly at: number } | null
}

export interface FieldReading extends GivenField {
  /** What is said of it: nothing that is null. */
  readonly node: JsonObject
  /** What is right of it. */
  readonly words: FieldWords
  readonly context: FieldContext
}

export const isChosen: ReadonlySet<FieldType> = new Set([
  'choice',
  'string',
  'text',
  'integer',
  'float',
  'decimal',
])
const isNumber: ReadonlySet<FieldType> = new Set(['integer', 'float', 'decimal'])
export const hasLength: ReadonlySet<FieldType> = new Set(['string', 'text', 'email', 'url'])
const isRelation: ReadonlySet<FieldType> = new Set(['relation', 'relations'])

const isNumberOrChoice = (type: FieldType): boolean => isNumber.has(type) || type === 'choice'
const isRelated = (type: FieldType): boolean => isRelation.has(type)

/** What can be said of some types only; Django says more of a choice and of a file. */
const usedBy: ReadonlyMap<string, (type: FieldType) => boolean> = new Map([
  ['choices', (type) => isChosen.has(type)],
  ['to', isRelated],
  ['related_table', isRelated],
  ['min', isNumberOrChoice],
  ['max', isNumberOrChoice],
  ['min_value', isNumberOrChoice],
  ['max_value', isNumberOrChoice],
  ['decimal_places', isNumberOrChoice],
  ['max_digits', isNumberOrChoice],
  ['max_length', (type) => !isNumber.has(type) && !isRelation.has(type) && type !== 'boolean'],
])

export function warnOfUnused(
  { node, path, context: { findings } }: FieldReading,
  type: FieldType,
): void {
  for (const [key, { keyAt }] of node.members) {
    if (usedBy.get(key)?.(type) !== false) continue
    const place = { path: [...path, key], at: keyAt }
    findings.warn(place, `"${key}" is not used by a field of the type ${type}`)
  }
}

export function readBounds(
  reading: FieldReading,
  type: FieldType,
): { min: number | null; max: number | null } {
  if (!isNumber.has(type)) return { min: null, max: null }
  const { words } = reading
  const meaning = words.type ? typeMeanings[words.type] : undefined
  const min = words.min ?? words.min_value ?? meaning?.min ?? null
  const max = words.max ?? words.max_value ?? null
  if (min !== null && max !== null && min > max) {
    const place = placeOf(reading, ['max', 'max_value'])
    reading.context.findings.report(place, `is ${max}, which is less than the smallest, ${min}`)
  }
  return { min, max }
}

export function readDecimalPlaces(reading: FieldReading): number | null {
  const { decimal_places: places, max_digits: digits } = reading.words
  if (typeof places === 'number' && typeof digits === 'number' && places > digits) {
    const detail = `is ${places}, which is more than max_digits, ${digits}`
    reading.context.findings.report(placeOf(reading, ['decimal_places']), detail)
  }
  return places ?? null
}

export function readChoices(reading: FieldReading, type: FieldType): readonly Choice[] {
  if (type !== 'choice') return []
  const { findings } = reading.context
  const given = reading.node.members.get('choices')?.node
  const place = placeOf(reading, ['choices'])
  if (given === undefined) {
    findings.report(place, 'is a choice and has no "choices", such as [["new", "New"]]')
  } else if (given.kind !== 'array') {
    findings.report(place, `is ${showValue(toValue(given))}; it must be a list`)
  } else return checkChoices(given, { path: place.path, findings })
  return []
}

export function readTarget(reading: FieldReading, type: FieldType): string | null {
  if (!isRelation.has(type)) return null
  const { words, context } = reading
  const { findings, table, tables } = context
  const place = placeOf(reading, ['to', 'related_table'])
  const to = words.to ?? words.related_table ?? null
  if (to !== null && tables.has(to)) return to
  if (to === 'self') return table
  if (to !== null) {
    findings.report(
      place,
      () => `there is no table ${describeStranger(to, [...tables].filter(isName), 'tables')}`,
    )
  } else if (place.path === reading.path) {
    findings.report(place, 'has no "to"; a relation names the table that it leads to')
  }
  return null
}

/** As serializers of Django have it: what may be empty or begins with something is not asked for. */
export function isRequired({ node, words }: FieldReading, type: FieldType): boolean {
  if (isReadOnly(words)) return false
  const isFull = words.blank === false && words.null !== true && type !== 'boolean'
  return words.required ?? (isFull && !node.members.has('default'))
}

export function isReadOnly(words: FieldWords): boolean {
  const isMade = words.type ? typeMeanings[words.type].isReadOnly === true : false
  return (
    words.read_only ??
    (isMade || words.editable === false || words.auto_now === true || words.auto_now_add === true)
  )
}

export function readDefault(reading: FieldReading, rules: DefaultRules): Json {
  const given = reading.node.members.get('default')
  if (given === undefined) return null
  const { path } = placeOf(reading, ['default'])
  return checkDefault(given.node, rules, { path, findings: reading.context.findings })
}

/** The first of the keys that is there, else the field. */
function placeOf({ node, path }: FieldReading, keys: readonly string[]): Place {
  const key = keys.find((name) => node.members.has(name))
  const at = key === undefined ? undefined : node.members.get(key)?.node.at
  return key === undefined || at === undefined
    ? { path, at: node.at }
    : { path: [...path, key], at }
}
