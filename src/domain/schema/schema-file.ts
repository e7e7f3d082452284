/**
 * What may stand in `schema.json`, once: the check reads by it, and the types, the JSON Schema that
 * editors use and the part of the OpenAPI document are made from it. What needs more than one value
 * to be judged (relations, equal names, defaults) is not in here.
 */
import { z } from 'zod'
import { limits } from '../limits.ts'
import { frameworks } from '../project.ts'
import { showValue } from './findings.ts'
import { describeName, isName, namePattern } from './names.ts'
import { typeNames } from './type-names.ts'

const noName = {
  abort: true,
  error: ({ input }: { readonly input?: unknown }) => describeName(String(input)),
}
const name = z.string().regex(namePattern, noName).refine(isName, noName)
const line = z
  .string()
  .max(limits.schemaLabelLengthMax)
  // No part of the JSON Schema: tools that read it know no such classes.
  .refine((text) => !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text), {
    error: ({ input }) => `is ${showValue(input)}; it must be one line without control characters`,
  })
const label = line.overwrite((text) => text.trim())
const helpText = z
  .string()
  .max(limits.schemaTextLengthMax)
  .overwrite((text) => text.replace(/\s+/g, ' ').trim())
  .refine((text) => !/\p{Cc}/u.test(text), {
    error: ({ input }) => `is ${showValue(input)}; it must not hold control characters`,
  })
const textOrNumber = { error: isNoTextOrNumber }
export const choiceValue = z.union([line, z.number()], textOrNumber)
export const choiceLabel = z.union([label, z.number()], textOrNumber)
const count = z.int().min(0)

/** Platforms send `null` for what they do not say. */
function said<Schema extends z.ZodType>(schema: Schema, description: string) {
  return schema.nullish().describe(description)
}

/** The number of keys is what JSON Schema has a word for, and zod has none. */
function byName<Schema extends z.ZodType>(schema: Schema, countMax: number) {
  return z
    .record(name, schema)
    .refine((entries) => hasKeys(entries, countMax))
    .meta({ minProperties: 1, maxProperties: countMax })
}

function hasKeys(entries: object, countMax: number): boolean {
  const { length } = Object.keys(entries)
  return length > 0 && length <= countMax
}

export const choiceWords = z.object({
  label: said(choiceLabel, 'What people read. Without it: the value.'),
  display_name: said(choiceLabel, 'The same as label.'),
})
const choice = z
  .union([
    choiceValue.nullable(),
    z.tuple([choiceValue.nullable(), choiceLabel]),
    choiceWords.extend({ value: choiceValue.nullable().describe('What a row holds.') }),
  ])
  .meta({ id: 'SchemaChoice', description: 'A value, [value, label], or {value, label}.' })

const nameDescription = 'The key in a row of the backend.'
const typeDescription =
  'What the field holds; the names of the field classes of Django are understood too.'

/** A field as it is read: all else of it is known already when `type` or `name` is found missing. */
export const fieldWords = z.object({
  name: said(name, nameDescription),
  type: said(z.enum(typeNames), typeDescription),
  label: said(label, 'What people read. Without it: made from the name.'),
  display_name: said(label, 'The same as label.'),
  verbose_name: said(label, 'The same as label.'),
  help_text: said(helpText, 'Stands below the input.'),
  required: said(z.boolean(), 'Whether a form asks for it. Without it: false.'),
  blank: said(z.boolean(), 'As in Django: with false and without a default, it is required.'),
  null: said(z.boolean(), 'As in Django.'),
  unique: said(z.boolean(), 'No two rows have the same value. The backend sees to it.'),
  read_only: said(z.boolean(), 'Shown, and never sent.'),
  editable: said(z.boolean(), 'As in Django: false is read_only.'),
  auto_now: said(z.boolean(), 'As in Django: true is read_only.'),
  auto_now_add: said(z.boolean(), 'As in Django: true is read_only.'),
  primary_key: said(z.boolean(), 'As in Django.'),
  max_length: said(z.int().min(1), 'How many characters a text may have.'),
  min_length: said(count, 'Left to the backend.'),
  min: said(z.number(), 'The smallest number.'),
  max: said(z.number(), 'The largest number.'),
  min_value: said(z.number(), 'The same as min.'),
  max_value: said(z.number(), 'The same as max.'),
  decimal_places: said(count.max(30), 'Of a decimal.'),
  max_digits: said(z.int().min(1), 'Of a decimal.'),
  to: said(z.string(), 'The table that a relation leads to; "self" is the own one.'),
  related_table: said(z.string(), 'The same as to.'),
})
const fieldByName = fieldWords
  .extend({
    type: z.enum(typeNames).describe(typeDescription),
    choices: said(
      z.array(choice).max(limits.schemaChoicesMax),
      'What a choice is chosen from. A text or a number that has choices is a choice.',
    ),
    default: z.unknown().optional().describe('What a new row begins with; it fits the type.'),
  })
  .meta({ id: 'SchemaFieldByName', description: 'A field; its name is the key before it.' })
const field = fieldByName
  .extend({ name: name.describe(nameDescription) })
  .meta({ id: 'SchemaField', description: 'A field, with its name.' })

export const tableWords = z.object({
  display_name: said(label, 'What people read. Without it: made from the name.'),
  label: said(label, 'The same as display_name.'),
  verbose_name_plural: said(label, 'The same as display_name.'),
  verbose_name: said(label, 'The same as display_name.'),
})
const table = tableWords
  .extend({
    fields: z
      .union([
        z.array(field).min(1).max(limits.schemaFieldsMax),
        byName(fieldByName, limits.schemaFieldsMax),
      ])
      .describe('In the order in which they are shown: a list, or an object by name.'),
  })
  .meta({ id: 'SchemaTable' })

export const projectWords = z.object({
  id: said(
    z.union([z.string().max(limits.schemaLabelLengthMax), z.int()], textOrNumber),
    'The platform’s own id of the project.',
  ),
  name: said(label, 'What the app calls itself. Without it: as the project is called.'),
  schema_name: said(label, 'The name of the project in host names.'),
})

export const appWords = z.object({
  $schema: said(z.string(), 'For editors: where this JSON Schema is.'),
  framework: said(
    z.enum(frameworks),
    'What the app is made with. Without it: as the project says.',
  ),
  locale: said(
    z
      .string()
      .max(35)
      .regex(/^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*$/, {
        error: ({ input }) =>
          `is ${showValue(input)}; it must be a language, such as "fr" or "en-GB"`,
      }),
    'The language of the app’s own words, such as "fr". Without it: "en".',
  ),
})

/** A whole `schema.json`. */
export const schemaFile = appWords
  .extend({
    project: said(projectWords.meta({ id: 'SchemaProject' }), 'Whose app it is.'),
    tables: byName(table, limits.schemaTablesMax).describe(
      'By the names that they have in the URLs of the backend.',
    ),
  })
  .meta({ id: 'Schema', title: 'schema.json of Slipway', description: 'The tables of an app.' })

export type SchemaFile = z.input<typeof schemaFile>
export type FieldWords = z.output<typeof fieldWords>
export type ProjectWords = z.output<typeof projectWords>

function isNoTextOrNumber({ input }: { readonly input?: unknown }): string {
  return `is ${showValue(input)}; it must be text or a number`
}
