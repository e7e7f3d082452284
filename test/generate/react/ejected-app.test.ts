// A React app in the hands of a developer: it installs, checks its types and builds on its own.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { nameApp } from '../../../src/generate/name-app.ts'
import { renderProject } from '../../../src/generate/project-sources.ts'
import { reactTemplate } from '../../../src/generate/react/react-template.ts'
import { readSchema } from '../../tools/generator-lab.ts'
import { runNpm } from '../../tools/template-packages.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-react-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('an ejected app builds by npm ci and npm run build, for the folder that it is told', async () => {
  const crm = join(import.meta.dirname, '../../fixtures/schemas/crm.json')
  const schema = readSchema(JSON.parse(await readFile(crm, 'utf8')) as object)
  const identity = { projectId: '42', slug: 'crm', name: 'Cabinet Delorme' }
  for (const { path, text } of renderProject(reactTemplate, nameApp({ schema, identity }))) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  await runNpm(folder, ['ci'])
  expect(await runNpm(folder, ['run', 'build', '--', '--base=/apps/crm/'])).toContain('built in')

  const page = await readFile(join(folder, 'dist/index.html'), 'utf8')
  expect(page).toContain('<meta name="base" content="/apps/crm/">')
  expect(page).toContain('<title>Cabinet Delorme</title>')
  expect(page).toMatch(/<script type="module" crossorigin src="\/apps\/crm\/assets\/[\w-]+\.js">/)
  const pages = (await readdir(join(folder, 'dist/assets'))).filter((name) =>
    name.startsWith('List-'),
  )
  expect(pages).toHaveLength(schema.tables.length)
})
