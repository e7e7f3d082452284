/**
 * A schema after its check: what an app is generated from. Every name in it is safe in a path and
 * in a URL; every other text is anybody's, and enters code only as a literal.
 */
import type { Framework } from '../project.ts'

export interface AppSchema {
  readonly framework: Framework
  /** The language of the app's own words; a BCP 47 tag of which `fr` and `en` are spoken. */
  readonly locale: string
  /** What the app calls itself; null where the project's name stands. */
  readonly title: string | null
  /** In the order of the schema; at least one. */
  readonly tables: readonly Table[]
}

export interface Table {
  /** The name in the backend's URLs: `^[A-Za-z_][A-Za-z0-9_]{0,62}$`. */
  readonly name: string
  /** What people read: any script, one line. */
  readonly displayName: string
  /** At least one; none of them is called `id`. */
  readonly fields: readonly Field[]
}

export const fieldTypes = [
  'string',
  'text',
  'integer',
  'float',
  'decimal',
  'boolean',
  'date',
  'datetime',
  'time',
  'email',
  'url',
  'uuid',
  'json',
  'choice',
  'relation',
  'relations',
  'file',
  'image',
] as const
export type FieldType = (typeof fieldTypes)[number]

export interface Field {
  /** The key in a row: `^[A-Za-z_][A-Za-z0-9_]{0,62}$`, never `id`. */
  readonly name: string
  readonly type: FieldType
  readonly label: string
  readonly required: boolean
  readonly unique: boolean
  /** Shown, and never sent. */
  readonly readOnly: boolean
  readonly maxLength: number | null
  readonly min: number | null
  readonly max: number | null
  /** Of a decimal. */
  readonly decimalPlaces: number | null
  /** One line below the input; null where there is none. */
  readonly helpText: string | null
  /** Empty but for `choice`. */
  readonly choices: readonly Choice[]
  /** The table that a relation leads to; null for all other types. */
  readonly to: string | null
  /** What a new row begins with, fit for the type; null where nothing is said. */
  readonly default: Json
}

export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

export interface Choice {
  readonly value: string | number
  readonly label: string
}
