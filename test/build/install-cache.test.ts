import { chown, mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createInstallCache, type InstallCache } from '../../src/build/install-cache.ts'
import { parseProjectId } from '../../src/domain/names.ts'
import { buildUser } from '../tools/build-lab.ts'

const project = parseProjectId('1')
const other = parseProjectId('2')
const megabyte = 1024 ** 2
const limit = 3 * megabyte

let folder: string
let cache: InstallCache
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-cache-'))
  cache = createInstallCache(folder, 'node 24', limit)
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** A workspace whose install brought so many bytes, sealed; answers where it is kept. */
async function keep(key: string, bytes: number, id = project): Promise<string> {
  const sourceDir = await mkdtemp(join(folder, 'workspace-'))
  const modules = join(sourceDir, 'node_modules/bell')
  await mkdir(modules, { recursive: true })
  await writeFile(join(modules, 'bell.bin'), Buffer.alloc(bytes, 'x'))
  if (buildUser !== null) {
    for (const path of [modules, join(modules, 'bell.bin')]) {
      await chown(path, buildUser.uid, buildUser.gid)
    }
  }
  const kept = await cache.sealModules(id, key, { workspace: { sourceDir }, rootDir: '.' })
  if (kept === null) throw new Error('nothing was kept')
  return kept
}

/** As if it had been used so many hours ago. */
async function age(modulesDir: string, hours: number): Promise<void> {
  const then = new Date(Date.now() - hours * 3_600_000)
  await utimes(dirname(modulesDir), then, then)
}

test('what is kept belongs to the server, and nobody else can write to it', async () => {
  const kept = await keep('lock', 10)
  for (const name of await readdir(kept, { recursive: true })) {
    const { uid, mode } = await stat(join(kept, name))
    expect([name, uid, mode & 0o022]).toEqual([name, process.geteuid?.(), 0])
  }
  expect(await cache.findModules(project, 'lock')).toBe(kept)
})

test('over the limit, those that were used longest ago are removed, and no more than needed', async () => {
  await age(await keep('oldest', megabyte), 3)
  await age(await keep('used', megabyte), 5)
  await age(await keep('middle', megabyte / 2), 2)
  // Found by a build: from now on the newest.
  await cache.findModules(project, 'used')
  const newest = await keep('newest', megabyte)
  expect(await cache.findModules(project, 'oldest')).toBeNull()
  expect(await cache.findModules(project, 'used')).not.toBeNull()
  expect(await cache.findModules(project, 'middle')).not.toBeNull()
  expect(await cache.findModules(project, 'newest')).toBe(newest)
})

test('one that is larger than the limit alone is kept for its own build, and everything else goes', async () => {
  await keep('small', megabyte / 2)
  const large = await keep('large', 2 * limit)
  expect(await cache.findModules(project, 'small')).toBeNull()
  expect(await cache.findModules(project, 'large')).toBe(large)
})

test('the limit of one project takes nothing from another', async () => {
  const others = await keep('lock', 2 * megabyte, other)
  await keep('lock', 2 * megabyte)
  await keep('newer', 2 * megabyte)
  expect(await cache.findModules(other, 'lock')).toBe(others)
  expect(await cache.findModules(project, 'lock')).toBeNull()
})

test('a project finds neither what another keeps nor what other tools left', async () => {
  await keep('lock', 10)
  expect(await cache.findModules(other, 'lock')).toBeNull()
  const upgraded = createInstallCache(folder, 'node 26', limit)
  expect(await upgraded.findModules(project, 'lock')).toBeNull()
})

test('clearing takes all of one project, and is no error where there is nothing', async () => {
  await keep('lock', 10)
  const others = await keep('lock', 10, other)
  await cache.clearCache(project)
  await cache.clearCache(project)
  expect(await cache.findModules(project, 'lock')).toBeNull()
  expect(await cache.findModules(other, 'lock')).toBe(others)
})
