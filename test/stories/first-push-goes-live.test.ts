/** The first push of a Vite and React app, from a project's creation to the page at a visitor. */
import { cp, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../tools/browser.ts'
import { forAllTests } from '../tools/for-all-tests.ts'
import { lockFile, scriptedApp, waitForFile, writeOutput } from '../tools/scripted-app.ts'
import { startSlipwayServer, type WorkingCopy } from '../tools/slipway-server.ts'

const viteApp = resolve(import.meta.dirname, '../fixtures/vite-react')

const server = forAllTests(startSlipwayServer)
let copy: WorkingCopy
beforeAll(async () => {
  copy = await server.createWorkingCopy('first')
})

test('a new project shows a page with its name and the commands to push to it', async () => {
  const page = await server.visit('first')
  expect(page.status).toBe(200)
  expect(page.body).toContain('first')
  expect(page.body).toContain(`git remote add deploy ${server.url}/first.git`)
  expect(page.body).toContain('git push deploy main')
})

test('a pushed Vite app is built, and live when git push returns', async () => {
  await copy.git('rm', '-q', 'index.html')
  await cp(viteApp, copy.dir, { recursive: true })
  await copy.git('add', '-A')
  await copy.git('commit', '-qm', 'the app')
  const pushed = await copy.push()
  expect(pushed.stderr).toMatch(/remote: {3}first {2}main [0-9a-f]{7} → v2/)
  for (const step of ['checkout', 'plan', 'install', 'build', 'release', 'vhost', 'verify']) {
    expect(pushed.stderr).toMatch(new RegExp(`remote: {3}✓ ${step} .*\\(\\d+\\.\\d+ s\\)`))
  }
  expect(pushed.stderr).toMatch(/remote: {7}vite v\d+/)
  expect(pushed.stderr).toMatch(/v2 live: http:\/\/first\.localhost:\d+ {2}\(\d+\.\d+ s\)/)
  expect(pushed.exitCode).toBe(0)
  const page = await server.visit('first')
  expect(page.status).toBe(200)
  expect(page.body).toContain('/assets/index-')
})

test('a browser shows the app, fetches its lazy chunk on a click, and has nothing to complain of', async () => {
  await using browser = await launchBrowser()
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('requestfailed', (request) => complaints.push(request.url()))
  const answered: string[] = []
  page.on('response', (response) => {
    answered.push(`${response.status()} ${new URL(response.url()).pathname}`)
  })
  await page.goto(`http://first.localhost:${server.httpPort}/`)
  await page.getByRole('heading', { name: 'Hello from Slipway' }).waitFor()
  expect(answered.filter((line) => line.includes('Tides'))).toEqual([])
  await page.getByRole('button', { name: 'Show the tides' }).click()
  await page.getByRole('cell', { name: '4.3 m' }).waitFor()
  expect(answered.filter((line) => /^200 \/assets\/Tides-.*\.js$/.test(line))).toHaveLength(1)
  await page.waitForFunction('document.querySelector("img").naturalWidth > 0')
  expect(answered.filter((line) => !line.startsWith('200 '))).toEqual([])
  expect(complaints).toEqual([])
})

test('the status says that it is deployed, what happened, and from which commit', async () => {
  const { status, body } = await server.rest('GET', '/projects/first/deployment-status')
  expect(status).toBe(200)
  expect(body).toMatchObject({
    status: 'deployed',
    frontend_url: `http://first.localhost:${server.httpPort}`,
    deployment: { number: 2, status: 'completed', commit: await copy.git('rev-parse', 'HEAD') },
  })
  const told = body['deployment_logs'] as { step: string; status: string; timestamp: string }[]
  for (const step of ['checkout', 'plan', 'install', 'build', 'release', 'activate', 'verify']) {
    expect(told).toContainEqual(expect.objectContaining({ step, status: 'completed' }))
  }
  // The welcome page of v1 is another deployment.
  expect(JSON.stringify(told)).not.toContain('the welcome page')
  const times = told.map(({ timestamp }) => timestamp)
  expect(times).toEqual(times.toSorted())
})

test('what a deployment used is on record, in all and step by step', async () => {
  const { body } = await server.rest('GET', '/projects/first/deployments/2')
  const used = body['used'] as Record<string, number>
  expect(used['cpu_seconds']).toBeGreaterThan(0.1)
  expect(used['cpu_seconds']).toBeLessThan(600)
  expect(used['peak_memory_bytes']).toBeGreaterThan(30_000_000)
  expect(used['peak_memory_bytes']).toBeLessThan(3_000_000_000)
  expect(used['source_files']).toBe(10)
  expect(used['source_bytes']).toBeGreaterThan(10_000)
  expect(used['release_files']).toBeGreaterThanOrEqual(4)
  expect(used['release_bytes']).toBeGreaterThan(100_000)
  const steps = body['steps'] as { step: string; used: Record<string, number> | null }[]
  const usedBy = (name: string) => steps.find(({ step }) => step === name)?.used
  const ofProcesses = ['install', 'build'].map((name) => usedBy(name)?.['cpu_seconds'] ?? 0)
  for (const seconds of ofProcesses) expect(seconds).toBeGreaterThan(0)
  expect((ofProcesses[0] ?? 0) + (ofProcesses[1] ?? 0)).toBeCloseTo(used['cpu_seconds'] ?? 0, 5)
  expect(usedBy('release')).toEqual({
    cpu_seconds: null,
    peak_memory_bytes: null,
    files: used['release_files'],
    bytes: used['release_bytes'],
  })
  expect(usedBy('verify')).toBeNull()
  const { body: usage } = await server.rest('GET', '/projects/first/usage')
  expect(usage['builds']).toEqual({
    cpu_seconds: used['cpu_seconds'],
    peak_memory_bytes: used['peak_memory_bytes'],
  })
})

test('a clone gives back the very commit that is live', async () => {
  const clone = await server.clone('first')
  expect(await clone.git('rev-parse', 'HEAD')).toBe(await copy.git('rev-parse', 'HEAD'))
  expect(await clone.git('symbolic-ref', 'HEAD')).toBe('refs/heads/main')
  expect(await clone.git('status', '--porcelain')).toBe('')
})

test('every line is at the pusher when it is printed, not when the push is over', async () => {
  const app = scriptedApp(waitForFile('go') + writeOutput('index.html', '<h1>patience</h1>'))
  const patient = await server.createWorkingCopy('patient', app)
  const push = patient.startPush('main')
  await push.untilLine(/✓ checkout/)
  await push.untilLine(/remote: {7}waiting for go/)
  expect(push.isOver).toBe(false)
  const { body } = await server.rest('GET', '/projects/patient/deployment-status')
  expect(body).toMatchObject({ status: 'deploying', deployment: { status: 'in_progress' } })
  expect((await server.visit('patient')).body).toContain('git push deploy main')
  await writeFile(server.pathInBuild('patient', 2, 'go'), '')
  expect((await push.ended).exitCode).toBe(0)
  expect((await server.visit('patient')).body).toBe('<h1>patience</h1>')
  await server.untilBuildsAreGone()
})

test('an app without a lock file is installed with a warning', async () => {
  const { 'package-lock.json': _lock, ...app } = scriptedApp(
    writeOutput('index.html', '<p>no lock</p>'),
  )
  const loose = await server.createWorkingCopy('loose', app)
  const pushed = await loose.push()
  expect(pushed.exitCode).toBe(0)
  expect(pushed.stderr).toContain('warning: no package-lock.json')
  expect(pushed.stderr).toContain('npm install, npm run build')
  await loose.commit({ 'package-lock.json': lockFile })
  const again = await loose.push()
  expect(again.stderr).not.toContain('warning')
  expect(again.stderr).toContain('npm ci, npm run build')
})
