/** A server that is killed in the middle of a push, and one that is stopped in an orderly way. */
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { beforeAll, expect, test } from 'vitest'
import { forAllTests } from '../tools/for-all-tests.ts'
import type { PushInProgress } from '../tools/push-in-progress.ts'
import { scriptedApp, waitForFile, writeOutput } from '../tools/scripted-app.ts'
import { type Snapshot, startSlipwayServer, type WorkingCopy } from '../tools/slipway-server.ts'
import { until } from '../tools/until.ts'

const server = forAllTests(startSlipwayServer)
let copy: WorkingCopy
let before: Snapshot
beforeAll(async () => {
  copy = await server.createWorkingCopy('shop', { 'index.html': '<h1>before</h1>' })
  expect((await copy.push()).exitCode).toBe(0)
  before = await server.snapshot('shop')
  await copy.replaceAll(
    scriptedApp(waitForFile('go') + writeOutput('index.html', '<h1>after</h1>')),
  )
})

let push: PushInProgress

test('a push whose server is killed fails at the pusher, and visitors notice nothing', async () => {
  push = copy.startPush('main')
  await push.untilLine(/waiting for go/)
  expect(await countBuilds()).toBeGreaterThan(0)
  await server.stop('SIGKILL')
  const { exitCode, stderr } = await push.ended
  expect(exitCode).not.toBe(0)
  expect(stderr).toMatch(/hung up|unexpected disconnect|RPC failed/)
  const page = await server.visit('shop')
  expect([page.status, page.body]).toEqual([200, '<h1>before</h1>'])
})

test('its build does not live on without it', async () => {
  await until(async () => (await countBuilds()) === 0)
})

test('after a restart nothing is in progress, and all is as it was before the push', async () => {
  await server.start()
  const { body } = await server.rest('GET', '/projects/shop/deployment-status')
  expect(body).toMatchObject({
    status: 'failed',
    frontend_url: `http://shop.localhost:${server.httpPort}`,
    deployment: { number: 3, status: 'failed', error: { code: 'interrupted' } },
  })
  expect(body['deployment_logs']).not.toContainEqual(
    expect.objectContaining({ step: 'deployment', status: 'in_progress' }),
  )
  expect(await server.snapshot('shop')).toEqual(before)
  expect(await server.leftBuilds()).toEqual([])
})

test('pushing the same commit again goes live, under the next number', async () => {
  push = copy.startPush('main')
  await push.untilLine(/waiting for go/)
  await writeFile(server.pathInBuild('shop', 4, 'go'), '')
  const { exitCode, stderr } = await push.ended
  expect(stderr).toContain('v4 live:')
  expect(exitCode).toBe(0)
  expect((await server.visit('shop')).body).toBe('<h1>after</h1>')
})

test('a server that is stopped lets the push that runs finish, and tells its pusher so', async () => {
  await copy.commit({ 'more.txt': 'a new tree' })
  push = copy.startPush('main')
  await push.untilLine(/waiting for go/)
  const stopped = server.stop('SIGTERM')
  await writeFile(server.pathInBuild('shop', 5, 'go'), '')
  const { exitCode, stderr } = await push.ended
  expect(stderr).toContain('v5 live:')
  expect(exitCode).toBe(0)
  expect(await stopped).toBe(0)
  expect((await server.visit('shop')).body).toBe('<h1>after</h1>')
  expect(existsSync(server.pathInBuild('shop', 5, ''))).toBe(false)
  await server.start()
  expect(await server.refs('shop')).toContain(await copy.git('rev-parse', 'HEAD'))
})

/** Processes that have a folder of that build mounted: bubblewrap's, and all inside of it. */
async function countBuilds(): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const mounts = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(() => '')),
  )
  const folder = server.pathInBuild('shop', 3, '').replace(/\/$/, '')
  return mounts.filter((text) => text.includes(folder)).length
}
