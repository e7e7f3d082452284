// Apps of the real templates, as they leave the workers.
import fc from 'fast-check'
import { parseSync } from 'rolldown/utils'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AppRequest, GeneratedApp, StoreFile } from '../../src/contracts.ts'
import type { AppSchema } from '../../src/domain/schema/app-schema.ts'
import {
  readSchema,
  relabel,
  startGeneratorLab,
  type GeneratorLab,
} from '../tools/generator-lab.ts'
import { manyTables } from '../tools/many-tables.ts'
import { anyAppSchema, hostileLabels } from '../tools/schema-arbitrary.ts'

let lab: GeneratorLab
beforeAll(async () => {
  lab = await startGeneratorLab()
})
afterAll(async () => lab[Symbol.asyncDispose]())

describe.each(['react', 'vue'] as const)('a %s app', (framework) => {
  const many = (count: number, label = 'Name'): AppRequest =>
    ask(readSchema(JSON.parse(manyTables(count, { framework, label })) as object))

  test('is the same in another process that has made other apps before', async () => {
    const one = await lab.generate(many(20))
    await using other = await startGeneratorLab()
    await other.generate(many(3, 'Other'))
    const two = await other.generate(many(20))
    expect(two.rootPage).toBe(one.rootPage)
    expect(two.storeFiles.map(({ name }) => name)).toEqual(one.storeFiles.map(({ name }) => name))
  })

  test('of twenty tables has less than 120 KB of compressed scripts, most of them on demand', async () => {
    const { storeFiles, rootPage } = await lab.generate(many(20))
    const scripts = storeFiles.filter(({ name }) => name.endsWith('.js'))
    expect(packedBytes(scripts)).toBeLessThan(120 * 1024)
    const eager = scripts.filter(({ name }) =>
      rootPage.includes(`modulepreload" href="/_s/${name}`),
    )
    expect(eager).toHaveLength(3)
    expect(scripts).toHaveLength(23)
  })

  test('with one label changed has one script of a table compiled, and two new files', async () => {
    const before = await lab.generate(many(20))
    const after = await lab.generate(many(20, 'Called otherwise'))
    const known = new Set(before.storeFiles.map(({ name }) => name))
    const fresh = after.storeFiles.filter(({ name }) => !known.has(name))
    // The table itself, and the entry that names it.
    expect(after.compiled).toBe(1)
    expect(fresh).toHaveLength(2)
  })

  test('runs nothing of what its schema says, and shows all of it as it is', async () => {
    const schema = hostileSchema(framework)
    const { storeFiles } = await lab.generate(ask(schema))
    const { injected, texts } = readScripts(storeFiles)
    expect(injected).toEqual([])
    expect(hostileLabels.filter((label) => !texts.has(label))).toEqual([])
  })

  test('is made of every schema that is accepted', async () => {
    const schemas = anyAppSchema().map((schema) => ({ ...schema, framework }))
    await fc.assert(
      fc.asyncProperty(schemas, async (schema) => {
        const app = await lab.generate(ask(schema))
        const { injected, texts } = readScripts(app.storeFiles)
        expect(injected).toEqual([])
        for (const { displayName, fields } of schema.tables) {
          expect(texts).toContain(displayName)
          for (const { label } of fields) expect(texts).toContain(label)
        }
        requireWhole(app)
      }),
      { numRuns: 60 },
    )
  })

  test('is ejected with the sources that it was made of', async () => {
    const request = many(20)
    const sources = await lab.generator.eject(request)
    const paths = sources.map(({ path }) => path)
    expect(paths).toEqual(paths.toSorted())
    for (const path of ['README.md', '.gitignore', 'package-lock.json', 'tsconfig.json']) {
      expect(paths).toContain(path)
    }
    expect(paths).toContain('src/tables/Items001/model.ts')
    const again = await lab.generator.eject(
      relabel(request, { table: 'items_002', field: 'name', label: 'New' }),
    )
    const changed = again.filter(({ text }, index) => text !== sources[index]?.text)
    expect(changed.map(({ path }) => path)).toEqual(['src/tables/Items002/model.ts'])
  })
})

