/** Which fields of a table stand for its rows: by which one they are called, and which a list shows. */
import type { Field, Table } from '../../domain/schema/app-schema.ts'

/** What fields that name a row are called most often. */
const titleNames = new Set(
  `name title label full_name display_name nom nom_complet titre libelle intitule designation subject
   sujet objet`
    .trim()
    .split(/\s+/),
)

/** The field whose value is what people call a row; null where there is none, and the id stands. */
export function chooseTitleField(table: Table): Field | null {
  const texts = table.fields.filter(({ type }) => type === 'string')
  const named = texts.find(({ name }) => titleNames.has(name))
  return named ?? texts[0] ?? table.fields.find(({ type }) => type === 'email') ?? null
}

/** Beside the title. More would be too narrow to read. */
const columnsMax = 5

const narrowTypes = new Set<Field['type']>([
  'string',
  'integer',
  'float',
  'decimal',
  'boolean',
  'date',
  'datetime',
  'time',
  'email',
  'choice',
  'relation',
])
const wideTypes = new Set<Field['type']>(['url', 'image', 'relations', 'text'])

/** The other columns of a list, in the order of the schema. */
export function chooseColumns(table: Table): readonly Field[] {
  const title = chooseTitleField(table)
  const others = table.fields.filter((field) => field !== title)
  const narrow = others.filter(({ type }) => narrowTypes.has(type)).slice(0, columnsMax)
  const wide = others
    .filter(({ type }) => wideTypes.has(type))
    .slice(0, Math.max(0, columnsMax - 1 - narrow.length))
  return others.filter((field) => narrow.includes(field) || wide.includes(field))
}

/** What a form asks for. */
export function chooseInputs(table: Table): readonly Field[] {
  return table.fields.filter(({ readOnly }) => !readOnly)
}
