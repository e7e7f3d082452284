/** A pusher presses Ctrl-C: wherever the deployment is, nothing of it stays, and nothing changed. */
import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { readRecords, readSteps, untilRecords } from '../../tools/deployment-records.ts'
import { forAllTests } from '../../tools/for-all-tests.ts'
import { holdNginx } from '../../tools/hold-nginx.ts'
import { findBuildProcesses, untilNoBuildsLeft } from '../../tools/left-behind.ts'
import type { PushInProgress } from '../../tools/push-in-progress.ts'
import { scriptedApp, waitForFile, writeOutput } from '../../tools/scripted-app.ts'
import { startSlipwayServer, type WorkingCopy } from '../../tools/slipway-server.ts'
import { until } from '../../tools/until.ts'

const page = (text: string) => ({ 'index.html': `<h1>${text}</h1>` })
const waitingApp = (text: string) =>
  scriptedApp(waitForFile('go') + writeOutput('index.html', text))

const server = forAllTests(() => startSlipwayServer({ settings: { BUILD_CONCURRENCY: '1' } }))

async function createLive(slug: string): Promise<WorkingCopy> {
  const copy = await server.createWorkingCopy(slug, page('before'))
  expect((await copy.push()).exitCode).toBe(0)
  await untilNoBuildsLeft(server)
  return copy
}

/** Presses Ctrl-C and looks at what is left when the deployment reads `cancelled`. */
async function cancelAndLook(slug: string, push: PushInProgress): Promise<void> {
  push.interrupt()
  expect((await push.ended).exitCode).not.toBe(0)
  await untilRecords(server, slug, (records) => records.at(-1)?.includes('cancelled') === true)
  expect(readRecords(server, slug).at(-1)).toMatch(/^v3 cancelled push_abandoned$/)
  expect(await findBuildProcesses(server, slug)).toEqual([])
  const workspaces = await server.leftBuilds()
  expect(workspaces.filter((name) => name.startsWith(slug))).toEqual([])
}

/** The project is as it was, and takes the next push. */
async function pushAgain(slug: string, copy: WorkingCopy): Promise<void> {
  await copy.replaceAll(page('after'))
  const pushed = await copy.push()
  expect([pushed.exitCode, pushed.stderr]).toEqual([0, expect.stringContaining('v4 live:')])
  expect((await server.visit(slug)).body).toBe('<h1>after</h1>')
}

/** Starts processes that leave their parents, their session and SIGTERM behind, then waits. */
const daemons = `
const { spawn } = await import('node:child_process')
const stubborn = 'process.on("SIGTERM", () => {}); process.on("SIGHUP", () => {}); setInterval(() => {}, 1000)'
spawn('setsid', ['sh', '-c', 'trap "" TERM HUP; (setsid node -e "$1" & setsid sleep 1000 &) ; sleep 1000', 'sh', stubborn], { detached: true, stdio: 'ignore' }).unref()
process.on('SIGTERM', () => {})
`

test('in the middle of a build, daemons that ignore SIGTERM included', async () => {
  const copy = await createLive('building')
  const before = await server.snapshot('building')
  await copy.replaceAll(scriptedApp(daemons + waitForFile('never')))
  const push = copy.startPush('main')
  await push.untilLine(/waiting for never/)
  await until(async () => (await findBuildProcesses(server, 'building')).length >= 5)
  await cancelAndLook('building', push)
  expect(await server.snapshot('building')).toEqual(before)
  await pushAgain('building', copy)
})

test('in the middle of an install', async () => {
  const copy = await createLive('installing')
  const before = await server.snapshot('installing')
  await copy.replaceAll({
    ...scriptedApp('', { 'install.js': daemons + waitForFile('never') }),
    'slipway.json': JSON.stringify({ install: 'node install.js' }),
  })
  const push = copy.startPush('main')
  await push.untilLine(/waiting for never/)
  await cancelAndLook('installing', push)
  expect(await server.snapshot('installing')).toEqual(before)
  await pushAgain('installing', copy)
})

