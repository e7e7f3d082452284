import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { requireFolders } from '../../src/machine/require-folders.ts'
import { makeTemporaryFolder } from '../tools/git-client.ts'

test('folders are made where they are missing, and nothing is left in them', async () => {
  const folder = await makeTemporaryFolder('folders')
  await requireFolders({ SLIPWAY_DATA: join(folder, 'a/b'), NGINX_WWW_ROOT: folder })
  expect(await readdir(folder, { recursive: true })).toEqual(['a', 'a/b'])
  await rm(folder, { recursive: true })
})

test('one that can not be written is told by the name of its setting', async () => {
  const folder = await makeTemporaryFolder('folders')
  const file = join(folder, 'file')
  await writeFile(file, '')
  for (const path of [file, join(file, 'below'), '/sys/slipway']) {
    const told = `NGINX_WWW_ROOT=${path}: expected a folder that can be written (E`
    await expect(requireFolders({ NGINX_WWW_ROOT: path })).rejects.toThrow(told)
  }
  await rm(folder, { recursive: true })
})
