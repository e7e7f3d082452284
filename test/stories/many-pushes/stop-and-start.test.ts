/** The server is stopped, or killed, in the middle of deployments, and started again. */
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readRecords, readSteps, untilRecords } from '../../tools/deployment-records.ts'
import { holdNginx } from '../../tools/hold-nginx.ts'
import { findBuildProcesses, untilNoBuildsLeft } from '../../tools/left-behind.ts'
import { scriptedApp, waitForFile, writeOutput } from '../../tools/scripted-app.ts'
import { type SlipwayServer, startSlipwayServer } from '../../tools/slipway-server.ts'
import { until } from '../../tools/until.ts'

const page = (text: string) => ({ 'index.html': `<h1>${text}</h1>` })
const builtPage = (text: string) => scriptedApp(writeOutput('index.html', text))
const waitingApp = (text: string) =>
  scriptedApp(waitForFile('go') + writeOutput('index.html', text))

let server: SlipwayServer
beforeEach(async () => {
  server = await startSlipwayServer({ settings: { BUILD_CONCURRENCY: '1' } })
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
})

async function showPage(slug: string): Promise<string> {
  return (await server.visit(slug)).body
}

async function letGo(slug: string, number: number): Promise<void> {
  await writeFile(server.pathInBuild(slug, number, 'go'), '')
}

test('a stop finishes what runs, tells who waits, and keeps what nobody waits for', async () => {
  const runner = await server.createWorkingCopy('runner', waitingApp('finished'))
  const waiter = await server.createWorkingCopy('waiter', builtPage('waiter'))
  const detached = await server.createWorkingCopy('detached', builtPage('later'))
  const running = runner.startPush('main')
  await running.untilLine(/waiting for go/)
  const waiting = waiter.startPush('main')
  await waiting.untilLine(/1 ahead of you/)
  expect((await detached.push('-o', 'detach', 'main')).exitCode).toBe(0)

  const stopped = server.stop('SIGTERM')
  const told = await waiting.ended
  expect(told.exitCode).toBe(1)
  expect(told.stderr).toContain('The server is stopping.')
  expect(told.stderr).toContain('Push again in a moment.')
  expect(running.isOver).toBe(false)
  expect((await server.visit('runner')).status).toBe(200)

  await letGo('runner', 2)
  const finished = await running.ended
  expect([finished.exitCode, finished.stderr]).toEqual([0, expect.stringContaining('v2 live:')])
  expect(await stopped).toBe(0)
  expect(await showPage('runner')).toBe('finished')
  expect(await server.leftBuilds()).toEqual([])
  expect(readRecords(server, 'runner')[1]).toBe('v2 completed →v2')
  expect(readRecords(server, 'waiter')[1]).toBe('v2 cancelled server_stopping')
  expect(readRecords(server, 'detached')[1]).toBe('v2 queued')

  await server.start()
  await untilRecords(server, 'detached', (records) => records[1] === 'v2 completed →v2')
  expect(await showPage('detached')).toBe('later')
  expect((await waiter.push()).exitCode).toBe(0)
  expect(await showPage('waiter')).toBe('waiter')
})

