// What Vue apps are generated from, and what of a schema may get into it.
import fc from 'fast-check'
import { check, type Options } from 'prettier'
import { transformSync } from 'rolldown/utils'
import { expect, test } from 'vitest'
import type { SourceFile } from '../../../src/contracts/generate.ts'
import { compileVueComponent } from '../../../src/generate/compile/vue-compiler.ts'
import { nameApp } from '../../../src/generate/name-app.ts'
import { renderProject } from '../../../src/generate/project-sources.ts'
import { vueTemplate } from '../../../src/generate/vue/vue-template.ts'
import type { AppSchema, Field } from '../../../src/domain/schema/app-schema.ts'
import { askFor, readSchema } from '../../tools/generator-lab.ts'
import { anyAppSchema, hostileLabels } from '../../tools/schema-arbitrary.ts'

const runs = { numRuns: 25 }

test('a table has a model, a layout and three pages', () => {
  const files = render(askFor('Shop', ['user_group']).schema)
  expect(files.map(({ path }) => path)).toEqual([
    'src/app.ts',
    'src/tables/UserGroup/model.ts',
    'src/tables/UserGroup/layout.ts',
    'src/tables/UserGroup/List.vue',
    'src/tables/UserGroup/Detail.vue',
    'src/tables/UserGroup/Form.vue',
  ])
})

test('a layout says which fields the pages show, on lines that can be read', () => {
  const schema = readSchema({
    tables: {
      things: {
        fields: [
          { name: 'name', type: 'string' },
          { name: 'made_at', type: 'datetime', read_only: true },
          { name: 'size', type: 'integer' },
          { name: 'a_rather_long_name_for_a_field', type: 'json' },
        ],
      },
    },
  })
  expect(textOf(render(schema), 'src/tables/Things/layout.ts'))
    .toBe(`import type { Field } from '../../kit/index.ts'
import { fields } from './model.ts'

/** The columns of the list, after the one that says what a row is called. */
export const columns: readonly Field[] = [fields.made_at, fields.size]

/** What the page of a row shows. */
export const values: readonly Field[] = [
  fields.name,
  fields.made_at,
  fields.size,
  fields.a_rather_long_name_for_a_field,
]

/** What the form asks for. */
export const inputs: readonly Field[] = [
  fields.name,
  fields.size,
  fields.a_rather_long_name_for_a_field,
]
`)
})

test('the pages are the same whatever the schema says, so that no text of users is in a template', () => {
  const own = new Map(pagesOf(render(askFor('Shop').schema)))
  expect([...own.keys()]).toEqual(['List.vue', 'Detail.vue', 'Form.vue'])
  fc.assert(
    fc.property(anyAppSchema(), (schema) => {
      for (const [page, text] of pagesOf(render(schema))) expect(text).toBe(own.get(page))
    }),
    runs,
  )
})

test('a layout is made of the names of fields alone, also where labels want to be code', () => {
  const item = /^ {2}fields\.[a-z_]+[0-9]+,$/
  const fields = hostileLabels.map((label, index) => ({
    name: `field_number_${index}`,
    type: 'string',
    label,
    help_text: label,
  }))
  const schema = readSchema({ tables: { hostile: { display_name: hostileLabels[7], fields } } })
  const lines = textOf(render(schema), 'src/tables/Hostile/layout.ts').split('\n')
  expect(lines.filter((line) => item.test(line))).toHaveLength(5 + 2 * fields.length)
  expect(lines.filter((line) => !item.test(line) && line !== '' && line !== ']')).toEqual([
    "import type { Field } from '../../kit/index.ts'",
    "import { fields } from './model.ts'",
    '/** The columns of the list, after the one that says what a row is called. */',
    'export const columns: readonly Field[] = [',
    '/** What the page of a row shows. */',
    'export const values: readonly Field[] = [',
    '/** What the form asks for. */',
    'export const inputs: readonly Field[] = [',
  ])
})

test('every component of the project compiles, and every file of any app', () => {
  const compile = (path: string, text: string): void => {
    const script = path.endsWith('.vue') ? compileVueComponent(path, text) : text
    const { errors } = transformSync(path.replace(/\.vue$/, '.ts'), script)
    expect([path, errors]).toEqual([path, []])
  }
  const components = [...vueTemplate.projectFiles].filter(([path]) => path.endsWith('.vue'))
  expect(components.length).toBeGreaterThan(20)
  for (const [path, text] of components) compile(path, text)
  fc.assert(
    fc.property(anyAppSchema(), (schema) => {
      for (const { path, text } of render(schema)) compile(path, text)
    }),
    runs,
  )
})

test('the same schema gives the same text', () => {
  fc.assert(
    fc.property(anyAppSchema(), (schema) => {
      expect(render(structuredClone(schema))).toEqual(render(schema))
    }),
    runs,
  )
})

test('all of it reads as prettier would have it', async () => {
  const options = JSON.parse(vueTemplate.projectFiles.get('.prettierrc') ?? '') as Options
  const project = renderProject(vueTemplate, nameApp(askFor('Möbel & mehr', ['customers'], 'vue')))
  const readable = project.filter(({ path }) => /\.(ts|vue|css|html|md|json)$/.test(path))
  expect(readable.length).toBeGreaterThan(60)
  expect(await findUnformatted(readable, options)).toEqual([])
  await fc.assert(
    fc.asyncProperty(anyAppSchema(), async (schema) => {
      expect(await findUnformatted(render(withoutLists(schema)), options)).toEqual([])
    }),
    runs,
  )
})

/** A default that is a list or an object stands on one line, however long it is. */
function withoutLists({ tables, ...others }: AppSchema): AppSchema {
  const strip = (field: Field): Field =>
    typeof field.default === 'object' ? { ...field, default: null } : field
  return {
    ...others,
    tables: tables.map((table) => ({ ...table, fields: table.fields.map(strip) })),
  }
}

function render(schema: AppSchema): readonly SourceFile[] {
  return vueTemplate.render(nameApp({ ...askFor('Shop'), schema: { ...schema, framework: 'vue' } }))
}

function textOf(files: readonly SourceFile[], path: string): string {
  return files.find((file) => file.path === path)?.text ?? ''
}

function pagesOf(files: readonly SourceFile[]): readonly (readonly [string, string])[] {
  return files
    .filter(({ path }) => path.endsWith('.vue'))
    .map(({ path, text }) => [path.slice(path.lastIndexOf('/') + 1), text] as const)
}

async function findUnformatted(
  files: readonly SourceFile[],
  options: Options,
): Promise<readonly string[]> {
  const checks = files.map(async ({ path, text }) =>
    (await check(text, { ...options, filepath: path })) ? [] : [`${path}\n${text}`],
  )
  return (await Promise.all(checks)).flat()
}