test('while it waits for another build, which is not disturbed', async () => {
  const other = await server.createWorkingCopy('other', waitingApp('other'))
  const building = other.startPush('main')
  await building.untilLine(/waiting for go/)
  const copy = await createLiveBeside('queued')
  await copy.replaceAll(waitingApp('queued'))
  const push = copy.startPush('main')
  await push.untilLine(/1 ahead of you/)
  await cancelAndLook('queued', push)
  expect((await server.visit('queued')).body).toBe('<h1>before</h1>')
  expect(await server.leftBuilds()).toEqual(['other-v2'])
  await pushAgain('queued', copy)
  await writeFile(server.pathInBuild('other', 2, 'go'), '')
  expect((await building.ended).exitCode).toBe(0)
  await untilNoBuildsLeft(server)
})

test('while it waits for a deployment of the same project, which is not disturbed', async () => {
  const copy = await server.createWorkingCopy('behind', waitingApp('first'))
  const first = copy.startPush('main')
  await first.untilLine(/waiting for go/)
  const second = copy.startPush('HEAD~0:refs/heads/main', '-o', 'force-rebuild')
  await second.untilLine(/1 ahead of you/)
  second.interrupt()
  await second.ended
  await untilRecords(server, 'behind', (records) => records[2]?.includes('cancelled') === true)
  await writeFile(server.pathInBuild('behind', 2, 'go'), '')
  expect((await first.ended).exitCode).toBe(0)
  expect(readRecords(server, 'behind').slice(1)).toEqual([
    'v2 completed →v2',
    'v3 cancelled push_abandoned',
  ])
  await untilNoBuildsLeft(server)
})

test('in the middle of the copying of a large output', async () => {
  const copy = await createLive('copying')
  const before = await server.snapshot('copying')
  const many = `
    const { mkdirSync, writeFileSync } = await import('node:fs')
    mkdirSync('dist')
    for (let i = 0; i < 16000; i += 1) writeFileSync('dist/' + i + '.html', String(i).repeat(500))
    writeFileSync('dist/index.html', 'many')`
  await copy.replaceAll(scriptedApp(many))
  const push = copy.startPush('main')
  await push.untilLine(/✓ build/)
  await cancelAndLook('copying', push)
  expect(stepsOf('copying', 3).at(-1)).toEqual(['release', 'undone'])
  expect(await server.snapshot('copying')).toEqual(before)
  await pushAgain('copying', copy)
})

test('once visitors see the new site it is finished, and the ref moves', async () => {
  const copy = await createLive('switched')
  const commit = await copy.commit(page('new'))
  {
    using _held = await holdNginx(server)
    const push = copy.startPush('main')
    await until(() => stepsOf('switched', 3).at(-1)?.[0] === 'verify')
    push.interrupt()
    await push.ended
    await until(async () =>
      (await readLog('switched')).includes('so it is finished, not cancelled'),
    )
  }
  await untilRecords(server, 'switched', (records) => records[2] === 'v3 completed →v3')
  expect((await server.visit('switched')).body).toBe('<h1>new</h1>')
  expect(await server.refs('switched')).toContain(commit)
  await pushAgain('switched', copy)
})

test('a rollback and a redeploy can be cancelled while they wait', async () => {
  const copy = await createLive('patient')
  const pusher = await server.clone('patient')
  await pusher.replaceAll(waitingApp('patient'))
  const building = pusher.startPush('main')
  await building.untilLine(/waiting for go/)
  for (const ref of ['HEAD:refs/rollback/v1', 'HEAD:refs/redeploy/main']) {
    const waiting = copy.startPush(ref)
    await waiting.untilLine(/1 ahead of you/)
    waiting.interrupt()
    await waiting.ended
  }
  await untilRecords(server, 'patient', (records) =>
    ['v4', 'v5'].every((name) => records.includes(`${name} cancelled push_abandoned`)),
  )
  await writeFile(server.pathInBuild('patient', 3, 'go'), '')
  expect((await building.ended).exitCode).toBe(0)
  expect((await server.visit('patient')).body).toBe('patient')
})

/** As `createLive`, where another build goes on. */
async function createLiveBeside(slug: string): Promise<WorkingCopy> {
  const copy = await server.createWorkingCopy(slug, page('before'))
  expect((await copy.push()).exitCode).toBe(0)
  await until(async () => !(await server.leftBuilds()).includes(`${slug}-v2`))
  return copy
}

function stepsOf(slug: string, number: number): readonly (readonly [string, string])[] {
  return readSteps(server, slug, number).map(({ step, status }) => [step, status])
}

async function readLog(slug: string): Promise<string> {
  return JSON.stringify((await server.rest('GET', `/projects/${slug}/deployment-status`)).body)
}
