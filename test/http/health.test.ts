/** What the supervisor of the server and the balancer in front of it ask. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ask, type RawAnswer } from '../tools/raw-request.ts'
import { scriptedApp, waitForFile, writeOutput } from '../tools/scripted-app.ts'
import { type SlipwayServer, startSlipwayServer } from '../tools/slipway-server.ts'
import { mountSmallDisk } from '../tools/small-disk.ts'

const working = { database: true, nginx: true, sandbox: true, disk: true, accepting: true }

function get(server: SlipwayServer, path: string): Promise<RawAnswer> {
  return ask(`${server.url}${path}`, { token: null })
}

/** Asks until the server is not ready. */
async function untilNotReady(server: SlipwayServer): Promise<RawAnswer> {
  for (;;) {
    const answer = await get(server, '/readyz')
    if (answer.status !== 200) return answer
    await new Promise((again) => setTimeout(again, 20))
  }
}

test('without nginx the server lives, is not ready, and says which part is missing', async () => {
  await using server = await startSlipwayServer()
  const ready = await get(server, '/readyz')
  expect([ready.status, JSON.parse(ready.text)]).toEqual([
    200,
    { status: 'ready', checks: working },
  ])

  const pid = Number(await readFile(join(server.folder, 'data/nginx/nginx.pid'), 'utf8'))
  process.kill(pid, 'SIGTERM')
  const answer = await untilNotReady(server)
  expect([answer.status, JSON.parse(answer.text)]).toEqual([
    503,
    { status: 'not ready', checks: { ...working, nginx: false } },
  ])
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect((await get(server, '/healthz')).status).toBe(200)
})

test('many who ask at once get the same answer', async () => {
  await using server = await startSlipwayServer()
  const answers = await Promise.all(Array.from({ length: 20 }, () => get(server, '/readyz')))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
})

test('a server that is about to stop is not ready, and still lets what runs finish', async () => {
  await using server = await startSlipwayServer()
  const app = scriptedApp(waitForFile('go') + writeOutput('index.html', 'finished'))
  const copy = await server.createWorkingCopy('last', app)
  const push = copy.startPush('main')
  await push.untilLine(/remote: {7}waiting for go/)
  const stopped = server.stop()
  const answer = await untilNotReady(server)
  expect(JSON.parse(answer.text)).toMatchObject({ checks: { ...working, accepting: false } })
  await writeFile(server.pathInBuild('last', 2, 'go'), '')
  expect((await push.ended).exitCode).toBe(0)
  expect(await stopped).toBe(0)
})

test('with a disk that is nearly full the server is not ready', async ({ skip }) => {
  await using disk = await mountSmallDisk(16)
  if (disk === null) return skip('this machine does not let us mount a disk')
  await using server = await startSlipwayServer({ settings: { NGINX_WWW_ROOT: disk.path } })
  const answer = await get(server, '/readyz')
  expect([answer.status, JSON.parse(answer.text)]).toEqual([
    503,
    { status: 'not ready', checks: { ...working, disk: false } },
  ])
})
