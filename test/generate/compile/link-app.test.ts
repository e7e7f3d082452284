import { expect, test } from 'vitest'
import { createCompiler } from '../../../src/generate/compile/compiler.ts'
import { createLinker, type LinkedApp } from '../../../src/generate/compile/link-app.ts'

const name = (letter: string): string => `${letter.repeat(32)}.js`
const prebuilt = {
  vendor: { name: name('a'), exports: { react: { useState: 'v0' } } },
  kit: name('b'),
}
const compile = createCompiler(null)

const sources = {
  'src/main.ts': "import './kit/style.css'\nimport { app } from './app.ts'\nconsole.log(app)\n",
  'src/app.ts':
    "export const app = [() => import('./tables/A/List.tsx'), () => import('./tables/B/List.tsx')]\n",
  'src/tables/A/model.ts': "export const label = 'A'\n",
  'src/tables/A/List.tsx':
    "import { useState } from 'react'\nimport { Label } from '../../kit/index.ts'\nimport { label } from './model.ts'\nexport default function List() {\n  return Label(useState(label))\n}\n",
  'src/tables/B/model.ts': "export const label = 'B'\n",
  'src/tables/B/List.tsx': "export { label } from './model.ts'\n",
}

test('files name each other by their names in the store', () => {
  const linked = link(sources)
  const text = linked.files.map(({ bytes }) => Buffer.from(bytes).toString()).join('\n')
  const named = [...text.matchAll(/"\.\/([^"]+)"/g)].map(([, found]) => found)
  const known = [...linked.files.map((file) => file.name), prebuilt.kit, prebuilt.vendor.name]
  expect(named).toHaveLength(7)
  expect(named.filter((found) => !known.includes(found ?? ''))).toEqual([])
  expect(text).toContain(`{v0 as `)
  expect(text).not.toContain('.css')
})

test('a page needs packages, kit, app and entry at once, and the rest on demand', () => {
  const { eager, entry, files } = link(sources)
  expect(eager.slice(0, 2)).toEqual([prebuilt.vendor.name, prebuilt.kit])
  expect(eager).toHaveLength(4)
  expect(eager.at(-1)).toBe(entry)
  expect(files).toHaveLength(6)
})

test('a change compiles the file that changed, and renames only what depends on it', () => {
  const linker = createLinker(compile)
  const before = link(sources, linker)
  expect(before.compiled.toSorted()).toEqual(Object.keys(sources).toSorted())
  const after = link({ ...sources, 'src/tables/A/model.ts': "export const label = 'C'\n" }, linker)
  expect(after.compiled).toEqual(['src/tables/A/model.ts'])
  const names = new Set(before.files.map((file) => file.name))
  // The model, the page that shows it, the app that opens the page, the entry.
  expect(after.files.filter((file) => !names.has(file.name))).toHaveLength(4)
})

test('what was compiled before leaves no trace in what is compiled now', () => {
  const linker = createLinker(compile)
  link({ ...sources, 'src/tables/A/model.ts': "export const label = 'other'\n" }, linker)
  expect(link(sources, linker).files).toEqual(link(sources).files)
  expect(link(sources, linker).compiled).toEqual([])
})

test.each([
  ['a file that is not there', "import './b.ts'", 'there is no src/b.ts'],
  ['a file outside of the project', "import '../../x.ts'", 'there is no ../x.ts'],
  ['a part of the kit', "import './kit/part.ts'", 'there is no src/kit/part.ts'],
  ['itself', "import './main.ts'", 'imports itself'],
  ['a package of others', "import { a } from 'left-pad'\na()", 'a of "left-pad"'],
  ['a name that no package has', "import { a } from 'react'\na()", 'a of "react"'],
  ['a name that all objects have', "import { toString } from 'react'\ntoString()", 'toString of'],
])('an entry that imports %s is refused', (_, source, problem) => {
  expect(() => link({ 'src/main.ts': source })).toThrow(problem)
})

function link(files: Readonly<Record<string, string>>, linker = createLinker(compile)): LinkedApp {
  return linker({ entry: 'src/main.ts', sources: new Map(Object.entries(files)) }, prebuilt)
}