test('a stopping server takes no new push, and says so', async () => {
  const runner = await server.createWorkingCopy('runner', waitingApp('finished'))
  const late = await server.createWorkingCopy('late', page('late'))
  const running = runner.startPush('main')
  await running.untilLine(/waiting for go/)
  const stopped = server.stop('SIGTERM')
  await until(() => server.printed.includes('finishing what runs'))
  const pushed = await late.push()
  expect(pushed.exitCode).not.toBe(0)
  expect(pushed.stderr).toMatch(/The server is stopping|Failed to connect|Couldn't connect/)
  await letGo('runner', 2)
  expect((await running.ended).exitCode).toBe(0)
  expect(await stopped).toBe(0)
  expect(await showPage('late')).toContain('git push')
})

test('a server killed in a build comes back with the old site and nothing half done', async () => {
  const copy = await server.createWorkingCopy('killed', page('before'))
  expect((await copy.push()).exitCode).toBe(0)
  await untilNoBuildsLeft(server)
  const before = await server.snapshot('killed')
  await copy.replaceAll(waitingApp('after'))
  const push = copy.startPush('main')
  await push.untilLine(/waiting for go/)
  await server.stop('SIGKILL')
  expect((await push.ended).exitCode).not.toBe(0)
  expect(await showPage('killed')).toBe('<h1>before</h1>')
  await until(async () => (await findBuildProcesses(server, 'killed')).length === 0)

  await server.start()
  expect(readRecords(server, 'killed').at(-1)).toBe('v3 failed interrupted')
  expect(await server.snapshot('killed')).toEqual(before)
  const again = copy.startPush('main')
  await again.untilLine(/waiting for go/)
  await letGo('killed', 4)
  expect((await again.ended).exitCode).toBe(0)
  expect(await showPage('killed')).toBe('after')
})

test('a detached deployment goes on after the server was killed in its build', async () => {
  const copy = await server.createWorkingCopy('goes-on', waitingApp('went on'))
  expect((await copy.push('-o', 'detach', 'main')).exitCode).toBe(0)
  await until(() => readSteps(server, 'goes-on', 2).at(-1)?.step === 'build')
  await server.stop('SIGKILL')
  expect(readRecords(server, 'goes-on')[1]).toBe('v2 in_progress')
  await server.start()
  await until(async () => (await findBuildProcesses(server, 'goes-on')).length > 0)
  await letGo('goes-on', 2)
  await untilRecords(server, 'goes-on', (records) => records[1] === 'v2 completed →v2')
  expect(await showPage('goes-on')).toBe('went on')
  await untilNoBuildsLeft(server)
})

test('a server whose port is taken ends at once, and leaves detached work to the next start', async () => {
  const copy = await server.createWorkingCopy('patient', waitingApp('patience'))
  expect((await copy.push('-o', 'detach', 'main')).exitCode).toBe(0)
  await until(() => readSteps(server, 'patient', 2).at(-1)?.step === 'build')
  await server.stop('SIGKILL')
  const other = createServer()
  other.listen(server.listenPort, '127.0.0.1')
  await once(other, 'listening')
  try {
    await expect(server.start()).rejects.toThrow('another program listens there already')
    expect(await findBuildProcesses(server, 'patient')).toEqual([])
    expect(readRecords(server, 'patient')[1]).toBe('v2 queued')
  } finally {
    await new Promise((closed) => other.close(closed))
  }
  await server.start()
  await until(async () => (await findBuildProcesses(server, 'patient')).length > 0)
  await letGo('patient', 2)
  await untilRecords(server, 'patient', (records) => records[1] === 'v2 completed →v2')
  await untilNoBuildsLeft(server)
})

test('a server killed after the switch puts the old site back, as the ref never moved', async () => {
  const copy = await server.createWorkingCopy('switched', page('before'))
  expect((await copy.push()).exitCode).toBe(0)
  await untilNoBuildsLeft(server)
  const before = await server.snapshot('switched')
  await copy.commit(page('after'))
  {
    using _held = await holdNginx(server)
    const push = copy.startPush('main')
    await until(() => readSteps(server, 'switched', 3).at(-1)?.step === 'verify')
    await server.stop('SIGKILL')
    await push.ended
  }
  expect(await showPage('switched')).toBe('<h1>after</h1>')

  await server.start()
  expect(readRecords(server, 'switched').at(-1)).toBe('v3 failed interrupted')
  expect(await server.snapshot('switched')).toEqual(before)
  expect((await copy.push()).exitCode).toBe(0)
  expect(await showPage('switched')).toBe('<h1>after</h1>')
})

test('a rollback that was interrupted by a kill is undone, and its target stays', async () => {
  const copy = await server.createWorkingCopy('back', page('one'))
  expect((await copy.push()).exitCode).toBe(0)
  await copy.commit(page('two'))
  expect((await copy.push()).exitCode).toBe(0)
  {
    using _held = await holdNginx(server)
    const push = copy.startPush('HEAD:refs/rollback/previous')
    await until(() => readSteps(server, 'back', 4).at(-1)?.step === 'verify')
    await server.stop('SIGKILL')
    await push.ended
  }
  await server.start()
  expect(readRecords(server, 'back').at(-1)).toBe('v4 failed interrupted')
  expect(await showPage('back')).toBe('<h1>two</h1>')
  expect((await copy.push('HEAD:refs/rollback/previous')).exitCode).toBe(0)
  expect(await showPage('back')).toBe('<h1>one</h1>')
})