test('the check for injected code sees it where it is', () => {
  const [code, text] = ['const a=`${globalThis.pwned=1}`', 'const a="globalThis.pwned=1"']
  expect(readScripts([script(code)]).injected).toHaveLength(1)
  expect(readScripts([script(text)]).injected).toEqual([])
})

function ask(schema: AppSchema): AppRequest {
  return { schema, identity: { projectId: '7', slug: 'shop', name: 'Shop' } }
}

/** Every text in every place where texts of users may be. */
function hostileSchema(framework: 'react' | 'vue'): AppSchema {
  const texts = (index: number): string => hostileLabels[index % hostileLabels.length] ?? ''
  const fields = hostileLabels.map((label, index) => ({
    name: `field_${index}`,
    type: index % 3 === 0 ? 'choice' : 'string',
    label,
    help_text: texts(index + 1),
    ...(index % 3 === 0
      ? { choices: [[texts(index + 2), texts(index + 3)]] }
      : { max_length: 300 }),
  }))
  const names = hostileLabels.map((_, index) => `table_${index}`)
  const tables = names.map((name, index) => [
    name,
    { display_name: texts(index), fields: index === 0 ? fields : fields.slice(index, index + 2) },
  ])
  const kept = tables.filter(([, table]) => (table as { fields: object[] }).fields.length > 0)
  const schema = readSchema({ framework, tables: Object.fromEntries(kept) as object })
  return { ...schema, title: hostileLabels.join(' ') }
}

interface Scripts {
  /** Where texts have become code. */
  readonly injected: readonly string[]
  /** The values of all literals. */
  readonly texts: ReadonlySet<string>
}

function readScripts(files: readonly Pick<StoreFile, 'name' | 'bytes'>[]): Scripts {
  const scripts = files.filter(({ name }) => name.endsWith('.js')).map(readScript)
  return {
    injected: scripts.flatMap(({ injected }) => injected),
    texts: new Set(scripts.flatMap(({ texts }) => [...texts])),
  }
}

/** The same name is the same file. */
const read = new Map<string, Scripts>()

function readScript({ name, bytes }: Pick<StoreFile, 'name' | 'bytes'>): Scripts {
  const before = read.get(name)
  if (before !== undefined) return before
  const injected: string[] = []
  const texts = new Set<string>()
  const { program, errors } = parseSync(name, Buffer.from(bytes).toString())
  expect(errors).toEqual([])
  visit(program, (node) => {
    if (node['type'] === 'Identifier' && node['name'] === 'pwned') injected.push(name)
    if (node['type'] === 'Literal' && typeof node['value'] === 'string') texts.add(node['value'])
    if (node['type'] === 'TemplateElement') {
      texts.add((node['value'] as { readonly cooked: string }).cooked)
    }
  })
  read.set(name, { injected, texts })
  return { injected, texts }
}

function visit(node: unknown, see: (node: Readonly<Record<string, unknown>>) => void): void {
  if (Array.isArray(node)) for (const each of node) visit(each, see)
  else if (typeof node === 'object' && node !== null) {
    const one = node as Readonly<Record<string, unknown>>
    if (typeof one['type'] === 'string') see(one)
    for (const value of Object.values(one)) visit(value, see)
  }
}

function requireWhole({ rootPage, storeFiles }: GeneratedApp): void {
  const names = new Set(storeFiles.map(({ name }) => name))
  for (const [, name = ''] of rootPage.matchAll(/\/_s\/([^"]+)"/g)) expect(names).toContain(name)
}

function packedBytes(files: readonly StoreFile[]): number {
  return files.reduce((sum, { brotli, bytes }) => sum + (brotli ?? bytes).length, 0)
}

function script(code: string): Pick<StoreFile, 'name' | 'bytes'> {
  return { name: `${code}.js`, bytes: Buffer.from(code) }
}
