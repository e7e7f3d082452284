/** Holds one table against the rules. */
import { limits } from '../limits.ts'
import type { Field, Table } from './app-schema.ts'
import { checkField } from './check-field.ts'
import type { FieldContext, GivenField } from './field-facts.ts'
import { type Findings, showValue } from './findings.ts'
import { capitalise, toLabel } from './identifiers.ts'
import {
  type JsonArray,
  type JsonNode,
  type JsonObject,
  toValue,
  withoutNulls,
} from './json-reader.ts'
import { readObject } from './read-object.ts'
import { tableWords } from './schema-file.ts'

export interface GivenTable {
  readonly name: string
  readonly node: JsonNode
  readonly path: readonly string[]
}

/** With those of its fields that are right; null where nothing of it can be read. */
export function checkTable(
  { name, node: given, path }: GivenTable,
  context: { readonly findings: Findings; readonly tables: ReadonlySet<string> },
): Table | null {
  const { findings } = context
  if (given.kind !== 'object') {
    findings.report({ path, at: given.at }, `is ${showValue(toValue(given))}; it must be an object`)
    return null
  }
  const node = withoutNulls(given)
  const rules = { words: tableWords, others: ['fields'] }
  const words = readObject(node, rules, { path, findings })
  const list = node.members.get('fields')?.node
  if (list === undefined) findings.report({ path, at: node.at }, 'has no "fields"')
  const verbose = words.verbose_name_plural || words.verbose_name
  const displayName = [words.display_name, words.label, verbose && capitalise(verbose)].find(
    Boolean,
  )
  const fields =
    list === undefined ? [] : checkFields(list, [...path, 'fields'], { ...context, table: name })
  return { name, displayName: displayName ?? toLabel(name), fields }
}

function checkFields(
  list: JsonNode,
  path: readonly string[],
  context: FieldContext,
): readonly Field[] {
  const { findings } = context
  if (list.kind === 'scalar') {
    const detail = `is ${showValue(list.value)}; it must be a list, or an object by name`
    findings.report({ path, at: list.at }, detail)
    return []
  }
  const given = listFields(list, path)
  const place = { path, at: list.at }
  if (given.length > limits.schemaFieldsMax) {
    const count = given.length.toLocaleString('en')
    findings.report(place, `has ${count} fields; there may be ${limits.schemaFieldsMax}`)
  }
  reportRepeated(given, findings)
  const problemsBefore = findings.count
  const fields = given
    .slice(0, limits.schemaFieldsMax)
    .map((field) => checkField(field, context))
    .filter((field) => field !== null)
  if (fields.length === 0 && findings.count === problemsBefore) {
    findings.report(place, `has no field${given.length > 0 ? ' beside "id"' : ''}; it needs one`)
  }
  return fields
}

function listFields(list: JsonArray | JsonObject, path: readonly string[]): readonly GivenField[] {
  if (list.kind === 'array') {
    return list.items.map((node, index) => ({ node, path: [...path, String(index)], key: null }))
  }
  return [...list.members].map(([name, { node, keyAt }]) => {
    return { node, path: [...path, name], key: { name, at: keyAt } }
  })
}

/** In an object the reader has seen to it. */
function reportRepeated(given: readonly GivenField[], findings: Findings): void {
  const known = new Set<string>()
  for (const { node, path, key } of given) {
    const name = key === null && node.kind === 'object' ? node.members.get('name')?.node : undefined
    if (name?.kind !== 'scalar' || typeof name.value !== 'string') continue
    if (known.has(name.value)) {
      const place = { path: [...path, 'name'], at: name.at }
      findings.report(place, `is ${showValue(name.value)}, as an earlier field is called`)
    }
    known.add(name.value)
  }
}
