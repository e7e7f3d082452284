// What the React template promises to the generator, and the code that it makes.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AppSchema } from '../../../src/domain/schema/app-schema.ts'
import { nameApp } from '../../../src/generate/name-app.ts'
import { reactTemplate } from '../../../src/generate/react/react-template.ts'
import { readSchema } from '../../tools/generator-lab.ts'
import { readCode } from '../../tools/read-code.ts'
import { anyAppSchema } from '../../tools/schema-arbitrary.ts'

const crm = readSchema(
  JSON.parse(
    await readFile(join(import.meta.dirname, '../../fixtures/schemas/crm.json'), 'utf8'),
  ) as object,
)

test('a list shows what a row is called, then what there is room for', () => {
  expect(render(crm).get('src/tables/Customers/List.tsx')).toBe(
    `import { Column, ListPage, TitleColumn } from '../../kit/index.ts'
import { fields, table } from './model.ts'

export default function CustomersList() {
  return (
    <ListPage table={table}>
      <TitleColumn />
      <Column field={fields.email} />
      <Column field={fields.company} />
      <Column field={fields.country} />
      <Column field={fields.status} />
      <Column field={fields.newsletter} />
    </ListPage>
  )
}
`,
  )
})

test('a form asks for all that can be written, a page shows everything', () => {
  const files = render(crm)
  const form = files.get('src/tables/Customers/Form.tsx')
  const detail = files.get('src/tables/Customers/Detail.tsx')
  expect(form).toContain('<Input field={fields.tags} />')
  expect(form).not.toContain('fields.created_at')
  expect(detail).toContain('<Value field={fields.created_at} />')
})

test('a table that nobody writes to has a form without inputs, and still is code', () => {
  const schema = readSchema({
    tables: { log: { fields: [{ name: 'line', type: 'string', read_only: true }] } },
  })
  expect(render(schema).get('src/tables/Log/Form.tsx')).toContain('<FormPage table={table} />')
})

test('the same schema gives the same bytes', () => {
  expect([...render(crm)]).toEqual([...render(crm)])
})

test('all that the app imports is in the project, or is a package that it brings along', () => {
  const files = new Map([...reactTemplate.projectFiles, ...render(crm)])
  const packages = new Set<string>()
  for (const [path, text] of files) {
    if (!/^src\/.*\.tsx?$/.test(path)) continue
    for (const specifier of readCode(path, text).imports) {
      if (!specifier.startsWith('.')) packages.add(specifier)
      else expect([...files.keys()]).toContain(join(path, '..', specifier))
    }
  }
  expect([...packages, 'react/jsx-runtime'].toSorted((a, b) => a.localeCompare(b))).toEqual(
    [...reactTemplate.vendor].toSorted((a, b) => a.localeCompare(b)),
  )
})

test('pages import nothing but the kit and their own model', () => {
  for (const [path, text] of render(crm)) {
    if (path === 'src/app.ts') continue
    for (const specifier of readCode(path, text).imports) {
      expect(['../../kit/index.ts', './model.ts']).toContain(specifier)
    }
  }
})

describe('whatever a schema says', () => {
  test('its texts never become code', () => {
    fc.assert(
      fc.property(anyAppSchema(), (schema) => {
        for (const [path, text] of render(schema)) {
          const { bare } = readCode(path, text)
          expect(bare).toMatch(ownCharacters)
          expect(bare).not.toContain('pwned')
        }
      }),
      { numRuns: 150 },
    )
  })

  test('it reads back as it was said', () => {
    fc.assert(
      fc.property(anyAppSchema(), (schema) => {
        const files = render(schema)
        const labels = new Set(
          [...files].flatMap(([path, text]) =>
            path.endsWith('/model.ts') ? readCode(path, text).strings : [],
          ),
        )
        for (const { displayName, fields } of schema.tables) {
          expect(labels.has(displayName.toWellFormed())).toBe(true)
          for (const { label } of fields) expect(labels.has(label.toWellFormed())).toBe(true)
        }
      }),
      { numRuns: 50 },
    )
  })
})

/** All that Slipway's own code is made of; what people write has more, as a rule. */
const ownCharacters = /^[A-Za-z0-9_ \n{}()[\]<>/=:;,.*'-]+$/

const identity = { projectId: '7', slug: 'shop', name: 'Shop' }

function render(schema: AppSchema): ReadonlyMap<string, string> {
  const files = reactTemplate.render(nameApp({ schema, identity }))
  return new Map(files.map(({ path, text }) => [path, text]))
}
