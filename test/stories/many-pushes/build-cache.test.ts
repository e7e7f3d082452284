/** What an install brought is kept for the project's next build, sealed against every build. */
import { cp } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readTree } from '../../tools/read-tree.ts'
import { startRegistry, type TestRegistry } from '../../tools/registry.ts'
import {
  type SlipwayServer,
  startSlipwayServer,
  type WorkingCopy,
} from '../../tools/slipway-server.ts'

const harbourApp = resolve(import.meta.dirname, '../../fixtures/harbour-app')

let registry: TestRegistry
let server: SlipwayServer
beforeAll(async () => {
  registry = await startRegistry()
  server = await startSlipwayServer({ environment: { npm_config_registry: registry.url } })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await registry[Symbol.asyncDispose]()
})

async function createHarbour(slug: string): Promise<WorkingCopy> {
  const copy = await server.createWorkingCopy(slug)
  await copy.git('rm', '-q', 'index.html')
  await cp(harbourApp, copy.dir, { recursive: true })
  await copy.commit({})
  return copy
}

/** How often the registry is asked while a push goes on, and what the pusher reads. */
async function pushAndCount(copy: WorkingCopy, ...args: readonly string[]) {
  const before = registry.asked.length
  const { exitCode, stderr } = await copy.push(...(args.length === 0 ? ['main'] : args))
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining(' live: ')])
  return { asked: registry.asked.length - before, stderr }
}

const title = (text: string) => ({
  'site.js': `import { ring } from 'harbour-bell'\nexport const title = \`${text} \${ring()}\`\n`,
})

/** Runs a script of the commit before the real build. */
const withScript = (name: string, script: string) => ({
  'package.json': `${JSON.stringify({
    name: 'harbour-app',
    version: '1.0.0',
    private: true,
    type: 'module',
    scripts: { build: `node ${name} && harbour-build` },
    dependencies: { 'harbour-bell': '1.0.0' },
    devDependencies: { 'harbour-build': '1.0.0' },
  })}\n`,
  [name]: script,
})

test('a second deployment with the same lock file installs nothing, and asks nobody', async () => {
  const copy = await createHarbour('lasting')
  const first = await pushAndCount(copy)
  expect(first.asked).toBeGreaterThan(0)
  await copy.commit(title('Second:'))
  const second = await pushAndCount(copy)
  expect(second.asked).toBe(0)
  expect(second.stderr).toMatch(/✓ install +nothing to install: package-lock\.json is known/)
  expect((await server.visit('lasting')).body).toContain('Second: ding dong')
})

test('a lock file that says something else is installed anew', async () => {
  const copy = await createHarbour('changed')
  await pushAndCount(copy)
  const lock = JSON.parse(await copy.git('show', 'HEAD:package-lock.json')) as object
  await copy.commit({ 'package-lock.json': JSON.stringify(lock) })
  expect((await pushAndCount(copy)).asked).toBeGreaterThan(0)
  await copy.git('revert', '--no-edit', '-n', 'HEAD')
  await copy.commit(title('Back:'))
  expect((await pushAndCount(copy)).asked).toBe(0)
})

test('another project with the same lock file shares nothing, and asks the registry', async () => {
  const one = await createHarbour('one')
  await pushAndCount(one)
  const look = `
    import { existsSync } from 'node:fs'
    console.log('seen:', existsSync(${JSON.stringify(join(server.folder, 'data/caches'))}))`
  const two = await createHarbour('two')
  await two.commit(withScript('look.js', look))
  const pushed = await pushAndCount(two)
  expect(pushed.asked).toBeGreaterThan(0)
  expect(pushed.stderr).toContain('seen: false')
})

test('clear-cache installs again, for this project only', async () => {
  const copy = await createHarbour('cleared')
  const neighbour = await createHarbour('neighbour')
  await pushAndCount(copy)
  await pushAndCount(neighbour)
  const redeployed = await pushAndCount(copy, '-o', 'clear-cache', 'HEAD:refs/redeploy/main')
  expect(redeployed.asked).toBeGreaterThan(0)
  await neighbour.commit(title('Undisturbed:'))
  expect((await pushAndCount(neighbour)).asked).toBe(0)
})

