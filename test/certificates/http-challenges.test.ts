/** The answers to an authority's questions over HTTP: files that nginx shows. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createHttpSolver, removeChallenges } from '../../src/certificates/http-challenges.ts'

let folder: string
const signal = new AbortController().signal
const challenge = (token: string) => ({ host: 'shop.example', token, proof: `proof of ${token}` })

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'slipway-challenges-')), 'challenges')
})
afterEach(async () => {
  await rm(join(folder, '..'), { recursive: true, force: true })
})

test('each answer is there until it is taken away, and no other is touched', async () => {
  const { present, cleanUp } = createHttpSolver(folder)
  await present(challenge('first-token'), signal)
  await present(challenge('second-token'), signal)
  expect(await readFile(join(folder, 'first-token'), 'utf8')).toBe('proof of first-token')
  await cleanUp(challenge('first-token'), signal)
  expect(await readdir(folder)).toEqual(['second-token'])
})

test('an authority can write nowhere else', async () => {
  const { present } = createHttpSolver(folder)
  for (const token of ['../escape-it', '..', '', 'a/b-c-d-e-f', '.hidden-token', 'x'.repeat(300)]) {
    await expect(present(challenge(token), signal), token).rejects.toThrow('an odd token')
  }
})

test('what a server has left that went away is removed', async () => {
  await removeChallenges(folder)
  await createHttpSolver(folder).present(challenge('left-token'), signal)
  await removeChallenges(folder)
  expect(await readdir(folder)).toEqual([])
})
