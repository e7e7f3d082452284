import { expect, test } from 'vitest'
import { createChunkCompiler } from '../../../src/generate/compile/compile-chunks.ts'
import { createLinker, type LinkedApp } from '../../../src/generate/compile/link-app.ts'

const name = (letter: string): string => `${letter.repeat(32)}.js`
const shared = {
  vendor: { name: name('a'), exports: { react: { useState: 'v0' } } },
  kit: name('b'),
}

const sources = {
  'src/main.ts': "import './kit/style.css'\nimport { app } from './app.ts'\nconsole.log(app)\n",
  'src/app.ts':
    "export const app = [() => import('./tables/A/List.tsx'), () => import('./tables/B/List.tsx')]\n",
  'src/tables/A/model.ts': "export const label = 'A'\n",
  'src/tables/A/List.tsx':
    "import { useState } from 'react'\nimport { Label } from '../../kit/index.ts'\nimport { label } from './model.ts'\nexport default function List() {\n  return Label(useState(label))\n}\n",
  'src/tables/A/Form.tsx':
    "import { label } from './model.ts'\nexport default () => label + import.meta.env.BASE_URL\n",
  'src/tables/B/model.ts': "export const label = 'B'\n",
  'src/tables/B/List.tsx': "import { label } from './model.ts'\nexport default () => label\n",
}

test('an app is one script, and one more for each table', async () => {
  const { files, eager } = await link(sources)
  expect(files).toHaveLength(3)
  expect(eager.slice(0, 2)).toEqual([shared.vendor.name, shared.kit])
  expect(files.map((file) => file.name)).toContain(eager[2])
})

test('scripts name each other by their names in the store', async () => {
  const { files } = await link(sources)
  const text = files.map(({ bytes }) => Buffer.from(bytes).toString()).join('\n')
  const named = [...text.matchAll(/"\.\/([^"]+)"/g)].map(([, found]) => found)
  const known = [...files.map((file) => file.name), shared.kit, shared.vendor.name]
  expect(named).toHaveLength(4)
  expect(named.filter((found) => !known.includes(found ?? ''))).toEqual([])
  expect(text).toMatch(/import\{v0 as \w+\}from"\.\/a/)
  expect(text).toMatch(/import\{Label as \w+\}from"\.\/b/)
  expect(text).not.toMatch(/\.css|#kit|#page|import\.meta/)
})

test('a page that is opened is found in the script of its table', async () => {
  const { files, eager } = await link({
    ...sources,
    'src/tables/A/List.tsx': 'export default () => 1\n',
    'src/main.ts': "export { app } from './app.ts'\n",
  })
  const urls = new Map<string, string>()
  const toUrl = (text: string): string =>
    `data:text/javascript,${encodeURIComponent(
      text.replace(/"\.\/([0-9a-f]+\.js)"/g, (_, found: string) => JSON.stringify(urls.get(found))),
    )}`
  for (const file of files) urls.set(file.name, toUrl(Buffer.from(file.bytes).toString()))
  const main = (await import(urls.get(eager[2] ?? '') ?? '')) as {
    readonly app: readonly (() => Promise<{ readonly default: () => unknown }>)[]
  }
  const pages = await Promise.all(main.app.map(async (open) => open()))
  expect(pages.map((page) => page.default())).toEqual([1, 'B'])
})

test('a change compiles the table that changed, and renames only what depends on it', async () => {
  const linker = newLinker()
  const before = await link(sources, linker)
  expect(before.compiled.toSorted()).toEqual(['src', 'src/tables/A', 'src/tables/B'])
  const changed = { ...sources, 'src/tables/A/model.ts': "export const label = 'C'\n" }
  const after = await link(changed, linker)
  expect(after.compiled).toEqual(['src/tables/A'])
  const names = new Set(before.files.map((file) => file.name))
  // The table itself, and the entry that names it.
  expect(after.files.filter((file) => !names.has(file.name))).toHaveLength(2)
})

test('what was compiled before or beside leaves no trace', async () => {
  const linker = newLinker()
  await link({ ...sources, 'src/tables/A/model.ts': "export const label = 'other'\n" }, linker)
  const later = await link(sources, linker)
  expect(later.compiled).toEqual(['src/tables/A'])
  expect(later.files).toEqual((await link(sources)).files)
  expect((await link(sources, linker)).compiled).toEqual([])
})

test.each([
  ['a file that is not there', "import './b.ts'", 'there is no src/b.ts'],
  ['a file outside of the project', "import '../../x.ts'", 'there is no'],
  ['a part of the kit', "import './kit/part.ts'", 'there is no src/kit/part.ts'],
  [
    'a page that is not there',
    "export const a = () => import('./tables/A/List.tsx')",
    'there is no src/tables/A/List.tsx',
  ],
  ['a package of others', "import { a } from 'left-pad'\na()", 'a of "left-pad"'],
  ['a name that no package has', "import { a } from 'react'\na()", 'a of "react"'],
  ['a name that all objects have', "import { toString } from 'react'\ntoString()", 'toString of'],
  ['what is no code', 'const = 1', 'main.ts'],
])('an entry that imports %s is refused', async (_, source, problem) => {
  await expect(link({ 'src/main.ts': source })).rejects.toThrow(problem)
})

test('a page that has no default export is refused', async () => {
  const files = { ...sources, 'src/tables/B/List.tsx': 'export const a = 1\n' }
  await expect(link(files)).rejects.toThrow('default')
})

function newLinker() {
  return createLinker(createChunkCompiler(null))
}

async function link(
  files: Readonly<Record<string, string>>,
  linker = newLinker(),
): Promise<LinkedApp> {
  return linker({ entry: 'src/main.ts', sources: new Map(Object.entries(files)) }, shared)
}
