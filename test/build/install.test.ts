import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { explainFailure } from '../../src/domain/failure-causes.ts'
import { type BuildLab, startBuildLab } from '../tools/build-lab.ts'
import { startRegistry, type TestRegistry } from '../tools/registry.ts'

let registry: TestRegistry
let lab: BuildLab
beforeAll(async () => {
  registry = await startRegistry()
  lab = await startBuildLab({ registry: registry.url })
})
afterAll(async () => {
  await lab[Symbol.asyncDispose]()
  await registry[Symbol.asyncDispose]()
})

const install = { command: ['npm', 'ci'], network: 'registry' } as const
const build = { command: ['npm', 'run', 'build'] } as const

test('an install brings the tools of the build too, and the build writes the site', async () => {
  const workspace = await lab.open('app', 'harbour-app')
  const installed = await lab.run(workspace, install)
  expect([installed.exitCode, installed.stderr]).toEqual([0, []])
  const built = await lab.run(workspace, build)
  expect([built.exitCode, built.stderr]).toEqual([0, []])
  expect(built.stdout).toContain('wrote dist/index.html')
  expect(await lab.builder.findOutput(workspace, ['dist'])).toBe('dist')
  const page = await readFile(join(workspace.sourceDir, 'dist/index.html'), 'utf8')
  expect(page).toContain('<h1>The bell says ding dong</h1>')
})

test('without a network an install does not reach the registry', async () => {
  const workspace = await lab.open('offline', 'harbour-app')
  const before = registry.asked.length
  const { exitCode } = await lab.run(workspace, {
    ...install,
    network: 'none',
    environment: { npm_config_registry: registry.url, npm_config_fetch_retries: '0' },
  })
  expect(exitCode).not.toBe(0)
  expect(registry.asked.length).toBe(before)
})

test("a project's .npmrc can not send the install to another registry", async () => {
  const workspace = await lab.open('npmrc', 'harbour-app')
  await writeFile(
    join(workspace.sourceDir, '.npmrc'),
    'registry=http://127.0.0.1:1/\nomit=dev\nproxy=http://127.0.0.1:1/\nhttps-proxy=http://127.0.0.1:1/\n',
    { mode: 0o644 },
  )
  const installed = await lab.run(workspace, install)
  expect([installed.exitCode, installed.stderr]).toEqual([0, []])
  expect((await lab.run(workspace, build)).exitCode).toBe(0)
})

test('a registry that is ill for one answer is asked again by npm', async () => {
  const workspace = await lab.open('ill-once', 'harbour-app')
  registry.failNext(1)
  expect((await lab.run(workspace, install)).exitCode).toBe(0)
})

test('a registry that stays ill is named as the cause', async () => {
  const workspace = await lab.open('ill', 'harbour-app')
  registry.failNext(1_000)
  const { exitCode, stderr } = await lab.run(workspace, install)
  registry.failNext(0)
  expect(exitCode).not.toBe(0)
  const cause = explainFailure(stderr, 'install')
  expect(cause?.code).toBe('registry_unreachable')
  expect(cause?.line).toMatch(/^503 Service Unavailable - GET/)
})

test('a lock file that does not fit is named as the cause', async () => {
  const workspace = await lab.open('mismatch', 'harbour-app')
  const path = join(workspace.sourceDir, 'package-lock.json')
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.replaceAll('harbour-build', 'harbour-other'))
  const { stderr } = await lab.run(workspace, install)
  expect(explainFailure(stderr, 'install')?.code).toBe('lockfile_mismatch')
})

test('a build that fetches is told that it has no network', async () => {
  const workspace = await lab.open('fetches', 'harbour-app')
  const { exitCode, stderr } = await lab.run(workspace, {
    command: ['node', '-e', 'fetch("http://cms.example.org/posts")'],
  })
  expect(exitCode).toBe(1)
  expect(explainFailure(stderr, 'build')?.code).toBe('network_denied')
})

test('a real app of React and Vite is installed from the registry of npm and built', async () => {
  await using real = await startBuildLab()
  const workspace = await real.open('vite', 'vite-react')
  const installed = await real.run(workspace, install)
  expect([installed.exitCode, installed.stderr]).toEqual([0, []])
  const built = await real.run(workspace, build)
  expect([built.exitCode, built.stderr]).toEqual([0, []])
  const page = await readFile(join(workspace.sourceDir, 'dist/index.html'), 'utf8')
  expect(page).toMatch(/<script type="module"[^>]* src="\/assets\/index-[\w-]+\.js">/)
})
