/** Holds one field against the rules, those that need more than one of its values included. */
import type { Choice, Field, FieldType, Json } from './app-schema.ts'
import { checkChoices } from './check-choices.ts'
import { checkDefault, type DefaultRules } from './check-default.ts'
import { describeStranger, typesListed } from './describe-issue.ts'
import { type Findings, type Place, showValue } from './findings.ts'
import { capitalise, toLabel } from './identifiers.ts'
import { type JsonNode, type JsonObject, toValue, withoutNulls } from './json-reader.ts'
import { describeName, isName } from './names.ts'
import { readObject } from './read-object.ts'
import { fieldWords, type FieldWords } from './schema-file.ts'
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

/** Null where it is wrong, and where it is the `id` that every row has anyway. */
export function checkField(given: GivenField, context: FieldContext): Field | null {
  const { path } = given
  const { findings } = context
  if (given.node.kind !== 'object') {
    const detail = `is ${showValue(toValue(given.node))}; it must be an object`
    findings.report({ path, at: given.node.at }, detail)
    return null
  }
  const node = readSaid(given.node)
  const others = ['choices', 'default']
  const words = readObject(node, { words: fieldWords, others }, { path, findings })
  return readField({ ...given, node, words, context })
}

/** Serializers have an empty list of choices where there are none, and `null` for all else. */
function readSaid(given: JsonObject): JsonObject {
  const node = withoutNulls(given)
  const choices = node.members.get('choices')?.node
  if (choices?.kind !== 'array' || choices.items.length > 0) return node
  return { ...node, members: new Map([...node.members].filter(([key]) => key !== 'choices')) }
}

interface Reading extends GivenField {
  /** What is said of it: nothing that is null. */
  readonly node: JsonObject
  /** What is right of it. */
  readonly words: FieldWords
  readonly context: FieldContext
}

function readField(reading: Reading): Field | null {
  const { words } = reading
  // Without a name the rest is looked at all the same: every mistake is told at once.
  const name = readName(reading) ?? ''
  const type = readType(reading)
  if (type === null) return null
  if (name === 'id') return leaveOutRowKey(reading, type)
  warnOfUnused(reading, type)
  const rules: DefaultRules = {
    type,
    maxLength: hasLength.has(type) ? (words.max_length ?? null) : null,
    ...readBounds(reading, type),
    choices: readChoices(reading, type),
  }
  return {
    ...rules,
    name,
    label: readLabel(words) ?? toLabel(name),
    required: isRequired(reading, type),
    unique: words.unique ?? false,
    readOnly: isReadOnly(words),
    decimalPlaces: type === 'decimal' ? readDecimalPlaces(reading) : null,
    helpText: [words.help_text].find(Boolean) ?? null,
    to: readTarget(reading, type),
    default: readDefault(reading, rules),
  }
}

function readLabel({ label, display_name: other, verbose_name: verbose }: FieldWords) {
  return [label, other, verbose && capitalise(verbose)].find(Boolean)
}

function readName({ node, path, key, words, context: { findings } }: Reading): string | null {
  const said = node.members.get('name')
  const saidPlace = { path: [...path, 'name'], at: said?.node.at ?? node.at }
  if (key === null && said === undefined) findings.report({ path, at: node.at }, 'has no "name"')
  const name = key?.name ?? words.name ?? null
  if (name === null) return null
  if (typeof words.name === 'string' && words.name !== name) {
    const detail = `is "${words.name}", and the field stands under ${showValue(name)}`
    findings.report(saidPlace, detail)
  }
  if (key !== null && !isName(name)) {
    findings.report({ path, at: key.at }, () => describeName(name))
  }
  return name
}

/** Django has no type of its own for what is chosen: a text or a number has choices. */
function readType({ node, path, words, context: { findings } }: Reading): FieldType | null {
  if (!node.members.has('type')) {
    findings.report({ path, at: node.at }, `has no "type". ${typesListed}`)
  }
  if (typeof words.type !== 'string') return null
  const { type } = typeMeanings[words.type]
  return node.members.has('choices') && isChosen.has(type) ? 'choice' : type
}

/**
 * Backends list the key of a row among its fields. It is no field of a form, and each page knows it
 * by itself; somebody's own `id` of another kind would get in its way.
 */
function leaveOutRowKey({ node, path, key, words, context }: Reading, type: FieldType): null {
  const place = { path, at: key?.at ?? node.at }
  if (isReadOnly(words) || words.primary_key === true) return null
  if (type === 'integer' || type === 'uuid') {
    context.findings.warn(place, 'is the key that every row has, and is left out')
  } else {
    const detail = 'is called "id", as the key that every row has; choose another name'
    context.findings.report(place, detail)
  }
  return null
}

const isChosen: ReadonlySet<FieldType> = new Set([
  'choice',
  'string',
  'text',
  'integer',
  'float',
  'decimal',
])
const isNumber: ReadonlySet<FieldType> = new Set(['integer', 'float', 'decimal'])
const hasLength: ReadonlySet<FieldType> = new Set(['string', 'text', 'email', 'url'])
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

function warnOfUnused({ node, path, context: { findings } }: Reading, type: FieldType): void {
  for (const [key, { keyAt }] of node.members) {
    if (usedBy.get(key)?.(type) !== false) continue
    const place = { path: [...path, key], at: keyAt }
    findings.warn(place, `"${key}" is not used by a field of the type ${type}`)
  }
}

function readBounds(reading: Reading, type: FieldType): { min: number | null; max: number | null } {
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

function readDecimalPlaces(reading: Reading): number | null {
  const { decimal_places: places, max_digits: digits } = reading.words
  if (typeof places === 'number' && typeof digits === 'number' && places > digits) {
    const detail = `is ${places}, which is more than max_digits, ${digits}`
    reading.context.findings.report(placeOf(reading, ['decimal_places']), detail)
  }
  return places ?? null
}

function readChoices(reading: Reading, type: FieldType): readonly Choice[] {
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

function readTarget(reading: Reading, type: FieldType): string | null {
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
function isRequired({ node, words }: Reading, type: FieldType): boolean {
  if (isReadOnly(words)) return false
  const isFull = words.blank === false && words.null !== true && type !== 'boolean'
  return words.required ?? (isFull && !node.members.has('default'))
}

function isReadOnly(words: FieldWords): boolean {
  const isMade = words.type ? typeMeanings[words.type].isReadOnly === true : false
  return (
    words.read_only ??
    (isMade || words.editable === false || words.auto_now === true || words.auto_now_add === true)
  )
}

function readDefault(reading: Reading, rules: DefaultRules): Json {
  const given = reading.node.members.get('default')
  if (given === undefined) return null
  const { path } = placeOf(reading, ['default'])
  return checkDefault(given.node, rules, { path, findings: reading.context.findings })
}

/** The first of the keys that is there, else the field. */
function placeOf({ node, path }: Reading, keys: readonly string[]): Place {
  const key = keys.find((name) => node.members.has(name))
  const at = key === undefined ? undefined : node.members.get(key)?.node.at
  return key === undefined || at === undefined
    ? { path, at: node.at }
    : { path: [...path, key], at }
}
