// The code that a developer takes over: its types hold, and it is written as this house writes.
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SourceFile } from '../../../src/contracts/generate.ts'
import type { AppSchema } from '../../../src/domain/schema/app-schema.ts'
import { nameApp } from '../../../src/generate/name-app.ts'
import { renderProject } from '../../../src/generate/project-sources.ts'
import { reactTemplate } from '../../../src/generate/react/react-template.ts'
import { runCommand } from '../../../src/machine/run-command.ts'
import { readSchema } from '../../tools/generator-lab.ts'
import { patienceMs } from '../../tools/patience.ts'
import { anyAppSchema } from '../../tools/schema-arbitrary.ts'
import { installTemplatePackages } from '../../tools/template-packages.ts'

const root = resolve(import.meta.dirname, '../../..')
const appsMax = 12
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-react-'))
  await symlink(await installTemplatePackages('react'), join(folder, 'node_modules'))
  const text = await readFile(join(root, 'test/fixtures/schemas/crm.json'), 'utf8')
  await writeFiles(join(folder, 'crm'), renderProject(reactTemplate, name(text)))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

test('the types of any app hold in the strictest mode, and a mistake in a page is seen', async () => {
  const { seed } = fc.readConfigureGlobal()
  const schemas = fc.sample(anyAppSchema(), appsMax)
  for (const [index, schema] of schemas.entries()) {
    const src = join(folder, `any-${index}/src`)
    await writeFiles(dirname(src), reactTemplate.render(nameApp({ schema, identity })))
    await symlink('../../crm/src/kit', join(src, 'kit'))
  }
  const config = { extends: './crm/tsconfig.json', include: ['*/src', 'crm/vite.config.ts'] }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
  await writeFiles(folder, [mistake])
  const printed = await run('tsc', ['-p', '.', '--pretty', 'false'])
  const found = printed.match(/^\S.*: error TS\d+/gm)
  expect(found, `seed ${seed}: ${printed}`).toEqual([`${mistake.path}(5,34): error TS2322`])
})

test('the types of what the apps share hold in its tests too', async () => {
  expect(await run('tsc', ['-p', join(root, 'test/generate/kit')])).toBe('')
})

test('prettier would change nothing in an ejected app', async () => {
  expect(await run('prettier', ['--list-different', 'crm'])).toBe('')
})

test('the linter of this house finds nothing in it', async () => {
  const answer = await run('oxlint', ['-c', join(root, '.oxlintrc.json'), 'crm'])
  expect(answer).toContain('Found 0 warnings and 0 errors')
})

const mistake: SourceFile = {
  path: 'crm/src/tables/Customers/Mistake.tsx',
  text: `import { ListPage } from '../../kit/index.ts'
import { table } from './model.ts'

export default function Mistake() {
  return <ListPage table={table} children={table} />
}
`,
}

const identity = { projectId: '7', slug: 'shop', name: 'Shop' }

function name(text: string) {
  const schema: AppSchema = readSchema(JSON.parse(text) as object)
  return nameApp({ schema, identity })
}

async function writeFiles(target: string, files: readonly SourceFile[]): Promise<void> {
  for (const { path, text } of files) {
    await mkdir(dirname(join(target, path)), { recursive: true })
    await writeFile(join(target, path), text)
  }
}

/** What a tool of this checkout prints. */
async function run(tool: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await runCommand({
    program: join(root, 'node_modules/.bin', tool),
    args,
    cwd: folder,
    environment: { PATH: `${join(root, 'node_modules/.bin')}:/usr/bin:/bin` },
    timeoutMs: patienceMs,
  })
  return `${stdout.toString()}${stderr}`
}
