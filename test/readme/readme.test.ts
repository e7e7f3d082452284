/** The README says what the code does: its tables are the code's, and what it names is there. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { limits, readConfig, settings } from '../../src/config.ts'
import { stepNames } from '../../src/domain/deployment.ts'
import { errorTable } from '../../src/domain/error-table.ts'
import { type Oid, zeroOid } from '../../src/domain/names.ts'
import { pushOptionNames, readIntents } from '../../src/domain/push.ts'
import { readBuildVariables } from './read-build-variables.ts'
import { readRoutes } from './read-routes.ts'
import { readmePath, renderReadme } from './render.ts'
import { showLimit } from './sections.ts'
import { buildVariableWords, refRows, routeWords, settingsWithoutEffect } from './words.ts'

const root = resolve(import.meta.dirname, '../..')
const readme = await readFile(readmePath, 'utf8')

test('the tables are what the code makes; if not, run: npm run readme', async () => {
  expect(readme).toBe(await renderReadme(readme))
})

test('a row that is missing, changed or too many does not go unnoticed', async () => {
  const row = /^\| `KEEP_RELEASES`.*\n/m
  expect(readme).toMatch(row)
  for (const other of ['', '| `KEEP_RELEASES` | `9` | | |\n', '| `MADE_UP` | | | |\n$&']) {
    expect(await renderReadme(readme.replace(row, other))).toBe(readme)
  }
  const place = '<!-- from the code: errors -->'
  await expect(renderReadme(readme.replace(place, ''))).rejects.toThrow('no place for: errors')
})

test.each([
  ['error code', Object.keys(errorTable), 'errors'],
  ['setting', Object.keys(settings), 'settings'],
  ['limit', Object.keys(limits), 'limits'],
  ['push option', pushOptionNames.map((name) => `-o ${name}`), 'push options'],
  ['step', stepNames, 'steps'],
] as const)('every %s has its row, and no row is of another', (_what, names, section) => {
  const [, table = ''] =
    new RegExp(`<!-- from the code: ${section} -->([^]*?)<!-- end -->`).exec(readme) ?? []
  const cell = section === 'limits' ? /^\|.*\| `([^`]+)` +\|$/gm : /^\| `([^`]+)`/gm
  const rows = [...table.matchAll(cell)].map(([, name = '']) => name)
  expect(rows.toSorted()).toEqual([...names].toSorted())
})

test('every route has its words, and no words are of a route that is gone', async () => {
  const routes = (await readRoutes()).map(({ method, path }) => `${method} ${path}`)
  expect(routes.length).toBeGreaterThan(8)
  expect(Object.keys(routeWords).toSorted()).toEqual(routes.toSorted())
})

test.each(refRows)('a push of %s means what the README says', (_shown, ref, kind) => {
  const command = { ref, oldOid: zeroOid, newOid: '1'.repeat(40) as Oid }
  const intents = readIntents([command], { productionBranch: 'main', hasBranches: true })
  expect(intents.get(command)?.kind).toBe(kind)
})

test('a build sees the variables that the README lists', () => {
  const names = readBuildVariables(readConfig({}, 2))
  expect(Object.keys(buildVariableWords).toSorted()).toEqual([...names].toSorted())
})

test('a setting that is said to have no effect yet is asked by nobody', async () => {
  const files = await readdir(join(root, 'src'), { recursive: true })
  const sources = files.filter((file) => file.endsWith('.ts') && file !== 'config.ts')
  const texts = await Promise.all(sources.map((file) => readFile(join(root, 'src', file), 'utf8')))
  const asked = Object.values(settingsWithoutEffect).filter((key) =>
    texts.some((text) => text.includes(key)),
  )
  expect(asked).toEqual([])
})

test('limits are shown with their unit', () => {
  expect(showLimit('pushBytesMax', 1024 ** 3)).toBe('1 GB')
  expect(showLimit('refNameBytesMax', 200)).toBe('200 bytes')
  expect(showLimit('requestTimeoutMs', 30_000)).toBe('30 s')
  expect(showLimit('gitTimeoutMs', 3_600_000)).toBe('1 h')
  expect(showLimit('treeEntriesMax', 50_000)).toBe('50 000')
})

test('every command, file and place that the README names is there', async () => {
  const scripts = (JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Package)
    .scripts
  for (const [, name = ''] of readme.matchAll(/`npm (?:run )?(test|readme|bench)\b/g)) {
    expect(Object.keys(scripts)).toContain(name)
  }
  for (const [, target = ''] of readme.matchAll(/\]\(([^)]+)\)/g)) {
    if (target.startsWith('#')) expect(headings()).toContain(target.slice(1))
    else expect((await stat(join(root, target))).isFile()).toBe(true)
  }
  expect((await stat(join(root, 'install.sh'))).mode & 0o111).toBe(0o111)
})

test('the changelog begins with the version of this program', async () => {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Package
  const changelog = await readFile(join(root, 'CHANGELOG.md'), 'utf8')
  expect(/^## (\S+)/m.exec(changelog)?.[1]).toBe(version)
})

interface Package {
  readonly version: string
  readonly scripts: Readonly<Record<string, string>>
}

/** The headings as links name them. */
function headings(): readonly string[] {
  return [...readme.matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replace(/[^a-z0-9 _-]/g, '')
      .replaceAll(' ', '-'),
  )
}
