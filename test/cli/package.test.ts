/** The command as a package of its own, run outside of this repository. */
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildCli, packCli } from '../../packaging/cli.ts'
import { runCommand, startProcess, systemPath } from '../../src/machine/run-command.ts'
import { schemaOf } from '../tools/watched-folder.ts'

let folder: string
let tarball: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-package-'))
  await buildCli(join(folder, 'built'))
  tarball = await packCli(join(folder, 'built'), folder)
  await mkdir(join(folder, 'bin'))
  await symlink(process.execPath, join(folder, 'bin/node'))
})
afterAll(() => rm(folder, { recursive: true }))

/** With nothing of this repository in reach, and no network. */
async function npx(...words: readonly string[]) {
  const { stdout, ...result } = await runCommand({
    program: 'npx',
    args: ['--yes', '--offline', `./${basename(tarball)}`, ...words],
    cwd: folder,
    environment: {
      PATH: `${join(folder, 'bin')}:${systemPath}`,
      HOME: folder,
      npm_config_cache: join(folder, 'npm-cache'),
    },
    timeoutMs: 50_000,
  })
  return { ...result, stdout: stdout.toString('utf8') }
}

test('npx runs it without a network', async () => {
  const { exitCode, stdout } = await npx('--help')
  expect(stdout).toContain('Usage: slipway <command> [options]')
  expect(exitCode).toBe(0)
  const { exitCode: code, stderr } = await npx('status', 'harbour', '--url', 'http://127.0.0.1:9')
  expect(stderr).toContain('slipway login http://127.0.0.1:9')
  expect(code).toBe(3)
})

test('what only some commands need is in files of its own, and works', async () => {
  const schemas = await mkdtemp(join(folder, 'schemas-'))
  await writeFile(join(schemas, 'shop.schema.json'), schemaOf('one'))
  const child = startProcess(
    {
      program: process.execPath,
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
    timeoutMs: 10_000,
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
