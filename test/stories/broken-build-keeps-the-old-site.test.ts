/** Builds that fail, each in its own way: the push is declined, and visitors notice nothing. */
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { forAllTests } from '../tools/for-all-tests.ts'
import { scriptedApp, writeOutput } from '../tools/scripted-app.ts'
import { type Snapshot, startSlipwayServer, type WorkingCopy } from '../tools/slipway-server.ts'

const viteApp = resolve(import.meta.dirname, '../fixtures/vite-react')
const goodApp = scriptedApp(writeOutput('index.html', '<h1>good</h1>'))

const server = forAllTests(startSlipwayServer)
let copy: WorkingCopy
let before: Snapshot
beforeAll(async () => {
  copy = await server.createWorkingCopy('shop', goodApp)
  expect((await copy.push()).exitCode).toBe(0)
  before = await server.snapshot('shop')
})

async function pushBroken(files: Readonly<Record<string, string>>): Promise<string> {
  await copy.git('reset', '-q', '--hard', 'deploy/main')
  await copy.commit(files)
  const pushed = await copy.push()
  expect(pushed.exitCode).toBe(1)
  expect(await server.snapshot('shop')).toEqual(before)
  expect(await server.leftBuilds()).toEqual([])
  const { body } = await server.rest('GET', '/projects/shop/deployment-status')
  expect(body).toMatchObject({
    status: 'failed',
    frontend_url: `http://shop.localhost:${server.httpPort}`,
    deployment: { status: 'failed' },
  })
  return pushed.stderr
}

