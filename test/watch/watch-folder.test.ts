/** A folder of schemas, watched, with real repositories behind it. */
import { open, readdir, rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { commitFiles, git, makeTemporaryFolder } from '../tools/git-client.ts'
import { patienceMs } from '../tools/patience.ts'
import { until } from '../tools/until.ts'
import { makeWatchedFolder, schemaOf, type WatchedFolder } from '../tools/watched-folder.ts'

let place: WatchedFolder
beforeEach(async () => {
  place = await makeWatchedFolder()
  await place.makeProject('shop')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await place[Symbol.asyncDispose]()
})

test('a schema that is written goes live, byte for byte, and the lines of the push are told', async () => {
  await place.watch()
  await place.save('shop.schema.json', schemaOf('Dinge "<é>" 🦊'))
  await place.untilTold('shop.schema.json', 'live')
  expect(`${await place.live('shop')}\n`).toBe(schemaOf('Dinge "<é>" 🦊'))
  expect(place.told).toContainEqual({
    file: 'shop.schema.json',
    kind: 'said',
    text: 'shop is live',
  })
})

test('a schema that replaces the old one by a rename goes live', async () => {
  await place.save('shop.schema.json', schemaOf('one'))
  await place.watch()
  await place.untilTold('shop.schema.json', 'live')
  await place.replace('shop.schema.json', schemaOf('two'))
  await place.untilTold('shop.schema.json', 'live', 2)
  expect(await place.live('shop')).toContain('two')
})

test('at the start only those are deployed that differ from what is live', async () => {
  await place.makeProject('harbour')
  await place.save('shop.schema.json', schemaOf('one'))
  await place.save('harbour.schema.json', schemaOf('one'))
  const first = await place.watch()
  expect(first.files.toSorted()).toEqual(['harbour.schema.json', 'shop.schema.json'])
  await place.untilTold('shop.schema.json', 'live')
  await place.untilTold('harbour.schema.json', 'live')
  await first[Symbol.asyncDispose]()
  // How it is laid out is no difference.
  await place.save('harbour.schema.json', JSON.stringify(JSON.parse(schemaOf('one'))))
  await place.save('shop.schema.json', schemaOf('two'))
  await place.watch()
  await place.untilTold('harbour.schema.json', 'unchanged')
  await place.untilTold('shop.schema.json', 'live', 2)
  expect(await place.countPushes('harbour')).toBe(1)
  expect(await place.countPushes('shop')).toBe(2)
})

test('a burst of saves makes one deployment, of the last', async () => {
  const saved = Promise.withResolvers<void>()
  // However long the saves take, no time is over before they are all done.
  await place.watch({ wait: () => saved.promise })
  for (let count = 0; count <= 50; count += 1) {
    const save = count % 2 === 0 ? 'save' : 'replace'
    await place[save]('shop.schema.json', schemaOf(`number ${count}`))
  }
  saved.resolve()
  await place.untilTold('shop.schema.json', 'live')
  expect(await place.live('shop')).toContain('number 50')
  expect(await place.countPushes('shop')).toBe(1)
})

test('what is saved while one is deployed comes after it, once', async () => {
  await place.setHook('shop', 'touch begun; while [ ! -e goon ]; do sleep 0.05; done')
  await place.watch()
  await place.save('shop.schema.json', schemaOf('one'))
  await until(async () => (await readdir(place.repository('shop'))).includes('begun'))
  for (const label of ['two', 'three', 'four']) {
    await place.replace('shop.schema.json', schemaOf(label))
  }
  await touch('goon')
  await until(async () => (await place.live('shop').catch(() => '')).includes('four'))
  await place.untilTold('shop.schema.json', 'live', 2)
  expect(await place.countPushes('shop')).toBe(2)
})

test('half of a file is not deployed, and no mistake as long as it grows', async () => {
  await place.watch({ times: { settleMs: 30, halfWrittenMs: patienceMs } })
  const text = schemaOf('slow')
  const file = await open(join(place.folder, 'shop.schema.json'), 'w')
  for (let at = 0; at < text.length; at += 20) {
    await file.write(text.slice(at, at + 20))
    await new Promise((resume) => setTimeout(resume, 60))
  }
  await file.close()
  await place.untilTold('shop.schema.json', 'live')
  expect(place.told.map(({ kind }) => kind)).not.toContain('wrong')
  expect(await place.countPushes('shop')).toBe(1)
})

test('a file that stays half is told by line and pointer, and what is live stays', async () => {
  await place.save('shop.schema.json', schemaOf('one'))
  await place.watch()
  await place.untilTold('shop.schema.json', 'live')
  await place.replace('shop.schema.json', schemaOf('two').slice(0, 60))
  const [tale] = await place.untilTold('shop.schema.json', 'wrong')
  expect(tale).toMatchObject({
    problems: [
      { line: 4, column: expect.any(Number), pointer: expect.stringMatching(/^\/tables/) },
    ],
  })
  expect(await place.live('shop')).toContain('one')
  await place.save('shop.schema.json', schemaOf('three'))
  await place.untilTold('shop.schema.json', 'live', 2)
})

test('every mistake of a schema is told at its place', async () => {
  await place.watch()
  const text = schemaOf('one').replace('"string"', '"strin"').replace('"name": "name"', '"nam": 1')
  await place.replace('shop.schema.json', text)
  const [tale] = await place.untilTold('shop.schema.json', 'wrong')
  const problems = tale?.kind === 'wrong' ? tale.problems : []
  expect(problems.length).toBeGreaterThan(1)
  expect(problems).toContainEqual(
    expect.objectContaining({ pointer: '/tables/things/fields/0/type', line: 8 }),
  )
  expect(await place.countPushes('shop')).toBe(0)
})

test('what is no text, or far too large, is told and not sent', async () => {
  await place.watch()
  await place.replace('shop.schema.json', `"${'x'.repeat(2 * 1024 ** 2)}"`)
  const [tale] = await place.untilTold('shop.schema.json', 'wrong')
  expect(JSON.stringify(tale)).toMatch(/has 2\.0 MB|has 2 MB|has 2\.1 MB|MiB/)
  expect(JSON.stringify(tale).length).toBeLessThan(500)
})

test('a commit of somebody else is built upon, also one that comes in between', async () => {
  await place.save('shop.schema.json', schemaOf('one'))
  await place.watch()
  await place.untilTold('shop.schema.json', 'live')
  const other = await makeTemporaryFolder('other')
  await git(other, ['clone', '--quiet', place.repository('shop'), '.'])
  await commitFiles(other, { 'schema.json': schemaOf('theirs'), 'notes/über.md': 'kept' })
  await git(other, ['push', '--quiet', 'origin', 'main'])
  // And another while ours is on its way: this hook moves the branch itself, the first time.
  await place.setHook(
    'shop',
    `[ -e raced ] || { touch raced; unset GIT_QUARANTINE_PATH
     git update-ref refs/heads/main $(git commit-tree -p main -m race main^{tree}); }`,
  )
  await place.save('shop.schema.json', schemaOf('ours'))
  await place.untilTold('shop.schema.json', 'live', 2)
  const log = await git(place.repository('shop'), ['log', '--format=%s', 'main'])
  expect(log.split('\n')).toEqual([
    expect.stringMatching(/^schema: ./),
    'race',
    'change',
    expect.stringContaining('schema'),
  ])
  expect(await place.live('shop')).toContain('ours')
  expect(await git(place.repository('shop'), ['show', 'main:notes/über.md'])).toBe('kept')
})

test('a deployment that fails is told, and the next save is deployed', async () => {
  await place.setHook('shop', 'echo "verify: no answer" >&2; exit 1')
  await place.watch()
  await place.save('shop.schema.json', schemaOf('one'))
  await place.untilTold('shop.schema.json', 'declined')
  expect(place.told).toContainEqual(
    expect.objectContaining({ kind: 'said', text: 'verify: no answer' }),
  )
  await place.setHook('shop', 'true')
  await place.save('shop.schema.json', schemaOf('two'))
  await place.untilTold('shop.schema.json', 'live')
  const log = await git(place.repository('shop'), ['log', '--format=%s', 'main'])
  expect(log.split('\n')).toHaveLength(1)
})

test('a file of no project says so; once the project is there, a save deploys it', async () => {
  await place.save('harbour.schema.json', schemaOf('one'))
  await place.watch()
  await place.untilTold('harbour.schema.json', 'unknown_project')
  await place.makeProject('harbour')
  await place.replace('harbour.schema.json', schemaOf('one'))
  await place.untilTold('harbour.schema.json', 'live')
})

test('a project that is its own code is left alone', async () => {
  const other = await makeTemporaryFolder('other')
  await git(other, ['clone', '--quiet', place.repository('shop'), '.'])
  await commitFiles(other, { 'package.json': '{}', 'src/main.ts': '' })
  await git(other, ['push', '--quiet', 'origin', 'HEAD:main'])
  await place.save('shop.schema.json', schemaOf('one'))
  await place.watch()
  expect(await place.untilTold('shop.schema.json', 'own_app')).toMatchObject([
    { holds: 'package.json' },
  ])
})

test('names that are no slugs, second names and other files do no harm', async () => {
  await place.save('shop.schema.json', schemaOf('one'))
  await place.save('Shop.schema.json', schemaOf('two'))
  await place.save('a--b.schema.json', schemaOf('one'))
  await place.save('.schema.json', schemaOf('one'))
  await place.save('README.md', 'no schema')
  await place.watch()
  await until(() => place.told.some(({ kind }) => kind === 'live'))
  expect(await place.untilTold('a--b.schema.json', 'failed')).toHaveLength(1)
  await until(() => place.told.some(({ kind }) => kind === 'second_file'))
  expect(place.told.map(({ file }) => file)).not.toContain('README.md')
})

test('a file that is taken away leaves what is live', async () => {
  await place.save('shop.schema.json', schemaOf('one'))
  await place.watch()
  await place.untilTold('shop.schema.json', 'live')
  await unlink(join(place.folder, 'shop.schema.json'))
  await place.untilTold('shop.schema.json', 'gone')
  expect(await place.live('shop')).toContain('one')
})

test('many projects at once are deployed each, and nothing is left of the work', async () => {
  const slugs = Array.from({ length: 12 }, (_, index) => `project-${index}`)
  for (const slug of slugs) {
    await place.makeProject(slug)
    await place.save(`${slug}.schema.json`, schemaOf(slug))
  }
  // Nobody else's work is in there.
  const workDir = await makeTemporaryFolder('work')
  vi.stubEnv('TMPDIR', workDir)
  const watching = await place.watch()
  await Promise.all(slugs.map((slug) => place.untilTold(`${slug}.schema.json`, 'live')))
  for (const slug of slugs) expect(await place.live(slug)).toContain(slug)
  await watching[Symbol.asyncDispose]()
  expect(await readdir(workDir)).toEqual([])
  await rm(workDir, { recursive: true })
})

test('an end in the middle of a deployment waits for nobody', async () => {
  await place.setHook('shop', 'touch begun; sleep 100')
  await place.save('shop.schema.json', schemaOf('one'))
  const watching = await place.watch()
  await until(async () => (await readdir(place.repository('shop'))).includes('begun'))
  await watching[Symbol.asyncDispose]()
  expect(place.told.map(({ kind }) => kind)).not.toContain('live')
})

async function touch(name: string): Promise<void> {
  const file = await open(join(place.repository('shop'), name), 'w')
  await file.close()
}
