/** What a choice is chosen from: `["new", "Nouveau"]`, `"new"` or `{"value": "new", "label": …}`. */
import { limits } from '../limits.ts'
import type { Choice } from './app-schema.ts'
import { showValue } from './findings.ts'
import type { JsonArray, JsonNode, JsonObject } from './json-reader.ts'
import { readObject, readPart, type Where } from './read-object.ts'
import { choiceLabel, choiceValue, choiceWords } from './schema-file.ts'

/** Those that are right, in their order; two with the same value are a mistake. */
export function checkChoices(list: JsonArray, { path, findings }: Where): readonly Choice[] {
  if (list.items.length > limits.schemaChoicesMax) {
    const place = { path, at: list.at }
    const count = list.items.length.toLocaleString('en')
    findings.report(place, `has ${count} entries; there may be ${limits.schemaChoicesMax}`)
  }
  const choices: Choice[] = []
  // Inputs of a page hold text, so 1 and "1" are the same there.
  const known = new Set<string>()
  for (const [index, node] of list.items.slice(0, limits.schemaChoicesMax).entries()) {
    const place = { path: [...path, String(index)], at: node.at }
    const choice = readChoice(node, { path: place.path, findings })
    if (choice === null) continue
    const { value } = choice
    if (known.has(String(value))) findings.report(place, `has the value ${showValue(value)} again`)
    else choices.push(choice)
    known.add(String(value))
  }
  return choices
}

/** Null where it is wrong, and where it stands for nothing chosen: Django's `["", "---------"]`. */
function readChoice(node: JsonNode, where: Where): Choice | null {
  const { value, label } = readParts(node, where)
  if (value === '') {
    where.findings.warn(
      { path: where.path, at: node.at },
      'stands for nothing chosen, which a form offers by itself; it is left out',
    )
  }
  if (value === undefined || value === '') return null
  return { value, label: label === undefined || label === '' ? String(value) : String(label) }
}

type Text = string | number | undefined

/** Of a value that is wrong, the place and the reason are among the findings. */
function readParts(node: JsonNode, where: Where): { readonly value: Text; readonly label: Text } {
  switch (node.kind) {
    case 'scalar':
      return { value: readValue(node, where), label: undefined }
    case 'array':
      return readPair(node, where)
    case 'object':
      return readWords(node, where)
  }
}

function readWords(node: JsonObject, where: Where): { value: Text; label: Text } {
  const { path, findings } = where
  const rules = { words: choiceWords, others: ['value'] }
  const { label, display_name: other } = readObject(node, rules, where)
  const given = node.members.get('value')?.node
  if (given === undefined) findings.report({ path, at: node.at }, 'has no "value"')
  return {
    value: given && readValue(given, { path: [...path, 'value'], findings }),
    label: label ?? other ?? undefined,
  }
}

function readPair(pair: JsonArray, { path, findings }: Where): { value: Text; label: Text } {
  const [value, label] = pair.items
  if (value === undefined || label === undefined || pair.items.length > 2) {
    const detail = `is a list of ${pair.items.length}; a choice is [value, label]`
    findings.report({ path, at: pair.at }, detail)
    return { value: undefined, label: undefined }
  }
  return {
    value: readValue(value, { path: [...path, '0'], findings }),
    label: readPart(label, choiceLabel, { path: [...path, '1'], findings }),
  }
}

/** An empty text for `null`, by which some backends say the same. */
function readValue(node: JsonNode, where: Where): Text {
  return node.kind === 'scalar' && node.value === null ? '' : readPart(node, choiceValue, where)
}
