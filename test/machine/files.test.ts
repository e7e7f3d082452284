/** Small files of Slipway's own: keys, secrets, marks. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readTextIfAny } from '../../src/machine/files.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-files-'))
})
afterAll(async () => rm(folder, { recursive: true, force: true }))

test('a file that is not there is no text, and one that can not be read is an error', async () => {
  const path = join(folder, 'secret')
  expect(await readTextIfAny(path)).toBeNull()
  await writeFile(path, 'written by hand\n\n')
  expect(await readTextIfAny(path)).toBe('written by hand')
  await expect(readTextIfAny(folder)).rejects.toThrow('EISDIR')
})
