/** A schema is pushed: the app is live at both addresses, or nothing has changed. */
import { beforeAll, describe, expect, test } from 'vitest'
import { readSteps } from '../../tools/deployment-records.ts'
import { forAllTests } from '../../tools/for-all-tests.ts'
import { type Answer, asNavigation, visit } from '../../tools/site-lab.ts'
import { startSlipwayServer, type WorkingCopy } from '../../tools/slipway-server.ts'

const title = { name: 'title', type: 'string', label: 'Titre' }
const schema = {
  locale: 'fr',
  project: { name: 'Ma librairie' },
  tables: {
    books: {
      display_name: 'Livres',
      fields: [title, { name: 'author', type: 'relation', to: 'authors' }],
    },
    authors: { fields: [{ name: 'name', type: 'string', required: true }] },
  },
}
/** Whatever runs of these, this test sees it: they would end, hang or spoil what runs them. */
const hostile = {
  'vite.config.ts': 'process.exit(7)',
  'postcss.config.js': 'process.exit(7)',
  '.env': 'NODE_OPTIONS=--require /nowhere',
  '.npmrc': 'registry=http://127.0.0.1:9/',
  'slipway.json': '{"install": "false", "build": "false"}',
  'tsconfig.json': '{',
  'src/kit/index.ts': 'while (true) {}',
  '.gitattributes': '*.json filter=lfs diff=lfs\n',
}

const server = forAllTests(startSlipwayServer)
let copy: WorkingCopy
beforeAll(async () => {
  copy = await server.createWorkingCopy('shop', { 'schema.json': render(schema), ...hostile })
})

