/** How a real commit is read and planned: from its tree and two of its files, and nothing else. */
import { mkdir, rm, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { limits } from '../../src/config.ts'
import type { BuildPlan } from '../../src/domain/build-plan.ts'
import type { Oid } from '../../src/domain/names.ts'
import type { SlipwayError } from '../../src/domain/errors.ts'
import { GitRepositories } from '../../src/git/repositories.ts'
import { createSchemaReader } from '../../src/pipeline/schema-reader.ts'
import { createPlan } from '../../src/steps/plan.ts'
import { commitFiles, git, makeTemporaryFolder } from '../tools/git-client.ts'
import { contextOf } from '../tools/step-context.ts'
import { newProject } from '../tools/store.ts'

type Files = Readonly<Record<string, string | Buffer>>

const project = newProject()
let folder: string
let repositories: GitRepositories
beforeAll(async () => {
  folder = await makeTemporaryFolder('plan')
  const hooksDir = resolve(import.meta.dirname, '../../hooks')
  repositories = new GitRepositories({ dataDir: folder, hooksDir, limits, buildUser: null })
  await mkdir(join(folder, 'repos'))
  await repositories.create(project)
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

let made = 0

/** Commits a tree into the project's repository; `prepare` does what files can't. */
async function commit(files: Files, prepare?: (dir: string) => Promise<void>): Promise<Oid> {
  const dir = join(folder, `copy-${(made += 1)}`)
  for (const name of Object.keys(files)) {
    await mkdir(join(dir, name, '..'), { recursive: true })
  }
  await mkdir(dir, { recursive: true })
  await git(dir, ['init', '--quiet', '--initial-branch=main'])
  await prepare?.(dir)
  const oid = await commitFiles(dir, files)
  await git(dir, ['push', '--quiet', repositories.pathOf(project.id), `main:refs/heads/b${made}`])
  return oid as Oid
}

async function plan(oid: Oid): Promise<{ plan: BuildPlan; output: readonly string[] }> {
  const { context, output } = contextOf(project)
  const readSchema = createSchemaReader(repositories)
  const learned = await createPlan({ repositories, readSchema }).run(context, { commit: oid })
  return { plan: learned.plan, output }
}

/** The refusal of a commit, as the pusher reads it. */
async function refusal(oid: Oid): Promise<Pick<SlipwayError, 'code' | 'message' | 'hint'>> {
  const thrown: unknown = await plan(oid).then(
    () => new Error('it was planned'),
    (error: unknown) => error,
  )
  return thrown as SlipwayError
}

const app = JSON.stringify({ scripts: { build: 'vite build' }, devDependencies: { vite: '^8' } })

describe('a commit', () => {
  test('with plain files is served as it is', async () => {
    const { plan: found } = await plan(await commit({ 'index.html': '<h1>x</h1>' }))
    expect(found).toMatchObject({ kind: 'static', outputDir: '.' })
  })

  test('with an app is built, and a missing lock file is told', async () => {
    const { plan: found, output } = await plan(await commit({ 'package.json': app }))
    expect(found).toMatchObject({ kind: 'node', build: ['npm', 'run', 'build'] })
    expect(output).toEqual([expect.stringMatching(/^warning: no package-lock\.json/)])
  })

  test('whose JSON begins with a byte order mark is read', async () => {
    const files = { 'package.json': `\uFEFF${app}`, 'slipway.json': '\uFEFF{"output":"www"}' }
    const { plan: found } = await plan(await commit(files))
    expect(found).toMatchObject({ kind: 'node', outputDirs: ['www'] })
  })

  test('with an app in a folder is planned there', async () => {
    const files = { 'web/package.json': app, 'slipway.json': '{"root":"web"}' }
    const { plan: found } = await plan(await commit(files))
    expect(found).toMatchObject({ rootDir: 'web', build: ['npm', 'run', 'build'] })
  })

  test('whose slipway.json names the top as its root is planned there', async () => {
    const files = { 'package.json': app, 'slipway.json': '{"root":"."}' }
    expect((await plan(await commit(files))).plan).toMatchObject({ kind: 'node', rootDir: '.' })
  })

  test('with nothing in it has nothing to deploy', async () => {
    expect((await refusal(await commit({ 'README.md': 'hello' }))).code).toBe('nothing_deployable')
  })

  test('with a package.json far below has nothing to deploy at the top', async () => {
    const { code } = await refusal(await commit({ 'a/b/package.json': app }))
    expect(code).toBe('nothing_deployable')
  })
})

describe('a schema', () => {
  const fields = [{ name: 'title', type: 'string' }]
  const schema = JSON.stringify({ tables: { books: { fields } } }, null, 2)

  test('alone is an app, and what lies beside it is told and not read', async () => {
    const files = {
      'schema.json': schema,
      'README.md': 'x',
      'vite.config.ts': 'process.exit(1)',
      '.env': 'A=1',
      'slipway.json': '{"build":"false"}',
    }
    const { plan: found, output } = await plan(await commit(files))
    expect(found).toMatchObject({ kind: 'schema', spaFallback: true })
    expect(output).toEqual([
      '.env, slipway.json, vite.config.ts are not used: the app is made from schema.json alone',
    ])
  })

  test('beside a package.json is a file like any other', async () => {
    const files = { 'schema.json': '{', 'package.json': app, 'package-lock.json': '{}' }
    expect((await plan(await commit(files))).plan).toMatchObject({ kind: 'node' })
  })

  test('of another project says so, and is taken', async () => {
    const text = JSON.stringify({ project: { id: 7 }, tables: { books: { fields } } })
    const { output } = await plan(await commit({ 'schema.json': text }))
    expect(output).toEqual([
      `warning: /project/id is 7; the app asks for the rows of ${project.id}`,
    ])
  })

  test('with a mistake is refused by its line and pointer', async () => {
    const text = schema.replace('"string"', '"strng"')
    const { told, thrown } = await refuseSchema(text)
    expect(thrown).toMatchObject({
      code: 'schema_invalid',
      message: 'schema.json has a mistake: line 7, /tables/books/fields/0/type.',
    })
    expect(told).toEqual([
      expect.stringMatching(/^schema\.json:7:19 {2}\/tables\/books\/fields\/0\/type {2}is "strng"/),
    ])
  })

  test('with many mistakes shows the first of them, a line each', async () => {
    const wrong = Object.fromEntries(
      Array.from({ length: 40 }, (_none, index) => [`t${index}`, { fields: [{ name: 'x' }] }]),
    )
    const { told, thrown } = await refuseSchema(JSON.stringify({ tables: wrong }, null, 2))
    expect(thrown).toMatchObject({
      message: 'schema.json has 40 mistakes, the first on line 5, /tables/t0/fields/0.',
    })
    expect(told).toHaveLength(13)
    for (const line of told.slice(0, 12)) {
      expect(line).toMatch(/^schema\.json:\d+:\d+ {2}\/tables\/t\d+\/fields\/0/)
    }
    expect(told.at(-1)).toBe('… and more')
  })

  /** What is told of it, and how it is refused. */
  async function refuseSchema(text: string): Promise<{ told: readonly string[]; thrown: unknown }> {
    const { context, output: told } = contextOf(project)
    const oid = await commit({ 'schema.json': text })
    const readSchema = createSchemaReader(repositories)
    const run = createPlan({ repositories, readSchema }).run(context, { commit: oid })
    return { told, thrown: await run.then(String, (error: unknown) => error) }
  }

  test.each([
    ['is a link', (dir: string) => symlink('/etc/passwd', join(dir, 'schema.json'))],
    ['is a folder', (dir: string) => mkdir(join(dir, 'schema.json'))],
  ])('that %s is refused', async (_what, prepare) => {
    const files = { 'schema.json/x': 'x' }
    const oid = await commit(_what === 'is a folder' ? files : { 'a.txt': 'x' }, (dir) =>
      _what === 'is a folder' ? Promise.resolve() : prepare(dir).then(() => undefined),
    )
    expect((await refusal(oid)).code).toBe('schema_invalid')
  })

  test.each([
    ['has more than a megabyte', `{"x":"${'y'.repeat(1024 ** 2)}"}`, 'schema_invalid'],
    ['is no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'schema_invalid'],
    ['is UTF-16', Buffer.from('{"tables":{}}', 'utf16le'), 'schema_invalid'],
    ['is empty', '', 'schema_invalid'],
    [
      'is kept elsewhere by git',
      'version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n',
      'lfs_refused',
    ],
  ])('that %s is refused', async (_what, text, code) => {
    expect((await refusal(await commit({ 'schema.json': text }))).code).toBe(code)
  })
})

describe('package.json', () => {
  test.each([
    ['is cut off', '{"scripts": {"build": "vite build"', 'JSON'],
    ['is empty', '', 'JSON'],
    ['has a comment', '// hello\n{\n}\n', 'JSON'],
    ['is UTF-16', Buffer.from('{"a":1}', 'utf16le'), 'JSON'],
    ['is a list', '[]', 'expected object'],
    ['is null', 'null', 'expected object'],
    ['has a script that is no text', '{"scripts":{"build":5}}', '/scripts/build '],
    ['has scripts that are none', '{"scripts":"vite build"}', '/scripts '],
    ['has dependencies that are none', '{"dependencies":["vite"]}', '/dependencies '],
    ['has a packageManager that is none', '{"packageManager":{}}', '/packageManager '],
    ['has more than a megabyte', `{"x":"${'y'.repeat(1024 ** 2)}"}`, 'more than 1048576 bytes'],
  ])('that %s is refused with the place', async (_what, text, problem) => {
    const { code, message } = await refusal(await commit({ 'package.json': text }))
    expect(code).toBe('package_json_invalid')
    expect(message).toContain(problem)
    expect(message).toMatch(/^package\.json can not be read: \S[^\n]*$/)
  })

  test('that is a link is refused, also where it leads to one that is fine', async () => {
    const oid = await commit({ 'real.json': app }, (dir) =>
      symlink('real.json', join(dir, 'package.json')),
    )
    expect((await refusal(oid)).message).toContain('it is a symbolic link')
  })

  test('that is a folder is refused', async () => {
    const oid = await commit({ 'package.json/x': 'y', 'index.html': '' })
    expect((await refusal(oid)).message).toBe('package.json can not be read: it is a folder')
  })

  test('with keys that would reach a prototype changes nothing', async () => {
    const text = '{"__proto__":{"scripts":{"build":"x"}},"scripts":{"__proto__":"y"}}'
    const files = { 'package.json': text, 'index.html': '' }
    expect((await plan(await commit(files))).plan.kind).toBe('static')
  })
})

describe('slipway.json', () => {
  test.each([
    ['/roott', '{"roott":"web"}'],
    ['/spa', '{"spa":"yes"}'],
    ['/build', '{"build":""}'],
    ['/build', '{"build":["vite","build"]}'],
    ['/install', `{"install":"${'x'.repeat(1_001)}"}`],
    ['/root', '{"root":"../other"}'],
    ['/root', '{"root":"/etc"}'],
    ['/root', '{"root":"a/../../b"}'],
    ['/output', '{"output":".git"}'],
    ['/output', '{"output":"node_modules/x"}'],
    ['/output', '{"output":"dist/"}'],
    ['/output', '{"output":"a\\u0000b"}'],
    ['/output', '{"output":null}'],
    ['/node', '{"node":"22"}'],
    ['/allowScripts', '{"allowScripts":true}'],
    ['/branch', '{"branch":"main"}'],
  ])('with a wrong %s is refused with its pointer: %s', async (pointer, text) => {
    const files = { 'slipway.json': text, 'index.html': '' }
    const { code, message, hint } = await refusal(await commit(files))
    expect(code).toBe('slipway_json_invalid')
    expect(message).toMatch(new RegExp(`^slipway\\.json: ${pointer} \\S[^\\n]*$`))
    expect(hint).toBe('Known keys are: root, install, build, output, spa.')
  })

  test.each([['{'], ['[]'], ['"x"'], ['{"root":"web"}\n}']])('%j is none', async (text) => {
    const files = { 'slipway.json': text, 'index.html': '' }
    const { code, message } = await refusal(await commit(files))
    expect([code, message.includes('\n')]).toEqual(['slipway_json_invalid', false])
  })

  test('that is a link is refused', async () => {
    const oid = await commit({ 'index.html': '', 'real.json': '{}' }, (dir) =>
      symlink('real.json', join(dir, 'slipway.json')),
    )
    expect((await refusal(oid)).message).toContain('it is a symbolic link')
  })
})

describe('what is not in the repository itself', () => {
  test('a submodule is refused with the commands that replace it', async () => {
    const oid = await commit({ 'index.html': '' }, async (dir) => {
      const cacheinfo = `160000,${'1'.repeat(40)},lib/theme`
      await git(dir, ['update-index', '--add', '--cacheinfo', cacheinfo])
      await mkdir(join(dir, 'lib/theme'), { recursive: true })
    })
    const { code, message, hint } = await refusal(oid)
    expect(code).toBe('submodule_refused')
    expect(message).toContain('lib/theme is a git submodule')
    expect(hint).toContain('git rm --cached lib/theme')
  })

  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 12345\n`

  test('a pointer of Git LFS is refused with the command that mends it', async () => {
    const attributes = '*.png filter=lfs diff=lfs merge=lfs -text\n'
    const files = { 'index.html': '', 'img/.gitattributes': attributes, 'img/logo.png': pointer }
    const { code, message } = await refusal(await commit(files))
    expect(code).toBe('lfs_refused')
    expect(message).toContain('img/logo.png is a Git LFS pointer')
  })

  test('a text about Git LFS in a repository without it is a text', async () => {
    const files = { 'index.html': '', 'notes.txt': pointer }
    expect((await plan(await commit(files))).plan.kind).toBe('static')
  })
})

test('the install is the same while nothing that it reads has changed', async () => {
  const locked = { 'package.json': app, 'package-lock.json': '{"lockfileVersion":3}' }
  const keyOf = async (files: Files): Promise<string | null> => {
    const { plan: found } = await plan(await commit(files))
    return found.kind === 'node' ? found.installKey : null
  }
  const key = await keyOf(locked)
  expect(key).not.toBeNull()
  expect(await keyOf({ ...locked, 'src/main.js': 'new' })).toBe(key)
  expect(await keyOf({ ...locked, 'package-lock.json': '{"lockfileVersion":2}' })).not.toBe(key)
  expect(await keyOf({ ...locked, '.npmrc': 'omit=dev' })).not.toBe(key)
  expect(await keyOf({ ...locked, 'package.json': app.replace('^8', '^7') })).not.toBe(key)
})
