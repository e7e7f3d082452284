/** Whether a default fits its field: what a new row begins with must be something it may hold. */
import { z } from 'zod'
import { limits } from '../limits.ts'
import type { Field, FieldType, Json } from './app-schema.ts'
import { showValue } from './findings.ts'
import { type JsonNode, toValue } from './json-reader.ts'
import type { Where } from './read-object.ts'

export type DefaultRules = Pick<Field, 'type' | 'maxLength' | 'min' | 'max' | 'choices'>

/** Null where nothing is said, which an empty text says too, or where it does not fit. */
export function checkDefault(node: JsonNode, rules: DefaultRules, where: Where): Json {
  const value = toValue(node)
  const { type } = rules
  if (value === null || (value === '' && !isNeverEmpty.has(type))) return null
  const { schema, words } = kinds[type]
  const parsed = schema.safeParse(value)
  const misfit = parsed.success ? findMisfit(parsed.data, rules) : `; ${words}`
  if (misfit === null) return parsed.data ?? null
  where.findings.report({ path: where.path, at: node.at }, `is ${showValue(value)}${misfit}`)
  return null
}

const isNeverEmpty: ReadonlySet<FieldType> = new Set(['integer', 'float', 'boolean', 'json'])

interface Kind {
  readonly schema: z.ZodType<Json>
  /** What may be there. */
  readonly words: string
}

const text = z.string().max(limits.schemaTextLengthMax)
const lineText = text.refine((value) => !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value))
const textWords = `it must be text of at most ${limits.schemaTextLengthMax.toLocaleString('en')} characters`
const id = z.union([z.int(), lineText])
const file: Kind = { schema: z.never(), words: 'a file has no default' }

const kinds: Readonly<Record<FieldType, Kind>> = {
  string: { schema: lineText, words: `${textWords}, on one line` },
  text: { schema: text, words: textWords },
  integer: { schema: z.int(), words: 'it must be an integer' },
  float: { schema: z.number(), words: 'it must be a number' },
  decimal: {
    schema: z.union([z.number(), z.string().regex(/^-?[0-9]{1,60}(?:\.[0-9]{1,60})?$/)]),
    words: 'it must be a number, as text or as it is',
  },
  boolean: { schema: z.boolean(), words: 'it must be true or false' },
  date: { schema: z.iso.date(), words: 'it must be a date, such as "2026-11-25"' },
  datetime: {
    schema: z.iso.datetime({ offset: true, local: true }),
    words: 'it must be a date and a time, such as "2026-11-25T21:40:00Z"',
  },
  time: { schema: z.iso.time(), words: 'it must be a time, such as "21:40"' },
  email: { schema: z.email(), words: 'it must be an e-mail address' },
  url: { schema: z.url({ protocol: /^https?$/ }), words: 'it must begin with http:// or https://' },
  uuid: { schema: z.guid(), words: 'it must be a UUID' },
  json: {
    schema: z.json().refine((value) => JSON.stringify(value).length <= limits.schemaTextLengthMax),
    words: `it must be at most ${limits.schemaTextLengthMax.toLocaleString('en')} characters of JSON`,
  },
  choice: { schema: z.union([z.number(), lineText]), words: 'it must be one of the choices' },
  relation: { schema: id, words: 'it must be the id of a row: an integer or text' },
  relations: {
    schema: z.array(id).max(limits.schemaChoicesMax),
    words: 'it must be a list of ids of rows: integers or texts',
  },
  file,
  image: file,
}

/** Null where it keeps to what else is said of the field. */
function findMisfit(
  value: Json,
  { type, maxLength, min, max, choices }: DefaultRules,
): string | null {
  if (type === 'choice') {
    if (choices.length === 0 || choices.some((choice) => choice.value === value)) return null
    const listed = choices.slice(0, 10).map((choice) => showValue(choice.value))
    return `; it must be one of ${listed.join(', ')}${choices.length > 10 ? ', …' : ''}`
  }
  if (maxLength !== null && typeof value === 'string' && Array.from(value).length > maxLength) {
    return ` with ${Array.from(value).length} characters; max_length is ${maxLength}`
  }
  if (min === null && max === null) return null
  const number = Number(value)
  if (min !== null && number < min) return `; the smallest number is ${min}`
  return max !== null && number > max ? `; the largest number is ${max}` : null
}