function render(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/** What a visitor of the sub-directory gets. */
function seeBelow(path: string): Promise<Answer> {
  return visit(server.httpPort, { path, headers: { ...asNavigation, host: 'localhost' } })
}

function assetsOf({ body }: Answer): readonly string[] {
  return [...body.matchAll(/"(\/_s\/[^"]+)"/g)].map(([, path = '']) => path)
}

test('the push says in few lines what is made of it, and what is not used', async () => {
  const { exitCode, stderr } = await copy.push()
  expect(exitCode, stderr).toBe(0)
  const lines = stderr.split('\n').map((line) => line.replace(/^remote: /, '').trim())
  expect(lines).toContain(
    '.env, .npmrc, postcss.config.js, slipway.json, src/, tsconfig.json and 1 more are not used: ' +
      'the app is made from schema.json alone',
  )
  const steps = lines.flatMap((line) => /^✓ (\w+)/.exec(line)?.[1] ?? [])
  expect(steps).toEqual(['plan', 'generate', 'release', 'vhost', 'activate', 'verify'])
  expect(stderr).toMatch(/making the parts that all react apps share, once: react \d+\.\d+/)
  expect(stderr).toMatch(/✓ generate +2 tables, \d+ files, all new/)
  expect(stderr).toMatch(/✓ vhost +shop\.localhost, localhost\/apps\/shop\//)
  expect(stderr).toMatch(/v2 live: http:\/\/shop\.localhost:\d+/)
})

test('the app is live at its host and in its sub-directory, every path and file of it', async () => {
  const [root, below] = [await server.visit('shop'), await seeBelow('/apps/shop/')]
  expect([root.status, below.status]).toEqual([200, 200])
  expect(root.body).toContain('<meta name="base" content="/" />')
  expect(below.body).toContain('<meta name="base" content="/apps/shop/" />')
  expect(root.body).toContain('<title>Ma librairie</title>')
  expect((await server.visit('shop', '/books/7')).body).toBe(root.body)
  expect((await seeBelow('/apps/shop/books/7')).body).toBe(below.body)
  expect(assetsOf(root).length).toBeGreaterThan(2)
  expect(assetsOf(below)).toEqual(assetsOf(root))
  for (const path of assetsOf(root)) {
    const asset = await server.visit('shop', path)
    expect(asset.status, path).toBe(200)
    expect(asset.headers['cache-control'], path).toContain('immutable')
    expect((await seeBelow(path)).body, path).toBe(asset.body)
  }
  const none = await server.visit('shop', '/_s/00000000000000000000000000000000.js')
  expect(none.status).toBe(404)
})

test('nothing was installed, built or checked out for it', () => {
  const states = readSteps(server, 'shop', 2).map(({ step, status }) => `${step} ${status}`)
  expect(states).toEqual(
    expect.arrayContaining(['checkout skipped', 'install skipped', 'build skipped']),
  )
})

describe('a schema with a mistake', () => {
  test.each([
    [
      'a type that is none',
      render(schema).replace('"string"', '"strng"'),
      /schema\.json:12:19 {2}\/tables\/books\/fields\/0\/type {2}is "strng"/,
      'line 12, /tables/books/fields/0/type',
    ],
    [
      'a relation to nowhere',
      render(schema).replace('"to": "authors"', '"to": "autors"'),
      /schema\.json:18:17 {2}\/tables\/books\/fields\/1\/to {2}/,
      'line 18, /tables/books/fields/1/to',
    ],
    ['no JSON', '{"tables": ', /schema\.json:1:\d+ {2}/, 'line 1'],
  ])('(%s) is declined by its line and pointer', async (...[, text, told, place]) => {
    const before = await server.snapshot('shop')
    await copy.commit({ 'schema.json': text })
    const { exitCode, stderr } = await copy.push()
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(told)
    expect(stderr).toContain(
      `! [remote rejected] main -> main (schema.json has a mistake: ${place}`,
    )
    expect(await server.snapshot('shop')).toEqual(before)
    await copy.git('reset', '--quiet', '--hard', 'HEAD~1')
  })

  test('and another is told with both, in few lines', async () => {
    const text = render(schema).replaceAll('"string"', '"strng"')
    await copy.commit({ 'schema.json': text })
    const { stderr } = await copy.push()
    expect(stderr).toContain('schema.json has 2 mistakes, the first on line 12')
    expect(stderr.match(/schema\.json:\d+:\d+ {2}\//g)).toHaveLength(2)
    expect(stderr.split('\n').length).toBeLessThan(18)
    await copy.git('reset', '--quiet', '--hard', 'HEAD~1')
  })
})

test('one changed label makes a few files new, and the old ones still answer', async () => {
  const before = assetsOf(await server.visit('shop'))
  await copy.commit({ 'schema.json': render(schema).replace('"Titre"', '"Title"') })
  const { exitCode, stderr } = await copy.push()
  expect(exitCode, stderr).toBe(0)
  expect(Number(/, (\d+) of them new/.exec(stderr)?.[1])).toBeLessThan(8)
  for (const path of before) expect((await server.visit('shop', path)).status, path).toBe(200)
})

test('the same schema with another README is not made again', async () => {
  await copy.replaceAll({ 'schema.json': render(schema) })
  expect((await copy.push()).exitCode).toBe(0)
  await copy.commit({ 'README.md': 'Nothing of the app.' })
  const { exitCode, stderr } = await copy.push()
  expect(exitCode).toBe(0)
  expect(stderr).toMatch(/the same schema\.json as v\d+, so its release serves again/)
  expect(stderr).not.toContain('generate')
})

test('whoever changes only what is not used is told that it is not', async () => {
  await copy.commit({ 'vite.config.ts': 'export default {}' })
  const { exitCode, stderr } = await copy.push()
  expect(exitCode).toBe(0)
  expect(stderr).toContain('vite.config.ts is not used: the app is made from schema.json alone')
  expect(stderr).toMatch(/the same schema\.json as v\d+/)
  await copy.git('rm', '--quiet', 'vite.config.ts')
})

test('what was live before a schema comes back by a rollback, and goes from the sub-directory', async () => {
  const { exitCode, stderr } = await copy.push('HEAD:refs/rollback/v1')
  expect(exitCode, stderr).toBe(0)
  expect((await server.visit('shop')).body).not.toContain('/_s/')
  expect((await seeBelow('/apps/shop/')).status).toBeGreaterThan(300)
  expect((await copy.push('HEAD:refs/rollback/previous')).exitCode).toBe(0)
  expect(assetsOf(await seeBelow('/apps/shop/')).length).toBeGreaterThan(2)
})

test('beside a package.json the commit is an app of its own', async () => {
  await copy.replaceAll({
    'schema.json': render(schema),
    'package.json': JSON.stringify({ scripts: {} }),
    'index.html': '<!doctype html><h1>by hand</h1>',
  })
  expect((await copy.push()).stderr).toContain('plain files, nothing to build')
  expect((await server.visit('shop')).body).toContain('by hand')
})