test('a build that ends with an error is run once, told with its last words, and changes nothing', async () => {
  const told = await pushBroken({
    'build.js': 'console.log("one attempt"); console.error("the reason"); process.exit(3)',
  })
  expect(told.match(/one attempt/g)).toHaveLength(1)
  expect(told).toMatch(/remote: {7}the reason/)
  expect(told).toMatch(/remote: {3}✗ build +npm run build ended with exit code 3/)
  expect(told).toContain('Run it on your machine with NODE_ENV=production')
  expect(told).toMatch(/! \[remote rejected\] main -> main \(npm run build ended with exit code 3/)
})

test('what a build used that failed is on record too', async () => {
  await pushBroken({
    'build.js': `while (process.cpuUsage().user < 1_000_000); console.log('had enough'); process.exit(1)`,
  })
  const { body } = await server.rest('GET', '/projects/shop/deployment-status')
  const { number } = body['deployment'] as { number: number }
  const { body: failed } = await server.rest('GET', `/projects/shop/deployments/${number}`)
  const used = failed['used'] as Record<string, number>
  expect(used['cpu_seconds']).toBeGreaterThan(0.25)
  expect(used).toMatchObject({ release_files: null, release_bytes: null })
})

test('a long output is shown to its end, and the end once more below the failure', async () => {
  // Ends at once, as some tools do, while the lines are still on their way.
  const told = await pushBroken({
    'build.js':
      'for (let n = 1; n <= 2000; n += 1) console.log(`line ${n} of it`); process.exit(1)',
  })
  expect(told.match(/line 1 of it/g)).toHaveLength(1)
  expect(told.match(/line 2000 of it/g)).toHaveLength(2)
  expect(told).toContain('The last lines:')
})

test('an output of very many lines is cut where it gets too long, and its end is told', async () => {
  const told = await pushBroken({
    'build.js': `
for (let n = 1; n <= 110_000; n += 1) console.log('short')
console.log('the very end')
process.exitCode = 1`,
  })
  // Not told in full where it fails: it has megabytes.
  const shown = told.split('\n').filter((line) => line.includes('short')).length
  expect(shown).toBeGreaterThan(99_000)
  expect(shown).toBeLessThan(100_100)
  expect(/remote: {7}… output cut after 100,000 lines/.test(told)).toBe(true)
  expect(told.slice(-2_000)).toMatch(/remote: {7}the very end/)
})

test('a build that is ended by a signal is told as that', async () => {
  const told = await pushBroken({ 'build.js': 'process.kill(process.pid, "SIGKILL")' })
  expect(told).toMatch(/ended with (signal SIGKILL|exit code 137)/)
})

test('a build that writes no output is declined, and told where to name its folder', async () => {
  const told = await pushBroken({ 'build.js': 'console.log("done, it seems")' })
  expect(told).toContain('The build ended well but wrote no dist')
  expect(told).toContain('slipway.json: {"output": "…"}')
})

test('an output without an index.html is declined, and told what to do', async () => {
  const told = await pushBroken({ 'build.js': writeOutput('app.js', 'alert(1)') })
  expect(told).toContain('There is no index.html in dist')
  expect(told).toContain('slipway.json: {"output": "…"}')
})

test('a page that names a missing file goes live for no longer than it takes to see that', async () => {
  const told = await pushBroken({
    'build.js': writeOutput('index.html', '<script src="/missing.js"></script><h1>bad</h1>'),
  })
  expect(told).toContain('the page names /missing.js, which answers 404')
  expect(told).toContain('The site from before is back.')
  expect(told).toMatch(/↩ activate +release v2 is back/)
})

test('a failed install is told as the installation that failed', async () => {
  const told = await pushBroken({
    'slipway.json': '{"install": "echo trying; exit 7"}',
  })
  expect(told.match(/trying *$/gm)).toHaveLength(1)
  expect(told).toContain('echo trying; exit 7 ended with exit code 7')
  expect(told).toContain('Run it in a fresh clone on your machine')
})

test('a lock file that does not fit is told as that, with the command that mends it', async () => {
  const manifest = JSON.parse(await readFile(join(copy.dir, 'package.json'), 'utf8')) as object
  const told = await pushBroken({
    'package.json': JSON.stringify({ ...manifest, dependencies: { react: '19.3.1' } }),
  })
  expect(told).toContain('package.json and package-lock.json do not fit together')
  expect(told).toContain('Run npm install, commit package-lock.json, and push again.')
})

test('the mended app goes live by the next push', async () => {
  await copy.git('reset', '-q', '--hard', 'deploy/main')
  const commit = await copy.commit({ 'build.js': writeOutput('index.html', '<h1>mended</h1>') })
  expect((await copy.push()).exitCode).toBe(0)
  expect((await server.visit('shop')).body).toBe('<h1>mended</h1>')
  expect(await server.refs('shop')).toContain(commit)
  const { body } = await server.rest('GET', '/projects/shop/deployment-status')
  expect(body).toMatchObject({ status: 'deployed', deployment: { commit, error: null } })
})

test('the first push of all may fail too: the welcome page stays and nothing is stored', async () => {
  const first = await server.createWorkingCopy('unlucky', scriptedApp('process.exit(1)'))
  const welcome = await server.snapshot('unlucky')
  expect((await first.push()).exitCode).toBe(1)
  expect(await server.snapshot('unlucky')).toEqual(welcome)
  expect(welcome.refs).toBe('')
})

test('a compile error of a Vite app is shown as Vite tells it, and compiled once', async () => {
  const vite = await server.createWorkingCopy('vite')
  await vite.git('rm', '-q', 'index.html')
  await cp(viteApp, vite.dir, { recursive: true })
  await writeFile(join(vite.dir, 'src/App.jsx'), 'export function App() { return <main> }\n')
  await vite.commit({})
  const welcome = await server.snapshot('vite')
  const { exitCode, stderr } = await vite.push()
  expect(exitCode).toBe(1)
  expect(stderr.match(/remote: {7}vite v\d/g)).toHaveLength(1)
  expect(stderr).toMatch(/remote: {7}.*App\.jsx/)
  expect(stderr).toMatch(/\[remote rejected\] main -> main \(npm run build ended with exit code 1/)
  expect(await server.snapshot('vite')).toEqual(welcome)
})
