/** One file of a commit, read as git keeps it or by git: the same bytes, or no others. */
import { chmod, copyFile, rm, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readLooseBlob } from '../../src/git/loose-blob.ts'
import { commitFiles, git, makeTemporaryFolder, makeWorkingCopy } from '../tools/git-client.ts'

let dir: string
let repository: string
const bytes = Buffer.from(Array.from({ length: 300 }, (_none, index) => index % 256))

beforeEach(async () => {
  dir = await makeTemporaryFolder('loose')
  await makeWorkingCopy(dir)
  await commitFiles(dir, { 'a.bin': bytes, empty: '' })
  repository = `${dir}/.git`
})
afterEach(async () => {
  await rm(dir, { recursive: true, force: true })
})

async function oidOf(name: string): Promise<string> {
  return git(dir, ['rev-parse', name])
}

test('a blob of its own is read byte for byte, also one without a byte', async () => {
  expect(await readLooseBlob(repository, await oidOf('HEAD:a.bin'), 300)).toEqual(bytes)
  expect(await readLooseBlob(repository, await oidOf('HEAD:empty'), 0)).toEqual(Buffer.alloc(0))
})

test('what has more bytes than are wanted is left to git, and so is what would unpack to them', async () => {
  expect(await readLooseBlob(repository, await oidOf('HEAD:a.bin'), 299)).toBeNull()
  await commitFiles(dir, { zeros: Buffer.alloc(5 * 1024 ** 2) })
  expect(await readLooseBlob(repository, await oidOf('HEAD:zeros'), 1_000)).toBeNull()
})

test('a commit, a tree, what is packed and what is not there are left to git', async () => {
  for (const name of ['HEAD', 'HEAD^{tree}']) {
    expect(await readLooseBlob(repository, await oidOf(name), 1_000), name).toBeNull()
  }
  expect(await readLooseBlob(repository, '1'.repeat(40), 1_000)).toBeNull()
  const oid = await oidOf('HEAD:a.bin')
  await git(dir, ['repack', '-adq'])
  await git(dir, ['prune-packed'])
  expect(await readLooseBlob(repository, oid, 1_000)).toBeNull()
})

test('a file that is damaged, or is another than its name says, is left to git', async () => {
  const oid = await oidOf('HEAD:a.bin')
  const other = await oidOf('HEAD:empty')
  const pathOf = (name: string): string =>
    `${repository}/objects/${name.slice(0, 2)}/${name.slice(2)}`
  await chmod(pathOf(oid), 0o644)
  for (const damage of [Buffer.from('damaged'), Buffer.alloc(0)]) {
    await writeFile(pathOf(oid), damage)
    expect(await readLooseBlob(repository, oid, 1_000)).toBeNull()
  }
  await rm(pathOf(oid))
  await copyFile(pathOf(other), pathOf(oid))
  expect(await readLooseBlob(repository, oid, 1_000)).toBeNull()
})
