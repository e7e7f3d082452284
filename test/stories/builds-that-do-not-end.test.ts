/** Installs and builds that take too long: ended by the operator's limit, with all their processes. */
import { beforeAll, expect, test } from 'vitest'
import { runCommand } from '../../src/machine/run-command.ts'
import { forAllTests } from '../tools/for-all-tests.ts'
import { patienceMs } from '../tools/patience.ts'
import { scriptedApp } from '../tools/scripted-app.ts'
import { type Snapshot, startSlipwayServer, type WorkingCopy } from '../tools/slipway-server.ts'
import { until } from '../tools/until.ts'

/** Long enough to look at what runs meanwhile. */
const limitSeconds = 10
/** A number of seconds that no other process sleeps, to find ours by. */
const endless = `97${process.pid}`

const server = forAllTests(() =>
  startSlipwayServer({
    settings: { BUILD_TIMEOUT: String(limitSeconds), INSTALL_TIMEOUT: String(limitSeconds) },
  }),
)
let copy: WorkingCopy
let before: Snapshot
beforeAll(async () => {
  copy = await server.createWorkingCopy('shop')
  expect((await copy.push()).exitCode).toBe(0)
  before = await server.snapshot('shop')
})

/** A child, and a daemon of a session of its own whose parent has gone; both are deaf to SIGTERM. */
const stay = `trap '' TERM HUP INT
(setsid sh -c 'trap "" TERM HUP INT; sleep ${endless}; sleep ${endless}' &) </dev/null >/dev/null 2>&1
echo begun
sleep ${endless}
`

async function pushEndless(settings: Readonly<Record<string, string>>): Promise<string> {
  await copy.git('reset', '-q', '--hard', 'deploy/main')
  await copy.replaceAll(
    scriptedApp('', { 'stay.sh': stay, 'slipway.json': JSON.stringify(settings) }),
  )
  const push = copy.startPush('main')
  await push.untilLine(/ begun/)
  await until(async () => (await countSleepers()) > 0)
  const { exitCode, stderr } = await push.ended
  expect(await countSleepers()).toBe(0)
  expect(exitCode).toBe(1)
  expect(await server.snapshot('shop')).toEqual(before)
  expect(await server.leftBuilds()).toEqual([])
  return stderr
}

test('a build that does not end is ended, with all that it started, and the push declined', async () => {
  const told = await pushEndless({ install: 'true', build: 'sh stay.sh' })
  expect(told).toMatch(/rejected\] main -> main \(sh stay\.sh ran for more than 10 seconds/)
  expect(told).toContain('ask the operator to raise BUILD_TIMEOUT')
  expect(told.match(/ begun/g)).toHaveLength(1)
})

test('an install that does not end is ended too, and not tried again', async () => {
  const told = await pushEndless({ install: 'sh stay.sh', build: 'true' })
  expect(told).toMatch(/rejected\] main -> main \(sh stay\.sh ran for more than 10 seconds/)
  expect(told).toContain('ask the operator to raise INSTALL_TIMEOUT')
  expect(told.match(/ begun/g)).toHaveLength(1)
})

test('the next push after them goes live', async () => {
  await copy.git('reset', '-q', '--hard', 'deploy/main')
  await copy.commit({ 'index.html': '<h1>quick</h1>' })
  expect((await copy.push()).exitCode).toBe(0)
  expect((await server.visit('shop')).body).toBe('<h1>quick</h1>')
})

async function countSleepers(): Promise<number> {
  const { stdout } = await runCommand({
    program: 'ps',
    args: ['-eo', 'stat=,args='],
    timeoutMs: patienceMs,
  })
  const lines = stdout.toString().split('\n')
  return lines.filter((line) => /^[^Z]\S* +sleep/.test(line) && line.includes(endless)).length
}
