/** `layout.ts` of a table: which fields its pages show, and in which order. */
import type { Field, Table } from '../../domain/schema/app-schema.ts'
import { chooseColumns, chooseInputs } from '../model/choose-fields.ts'
import { renderFieldAccess } from '../model/render-model.ts'

export function renderLayout(table: Table): string {
  return [
    `import type { Field } from '../../kit/index.ts'`,
    `import { fields } from './model.ts'`,
    '',
    '/** The columns of the list, after the one that says what a row is called. */',
    renderList('columns', chooseColumns(table)),
    '',
    '/** What the page of a row shows. */',
    renderList('values', table.fields),
    '',
    '/** What the form asks for. */',
    renderList('inputs', chooseInputs(table)),
    '',
  ].join('\n')
}

const lineLength = 100

/** On one line where it fits, as prettier has it. */
function renderList(name: string, fields: readonly Field[]): string {
  const items = fields.map((field) => renderFieldAccess(field.name))
  const start = `export const ${name}: readonly Field[] = [`
  const line = `${start}${items.join(', ')}]`
  return line.length <= lineLength
    ? line
    : [start, ...items.map((item) => `  ${item},`), ']'].join('\n')
}
