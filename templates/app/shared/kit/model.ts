/** What pages know about tables, their fields and their rows. */

export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** A row as the API gives it. Read its values with `readValue`: a field may have any name. */
export type Row = { readonly [name: string]: Json }

export type Id = string | number

export type FieldType =
  | 'string'
  | 'text'
  | 'integer'
  | 'float'
  | 'decimal'
  | 'boolean'
  | 'date'
  | 'datetime'
  | 'time'
  | 'email'
  | 'url'
  | 'uuid'
  | 'json'
  | 'choice'
  | 'relation'
  | 'relations'
  | 'file'
  | 'image'

export interface Field {
  /** The key in a row. */
  readonly name: string
  readonly type: FieldType
  readonly label: string
  readonly required?: boolean
  readonly unique?: boolean
  /** Shown, and never sent. */
  readonly readOnly?: boolean
  readonly maxLength?: number
  readonly min?: number
  readonly max?: number
  /** Of a decimal. */
  readonly decimalPlaces?: number
  /** One line below the input. */
  readonly help?: string
  /** Of a choice. */
  readonly choices?: readonly Choice[]
  /** Of a relation. */
  readonly to?: Target
  /** What a new row begins with. */
  readonly initial?: Json
}

export interface Choice {
  readonly value: string | number
  readonly label: string
}

/** Where a relation leads. */
export interface Target {
  readonly table: string
  readonly label: string
  /** The fields whose values name a row there. */
  readonly titleFields?: readonly string[]
}

export interface Table {
  /** The name in URLs. */
  readonly name: string
  readonly label: string
  /** The fields whose values name a row; without any, a row is called by its id. */
  readonly titleFields?: readonly string[]
  /** All of them, in their order. */
  readonly fields: Readonly<Record<string, Field>>
}

/** Tells a whole row from an id, a text or a list. */
export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `undefined` where the row doesn't have the field. */
export function readValue(row: Row, name: string): Json | undefined {
  return Object.hasOwn(row, name) ? row[name] : undefined
}

/** The primary key; an empty string where the API gives none. */
export function idOf(row: Row): Id {
  const id = readValue(row, 'id') ?? readValue(row, 'pk')
  return typeof id === 'string' || typeof id === 'number' ? id : ''
}

/** Whether there is anything to fill in. */
export function isWritable({ fields }: Table): boolean {
  return Object.values(fields).some(({ readOnly }) => readOnly !== true)
}

/** What people call a row: the values of its title fields, else `#12`. */
export function titleOf(row: Row, { titleFields = [] }: Pick<Target, 'titleFields'>): string {
  const values = titleFields.map((name) => readValue(row, name))
  const texts = values.map((value) =>
    typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '',
  )
  return texts.filter((text) => text !== '').join(' ') || `#${idOf(row)}`
}

/** The rows whose titles have the text in them: what is known before the API has answered. */
export function filterByTitle(rows: readonly Row[], target: Target, text: string): readonly Row[] {
  const wanted = text.trim().toLocaleLowerCase()
  return rows.filter((row) => titleOf(row, target).toLocaleLowerCase().includes(wanted))
}

/** The fields that a row is called by. */
export function titleFieldsOf({ fields, titleFields = [] }: Table): readonly Field[] {
  return titleFields.map((name) => fields[name]).filter((field) => field !== undefined)
}

/** The id in the value of a relation, which is an id or a whole row. */
export function targetIdOf(value: Json | undefined): Id | undefined {
  if (typeof value === 'string' || typeof value === 'number')
    return value === '' ? undefined : value
  if (!isRow(value)) return undefined
  const id = idOf(value)
  return id === '' ? undefined : id
}

/** The ids in the value of a field of type `relations`. */
export function targetIdsOf(value: Json | undefined): readonly Id[] {
  if (!Array.isArray(value)) return []
  return value.map(targetIdOf).filter((id) => id !== undefined)
}

/** Any value on one line. */
export function textOf(value: Json): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** The whole app; `Page` is what a page is in the framework. */
export interface AppOf<Page> {
  readonly title: string
  /** The language of the app's own words. */
  readonly locale: string
  /** Under which the API keeps the rows. */
  readonly projectId: string
  readonly tables: readonly TableEntry<Page>[]
}

export interface TableEntry<Page> {
  readonly name: string
  readonly label: string
  /** Loaded when somebody goes there. */
  readonly pages: {
    readonly list: () => Promise<{ default: Page }>
    readonly detail: () => Promise<{ default: Page }>
    readonly form: () => Promise<{ default: Page }>
  }
}
