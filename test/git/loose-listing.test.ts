/** A commit's tree, read from its objects or by git: the same list, or none. */
import { copyFile, chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Oid } from '../../src/domain/names.ts'
import { listLooseTree } from '../../src/git/loose-listing.ts'
import { parseTreeLine } from '../../src/git/tree-listing.ts'
import { commitFiles, git, makeTemporaryFolder, makeWorkingCopy } from '../tools/git-client.ts'

let dir: string
let objects: string

beforeEach(async () => {
  dir = await makeTemporaryFolder('listing')
  await makeWorkingCopy(dir, {})
  objects = `${dir}/.git/objects`
})
afterEach(async () => {
  await rm(dir, { recursive: true, force: true })
})

const oidOf = async (name: string): Promise<Oid> => (await git(dir, ['rev-parse', name])) as Oid
const list = async (name = 'HEAD', dirs: readonly string[] = [objects]) =>
  listLooseTree(dirs, await oidOf(name))

/** What git lists of it. */
async function listed(): Promise<readonly unknown[]> {
  const text = await git(dir, ['ls-tree', '-r', '-t', '-l', '-z', '--full-tree', 'HEAD'])
  return text.split('\0').filter(Boolean).map(parseTreeLine)
}

test('a commit is listed as git lists it, with every kind of entry', async () => {
  await mkdir(`${dir}/run`)
  await writeFile(`${dir}/run/it`, '#!/bin/sh\n')
  await chmod(`${dir}/run/it`, 0o755)
  await symlink('../..', `${dir}/run/up`)
  await commitFiles(dir, {
    'index.html': 'x',
    'a/b/c/d.bin': Buffer.alloc(300_000, 7),
    'a.txt': '',
    'ü "x"\n.txt': 'odd',
    zeros: Buffer.alloc(5 * 1024 ** 2),
  })
  const commit = await oidOf('HEAD')
  await git(dir, ['update-index', '--add', '--cacheinfo', `160000,${commit},module`])
  await git(dir, ['commit', '-qm', 'module'])
  const found = await list()
  expect(found).toEqual(await listed())
  expect(new Set(found?.map(({ mode }) => mode))).toEqual(
    new Set(['040000', '100644', '100755', '120000', '160000']),
  )
})

test('an empty commit is listed, and objects are found in whichever folder they are', async () => {
  await git(dir, ['commit', '-q', '--allow-empty', '-m', 'none'])
  expect(await list()).toEqual(await listed())
  await commitFiles(dir, { 'a/b.txt': 'b' })
  const blob = await oidOf('HEAD:a/b.txt')
  await mkdir(`${dir}/other/${blob.slice(0, 2)}`, { recursive: true })
  const path = `${blob.slice(0, 2)}/${blob.slice(2)}`
  await copyFile(`${objects}/${path}`, `${dir}/other/${path}`)
  await rm(`${objects}/${path}`, { force: true })
  expect(await list()).toBeNull()
  expect(await list('HEAD', [`${dir}/other`, objects])).toMatchObject([{ path: 'a' }, { bytes: 1 }])
})

test('what is packed, large, damaged or no commit is left to git', async () => {
  await commitFiles(dir, { 'a/b.txt': 'b' })
  await git(dir, ['tag', '-am', 'a tag', 'v1'])
  for (const name of ['HEAD^{tree}', 'HEAD:a/b.txt', 'v1']) expect(await list(name)).toBeNull()
  expect(await listLooseTree([objects], '1'.repeat(40) as Oid)).toBeNull()
  const [tree, blob] = [await oidOf('HEAD:a'), await oidOf('HEAD:a/b.txt')]
  const placeOf = (oid: string): string => `${objects}/${oid.slice(0, 2)}/${oid.slice(2)}`
  for (const [oid, damage] of [
    [blob, Buffer.from('damaged')],
    [blob, Buffer.alloc(0)],
    [tree, Buffer.from('damaged')],
  ] as const) {
    await copyFile(placeOf(oid), `${dir}/saved`)
    await chmod(placeOf(oid), 0o644)
    await writeFile(placeOf(oid), damage)
    expect(await list()).toBeNull()
    await copyFile(`${dir}/saved`, placeOf(oid))
    expect(await list()).toHaveLength(2)
  }
  await copyFile(placeOf(blob), placeOf(tree))
  expect(await list()).toBeNull()
  await copyFile(`${dir}/saved`, placeOf(tree))
  const many = Array.from({ length: 251 }, (_none, index) => [`f${index}`, `${index}`])
  await commitFiles(dir, Object.fromEntries(many) as Record<string, string>)
  expect(await list()).toBeNull()
  await git(dir, ['rm', '-rq', '.'])
  await commitFiles(dir, { 'a/b.txt': 'b' })
  expect(await list()).toHaveLength(2)
  await git(dir, ['repack', '-adq'])
  expect(await list()).toBeNull()
})

test('a tree that holds itself many times over is left to git', async () => {
  await commitFiles(dir, { 'x.txt': 'x' })
  for (let level = 0; level < 8; level += 1) {
    const tree = await oidOf('HEAD^{tree}')
    await git(dir, ['read-tree', '--empty'])
    for (const side of ['l', 'r']) await git(dir, ['read-tree', `--prefix=${side}/`, tree])
    await git(dir, ['commit', '-qm', `level ${level}`])
  }
  expect(await list()).toBeNull()
})
