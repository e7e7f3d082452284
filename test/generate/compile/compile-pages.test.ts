// What becomes of the files of a table: one module, whatever their texts say.
import { expect, test } from 'vitest'
import { compilePages } from '../../../src/generate/compile/compile-pages.ts'

const model =
  "export const fields = { name: { label: 'Name' } }\n\nexport const table = { fields }\n"
const list =
  "import { ListPage, Column } from '../../kit/index.ts'\nimport { fields, table } from './model.ts'\n\n" +
  'export default function TidesList() {\n  return <ListPage of={table}><Column of={fields.name} /></ListPage>\n}\n'

test('pages of a table are one module that imports once, and exports each by its name', () => {
  const code = compile({ 'model.ts': model, 'Form.tsx': list, 'List.tsx': list })
  expect(code.match(/from"#kit"/g)).toHaveLength(1)
  expect(code.match(/label/g)).toHaveLength(1)
  expect(code).toMatch(/export\{\w+ as Form,\w+ as List\}/)
  expect(code).not.toMatch(/model|kit\/index/)
})

test('imports of types are left out', () => {
  const typed = `import type { Table } from '../../kit/index.ts'\n\n${model.replace('table =', 'table: Table =')}`
  expect(compile({ 'model.ts': typed, 'List.tsx': 'export default () => 1\n' })).not.toContain(
    '#kit',
  )
})

test('what only looks like an import or an export stays text', () => {
  const text = "import { a } from 'b'; export default 1"
  const page = `export default () => "${text}"\n`
  expect(compile({ 'List.tsx': page })).toContain(text)
})

test.each([
  ['has a side effect', "import 'left-pad'\nexport default 1\n", 'another way'],
  ['takes a default', "import pad from 'left-pad'\nexport default 1\n", 'another way'],
  ['needs what comes after it', "import { a } from './Other.tsx'\nexport default a\n", 'after it'],
  ['needs what is not there', "import { a } from './b.ts'\nexport default a\n", 'there is no'],
  ['is no page', 'export const a = 1\n', 'default export'],
  ['is no code', 'export default ]\n', 'src/tables/Tides.tsx'],
])('a page that %s is refused', (_, page, problem) => {
  const files = { 'List.tsx': page, 'Other.tsx': 'export default 1\n' }
  expect(() => compile(files)).toThrow(problem)
})

function compile(files: Readonly<Record<string, string>>): string {
  const folder = 'src/tables/Tides'
  const placed = Object.entries(files).map(([name, text]): [string, string] => [
    `${folder}/${name}`,
    text,
  ])
  const findOutside = (path: string): string => {
    if (path !== 'src/kit/index.ts') throw new Error(`there is no ${path}`)
    return '#kit'
  }
  return compilePages({ folder, files: new Map(placed) }, { findOutside, compileComponent: null })
}