test('a build can not change what is kept, whatever it tries', async () => {
  const copy = await createHarbour('poisoned')
  await pushAndCount(copy)
  const before = await readTree(join(server.folder, 'data/caches'))
  const poison = `
    import * as fs from 'node:fs'
    import { execFileSync } from 'node:child_process'
    const bell = 'node_modules/harbour-bell'
    const attempts = {
      append: () => fs.appendFileSync(bell + '/bell.js', '// poison'),
      replace: () => fs.writeFileSync(bell + '/package.json', '{}'),
      add: () => fs.writeFileSync('node_modules/poison.js', ''),
      remove: () => fs.rmSync(bell, { recursive: true }),
      rename: () => fs.renameSync('node_modules', 'elsewhere'),
      open: () => fs.chmodSync(bell + '/bell.js', 0o777),
      link: () => fs.linkSync(bell + '/bell.js', 'node_modules/linked.js'),
      descriptor: () => fs.closeSync(fs.openSync('/proc/self/cwd/' + bell + '/bell.js', 'r+')),
      remount: () => execFileSync('mount', ['-o', 'remount,rw', '/app/node_modules'], { stdio: 'ignore' }),
    }
    for (const [name, attempt] of Object.entries(attempts)) {
      try { attempt(); console.log('succeeded:', name) } catch { console.log('refused:', name) }
    }`
  await copy.commit(withScript('poison.js', poison))
  const pushed = await pushAndCount(copy)
  expect(pushed.asked).toBe(0)
  expect(pushed.stderr).not.toContain('succeeded:')
  expect(pushed.stderr.match(/refused:/g)).toHaveLength(9)
  expect(await readTree(join(server.folder, 'data/caches'))).toEqual(before)
})

test('a build that has to write into its packages gets a copy, which nobody else sees', async () => {
  const copy = await createHarbour('patched')
  await pushAndCount(copy)
  const before = await readTree(join(server.folder, 'data/caches'))
  const patch = `
    import { writeFileSync } from 'node:fs'
    writeFileSync('node_modules/harbour-bell/bell.js', "export const ring = () => 'patched'")`
  await copy.commit(withScript('patch.js', patch))
  const patched = await pushAndCount(copy)
  expect(patched.asked).toBe(0)
  expect(patched.stderr).toContain('it gets a copy of its own, and a second try')
  expect((await server.visit('patched')).body).toContain('The bell says patched')
  expect(await readTree(join(server.folder, 'data/caches'))).toEqual(before)

  await cp(harbourApp, copy.dir, { recursive: true })
  await copy.commit(title('Clean:'))
  expect((await pushAndCount(copy)).asked).toBe(0)
  expect((await server.visit('patched')).body).toContain('Clean: ding dong')
})

test('what a tool writes to its scratch folder is gone with its build', async () => {
  const copy = await createHarbour('scratch')
  const scratch = `
    import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
    console.log('found:', existsSync('node_modules/.cache/mine'), existsSync('node_modules/.vite/mine'))
    for (const name of ['.cache', '.vite']) writeFileSync('node_modules/' + name + '/mine', '')`
  await copy.commit(withScript('scratch.js', scratch))
  for (const round of ['one', 'two']) {
    await copy.commit(title(round))
    expect((await pushAndCount(copy)).stderr).toContain('found: false false')
  }
})

/** Says what a build finds compiled, and tries to bring in something of its own. */
const lookAtCompiled = `
  import { readdirSync, writeFileSync } from 'node:fs'
  const folder = process.env.NODE_COMPILE_CACHE
  const found = readdirSync(folder, { recursive: true })
  console.log('found:', found.length > 0, found.includes('mine'))
  try { writeFileSync(folder + '/mine', ''); console.log('let in') } catch (error) { console.log(error.code) }`

test('what the first build with some packages compiled is shown to the next, which can not change it', async () => {
  const copy = await createHarbour('compiled')
  await pushAndCount(copy)
  const before = await readTree(join(server.folder, 'data/caches'))
  await copy.commit(withScript('look.js', lookAtCompiled))
  expect((await pushAndCount(copy)).stderr).toMatch(/found: true false *\n.* EROFS/)
  expect(await readTree(join(server.folder, 'data/caches'))).toEqual(before)

  const other = await createHarbour('compiled-apart')
  await other.commit(withScript('look.js', lookAtCompiled))
  const fresh = (await pushAndCount(other)).stderr
  expect(fresh).toMatch(/found: (?:true|false) false *\n.* let in/)

  const cleared = await pushAndCount(copy, '-o', 'clear-cache', 'HEAD:refs/redeploy/main')
  expect(cleared.stderr).toContain('let in')
})

test('what a build that failed compiled is not kept', async () => {
  const copy = await createHarbour('compiled-badly')
  await copy.commit(withScript('fail.js', `${lookAtCompiled}\nprocess.exit(1)`))
  const failed = await copy.push('main')
  expect([failed.exitCode, failed.stderr]).toEqual([1, expect.stringContaining('let in')])
  await copy.commit(withScript('look.js', lookAtCompiled))
  const pushed = await pushAndCount(copy)
  expect(pushed.asked).toBe(0)
  expect(pushed.stderr).toMatch(/ (?:true|false) false *\n.* let in/)
})
