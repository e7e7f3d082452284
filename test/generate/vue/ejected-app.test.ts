// A Vue app in the hands of a developer: it installs, checks its types and builds on its own.
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AppRequest, SourceFile } from '../../../src/contracts/generate.ts'
import { nameApp } from '../../../src/generate/name-app.ts'
import { renderProject } from '../../../src/generate/project-sources.ts'
import { vueTemplate } from '../../../src/generate/vue/vue-template.ts'
import { runCommand } from '../../../src/machine/run-command.ts'
import { askFor, readSchema } from '../../tools/generator-lab.ts'
import { patienceMs } from '../../tools/patience.ts'
import { anyAppSchema } from '../../tools/schema-arbitrary.ts'
import { installTemplatePackages, runNpm } from '../../tools/template-packages.ts'

const root = resolve(import.meta.dirname, '../../..')
const checkedApps = 10

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-vue-'))
})
afterAll(async () => rm(folder, { recursive: true, force: true }))

test('an ejected app builds by npm ci and npm run build, for the folder that it is told', async () => {
  const dir = join(folder, 'crm')
  await writeFiles(dir, renderProject(vueTemplate, nameApp(await readCrm())))
  await writeFile(join(dir, '.env'), 'BASE_URL=/apps/crm/\n')
  await runNpm(dir, ['ci'])
  expect(await runNpm(dir, ['run', 'build'])).toContain('built in')
  const page = await readFile(join(dir, 'dist/index.html'), 'utf8')
  expect(page).toContain('<meta name="base" content="/apps/crm/">')
  expect(page).toMatch(/<script type="module" crossorigin src="\/apps\/crm\/assets\/[\w-]+\.js">/)
  expect(page).toContain('<title>Cabinet Delorme</title>')
})

test('the types are right whatever a schema says, and a mistake in a page is seen', async () => {
  const dir = join(folder, 'checked')
  const { seed } = fc.readConfigureGlobal()
  const schemas = fc.sample(anyAppSchema(), checkedApps)
  await writeFiles(dir, renderProject(vueTemplate, nameApp(askFor('Shop', ['customers'], 'vue'))))
  for (const [index, schema] of schemas.entries()) {
    const app = nameApp({ ...askFor('Shop'), schema: { ...schema, framework: 'vue' } })
    await writeFiles(join(dir, `src/app-${index}`), vueTemplate.render(app).map(leaveSrc))
    await writeFiles(join(dir, `src/app-${index}`), [kitBeside])
  }
  await writeFiles(dir, [mistake])
  await symlink(await installTemplatePackages('vue'), join(dir, 'node_modules'))
  const tool = join(dir, 'node_modules/.bin/vue-tsc')
  const printed = await run(tool, ['--noEmit', '--pretty', 'false'], dir)
  const found = printed.match(/^\S.*: error TS\d+/gm)
  expect(found, `seed ${seed}: ${printed}`).toEqual([
    'src/tables/Customers/Mistake.vue(7,14): error TS2322',
  ])
})

test('the linter of this house finds nothing in it', async () => {
  const dir = join(folder, 'linted')
  await writeFiles(dir, renderProject(vueTemplate, nameApp(await readCrm())))
  await symlink(await installTemplatePackages('vue'), join(dir, 'node_modules'))
  const tool = join(root, 'node_modules/.bin/oxlint')
  const printed = await run(tool, ['-c', join(root, '.oxlintrc.json'), 'src'], dir)
  expect(printed).toContain('Found 0 warnings and 0 errors')
})

/** What a tool prints. */
async function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  const environment = { PATH: process.env['PATH'] ?? '' }
  const { stdout } = await runCommand({ program, args, cwd, environment, timeoutMs: patienceMs })
  return stdout.toString()
}

const mistake: SourceFile = {
  path: 'src/tables/Customers/Mistake.vue',
  text: `<script setup lang="ts">
import { ListPage } from '../../kit/index.ts'
import { table } from './model.ts'
</script>

<template>
  <ListPage :table="table.name" :columns="[]" />
</template>
`,
}

/** Apps side by side in one project share its kit. */
const kitBeside: SourceFile = {
  path: 'kit/index.ts',
  text: `export * from '../../kit/index.ts'\n`,
}

function leaveSrc({ path, text }: SourceFile): SourceFile {
  return { path: path.replace(/^src\//, ''), text }
}

async function readCrm(): Promise<AppRequest> {
  const file = join(import.meta.dirname, '../../fixtures/schemas/crm.json')
  const schema = readSchema(JSON.parse(await readFile(file, 'utf8')) as object)
  const identity = { projectId: '42', slug: 'crm', name: 'Cabinet Delorme' }
  return { schema: { ...schema, framework: 'vue' }, identity }
}

async function writeFiles(dir: string, files: readonly SourceFile[]): Promise<void> {
  for (const { path, text } of files) {
    await mkdir(dirname(join(dir, path)), { recursive: true })
    await writeFile(join(dir, path), text)
  }
}
