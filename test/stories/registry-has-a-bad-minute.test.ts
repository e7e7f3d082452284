/** A registry that answers 503: for a moment, for longer than npm waits, and for good. */
import { cp } from 'node:fs/promises'
import { resolve } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { forAllTests } from '../tools/for-all-tests.ts'
import { startRegistry } from '../tools/registry.ts'
import { startSlipwayServer, type WorkingCopy } from '../tools/slipway-server.ts'

const harbourApp = resolve(import.meta.dirname, '../fixtures/harbour-app')
const npmTriesOfEachFile = 3

const registry = forAllTests(startRegistry)
const server = forAllTests(() =>
  startSlipwayServer({ environment: { npm_config_registry: registry.url } }),
)
beforeEach(() => {
  registry.failNext(0)
})

async function createHarbour(slug: string): Promise<WorkingCopy> {
  const copy = await server.createWorkingCopy(slug)
  await copy.git('rm', '-q', 'index.html')
  await cp(harbourApp, copy.dir, { recursive: true })
  await copy.commit({})
  return copy
}

test('two answers of 503 in a row do not stop a push', async () => {
  const copy = await createHarbour('twice')
  registry.failNext(2)
  const pushed = await copy.push()
  expect(pushed.exitCode).toBe(0)
  expect((await server.visit('twice')).body).toContain('The bell says ding dong')
})

test('where npm gives up, the install is tried again, and the pusher is told', async () => {
  const copy = await createHarbour('again')
  registry.failNext(2 * npmTriesOfEachFile)
  const pushed = await copy.push()
  expect(pushed.stderr).toContain(
    'the registry did not answer as it should; attempt 2 of 3 follows',
  )
  expect(pushed.stderr).toMatch(/✓ install/)
  expect(pushed.exitCode).toBe(0)
  expect((await server.visit('again')).body).toContain('The bell says ding dong')
})

test('a registry that is away declines the push by its name, and blames nobody else', async () => {
  const copy = await createHarbour('never')
  const before = await server.snapshot('never')
  registry.failNext(Number.POSITIVE_INFINITY)
  const pushed = await copy.push()
  expect(pushed.exitCode).toBe(1)
  expect(pushed.stderr).toContain('attempt 2 of 3 follows')
  expect(pushed.stderr).toContain('attempt 3 of 3 follows')
  expect(pushed.stderr).toMatch(
    /\[remote rejected\] main -> main \(The package registry did not answer/,
  )
  expect(pushed.stderr).toContain('503')
  expect(pushed.stderr).toContain('Nothing is wrong with your commit: push again in some minutes.')
  expect(await server.snapshot('never')).toEqual(before)

  registry.failNext(0)
  expect((await copy.push()).exitCode).toBe(0)
})

test('a package that does not exist is the fault of the commit, and is asked for once', async () => {
  const copy = await createHarbour('typo')
  await copy.git('rm', '-q', 'package-lock.json')
  await copy.commit({
    'package.json': JSON.stringify({
      name: 'typo',
      scripts: { build: 'harbour-build' },
      dependencies: { 'harbour-bull': '1.0.0' },
    }),
  })
  const asked = registry.asked.length
  const pushed = await copy.push()
  expect(pushed.exitCode).toBe(1)
  expect(pushed.stderr).toContain('harbour-bull')
  expect(pushed.stderr).toContain('npm install ended with exit code 1')
  expect(registry.asked.slice(asked)).toEqual(['/harbour-bull'])
})
