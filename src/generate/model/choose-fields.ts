/** Which fields of a table stand for its rows: by which one they are called, and which a list shows. */
import type { Field, Table } from '../../domain/schema/app-schema.ts'

/** What fields that name a row are called most often. */
const titleNames = new Set(
  `name title label full_name display_name nom nom_complet titre libelle intitule designation subject
   sujet objet`
    .trim()
    .split(/\s+/),
)

const givenNames = new Set('first_name firstname given_name prenom'.split(' '))
const familyNames = new Set('last_name lastname family_name surname nom nom_de_famille'.split(' '))

/** The fields whose values are what people call a row; none where the id has to stand for it. */
export function chooseTitleFields(table: Table): readonly Field[] {
  const texts = table.fields.filter(({ type }) => type === 'string')
  const given = texts.find(({ name }) => givenNames.has(name.toLowerCase()))
  const family = texts.find(({ name }) => familyNames.has(name.toLowerCase()))
  if (given !== undefined && family !== undefined) return [given, family]
  const named = texts.find(({ name }) => titleNames.has(name.toLowerCase()))
  const title = named ?? texts[0] ?? table.fields.find(({ type }) => type === 'email')
  return title === undefined ? [] : [title]
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
  const titles = chooseTitleFields(table)
  const others = table.fields.filter((field) => !titles.includes(field))
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
