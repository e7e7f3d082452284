/** The platform creates projects with a schema and puts new ones; people take the app over. */
import { mkdtemp, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { forAllTests } from '../../tools/for-all-tests.ts'
import { commitFiles, git } from '../../tools/git-client.ts'
import { readRecords } from '../../tools/deployment-records.ts'
import { scriptedApp, waitForFile, writeOutput } from '../../tools/scripted-app.ts'
import { startSlipwayServer, WorkingCopy } from '../../tools/slipway-server.ts'

const server = forAllTests(startSlipwayServer)

const fields = [{ name: 'title', type: 'string', label: 'Title' }]
function schemaOf(...names: readonly string[]) {
  return { tables: Object.fromEntries(names.map((name) => [name, { fields }])) }
}

function put(slug: string, schema: unknown) {
  return server.rest('PUT', `/projects/${slug}/schema/`, { body: schema })
}

/** All scripts of an app, as one text. */
async function readScripts(slug: string): Promise<string> {
  const seen = new Map<string, string>()
  const follow = async (path: string): Promise<void> => {
    if (seen.has(path)) return
    seen.set(path, '')
    const { body } = await server.visit(slug, path)
    seen.set(path, body)
    for (const [, name = ''] of body.matchAll(/["'](?:\.\/|\/_s\/)([0-9a-zA-Z_-]+\.js)["']/g)) {
      await follow(`/_s/${name}`)
    }
  }
  const { body } = await server.visit(slug)
  for (const [, path = ''] of body.matchAll(/"(\/_s\/[^"]+\.js)"/g)) await follow(path)
  return [...seen.values()].join('\n')
}

test('a project that is created with a schema has its app as its first page', async () => {
  const body = {
    id: '0190f8a2-9a1c-7c55-8f5e-6a2b8f1f7f10',
    name: 'Ma boutique',
    schema_name: 'ma_boutique',
    framework: 'vue',
    schema: schemaOf('articles_9'),
  }
  const created = await server.rest('POST', '/projects/', { body })
  expect(created.status).toBe(201)
  expect(created.body).toMatchObject({ slug: 'ma-boutique', framework: 'vue' })
  const { deployment } = await server.untilStatus('ma-boutique', 'deployed')
  expect(deployment).toMatchObject({ number: 1, trigger: 'schema', branch: 'main' })
  const scripts = await readScripts('ma-boutique')
  expect(scripts).toContain('articles_9')
  // The rows are read from the platform, by its own id.
  expect(scripts).toContain(body.id)
  expect(readRecords(server, 'ma-boutique')).toEqual(['v1 completed →v1'])
})

test('a schema that is put shows what it brings, and once more nothing happens', async () => {
  const before = await readScripts('ma-boutique')
  expect(before).not.toContain('orders_9')
  const first = await put('ma-boutique', schemaOf('articles_9', 'orders_9'))
  expect(first.status).toBe(202)
  await server.untilStatus('ma-boutique', 'deployed')
  expect(await readScripts('ma-boutique')).toContain('orders_9')
  const again = await put('ma-boutique', schemaOf('articles_9', 'orders_9'))
  expect([again.status, again.body['outcome'], again.body['commit']]).toEqual([
    200,
    'unchanged',
    first.body['commit'],
  ])
  expect(readRecords(server, 'ma-boutique')).toHaveLength(2)
})

test('its commits say who changed what, and are what a clone gets', async () => {
  const clone = await server.clone('ma-boutique')
  const log = await clone.git('log', '--format=%an <%ae> %s')
  expect(log.split('\n')).toEqual([
    'admin <slipway@localhost> schema: add orders_9',
    'admin <slipway@localhost> schema: 1 table',
  ])
  expect(await readdir(clone.dir)).toEqual(expect.arrayContaining(['schema.json']))
})

test('a developer pushes upon it, and the platform puts upon that', async () => {
  const clone = await server.clone('ma-boutique')
  await clone.git('config', 'user.email', 'ada@example.org')
  await clone.git('config', 'user.name', 'Ada')
  await commitFiles(clone.dir, { 'README.md': 'Ours.' })
  expect((await clone.push()).exitCode).toBe(0)
  expect((await put('ma-boutique', schemaOf('articles_9'))).status).toBe(202)
  await server.untilStatus('ma-boutique', 'deployed')
  await commitFiles(clone.dir, { 'README.md': 'Ours, again.' })
  const rejected = await clone.push()
  expect([rejected.exitCode, rejected.stderr]).toEqual([1, expect.stringContaining('rejected')])
  await clone.git('pull', '--quiet', '--rebase', 'deploy', 'main')
  expect((await clone.push()).exitCode).toBe(0)
  expect(await readdir(clone.dir)).toEqual(expect.arrayContaining(['README.md', 'schema.json']))
})

test('a push that runs when a schema comes is told so, and nothing of it is kept', async () => {
  const page = "import fs from 'node:fs'\n"
  const copy = await server.createWorkingCopy(
    'raced',
    scriptedApp(`${page}${writeOutput('index.html', '<!doctype html>mine')}${waitForFile('go')}`),
  )
  const push = copy.startPush('main')
  await push.untilLine(/waiting for go/)
  expect((await put('raced', schemaOf('books'))).status).toBe(202)
  const { exitCode, stderr } = await push.ended
  expect(exitCode).toBe(1)
  expect(stderr).toContain('main was moved by another push meanwhile.')
  expect(stderr).toContain('git fetch')
  await server.untilStatus('raced', 'deployed')
  expect((await server.visit('raced')).body).toContain('/_s/')
  await server.untilBuildsAreGone()
  expect(readRecords(server, 'raced')).toEqual([
    'v1 completed →v1',
    expect.stringMatching(/^v2 (?:failed|cancelled) ref_moved$/),
    'v3 completed →v3',
  ])
})

test('an app is ejected, and pushed back as one of its own code', async () => {
  await server.rest('POST', '/projects/', { body: { name: 'Taken over', schema_name: 'taken' } })
  await server.untilStatus('taken', 'deployed')
  const none = await server.rest('POST', '/projects/taken/eject')
  expect([none.status, none.body['code']]).toEqual([404, 'schema_not_found'])
  await put('taken', schemaOf('books', 'films'))
  await server.untilStatus('taken', 'deployed')
  const records = readRecords(server, 'taken')
  const ejected = await server.rest('POST', '/projects/taken/eject')
  expect(ejected.body).toMatchObject({
    branch: 'ejected',
    git_url: `${server.url}/taken.git`,
    files: expect.any(Number) as number,
  })
  expect(readRecords(server, 'taken')).toEqual(records)

  const dir = await mkdtemp(join(server.folder, 'taken-'))
  const from = ['clone', '--quiet', '--origin=deploy', '--branch=ejected']
  await git(dir, [...from, await server.remote('taken'), '.'])
  const files = (await git(dir, ['ls-files'])).split('\n')
  expect(files).toHaveLength(Number(ejected.body['files']))
  expect(files).toEqual(
    expect.arrayContaining(['package.json', 'package-lock.json', 'src/app.ts', 'src/kit/index.ts']),
  )
  expect(files.filter((path) => path.startsWith('src/tables/')).length).toBeGreaterThan(7)

  const again = await server.rest('POST', '/projects/taken/eject')
  expect(again.body['commit']).toBe(ejected.body['commit'])
  await put('taken', schemaOf('books'))
  const newer = await server.rest('POST', '/projects/taken/eject')
  expect(newer.body['files']).toBeLessThan(Number(ejected.body['files']))

  const copy = new WorkingCopy(dir)
  await copy.git('pull', '--quiet', 'deploy', 'ejected')
  const pushed = await copy.push('-o', 'skip', 'ejected:main')
  expect(pushed.stderr).toContain('main is stored')
  const refused = await put('taken', schemaOf('others'))
  expect([refused.status, refused.body['code']]).toEqual([409, 'schema_of_source'])
  expect(refused.body['detail']).toContain('main holds package.json')
})
