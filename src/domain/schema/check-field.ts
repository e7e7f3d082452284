/** Holds one field against the rules, those that need more than one of its values included. */
import type { Field, FieldType } from './app-schema.ts'
import type { DefaultRules } from './check-default.ts'
import { typesListed } from './describe-issue.ts'
import {
  type FieldContext,
  type FieldReading,
  type GivenField,
  hasLength,
  isChosen,
  isReadOnly,
  isRequired,
  readBounds,
  readChoices,
  readDecimalPlaces,
  readDefault,
  readTarget,
  warnOfUnused,
} from './field-facts.ts'
import { showValue } from './findings.ts'
import { capitalise, toLabel } from './identifiers.ts'
import { type JsonObject, toValue, withoutNulls } from './json-reader.ts'
import { describeName, isName } from './names.ts'
import { readObject } from './read-object.ts'
import { fieldWords, type FieldWords } from './schema-file.ts'
import { typeMeanings } from './type-names.ts'

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

function readField(reading: FieldReading): Field | null {
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

function readName({ node, path, key, words, context: { findings } }: FieldReading): string | null {
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
function readType({ node, path, words, context: { findings } }: FieldReading): FieldType | null {
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
function leaveOutRowKey({ node, path, key, words, context }: FieldReading, type: FieldType): null {
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
