/** What the supervisor of the server and the balancer in front of it ask. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ask, type RawAnswer } from '../tools/raw-request.ts'
import { startSlipwayServer } from '../tools/slipway-server.ts'

test('without nginx the server lives, is not ready, and says which part is missing', async () => {
  await using server = await startSlipwayServer()
  const get = (path: string): Promise<RawAnswer> => ask(`${server.url}${path}`, { token: null })
  const ready = await get('/readyz')
  expect([ready.status, JSON.parse(ready.text)]).toEqual([
    200,
    { status: 'ready', checks: { database: true, nginx: true, sandbox: true } },
  ])

  const pid = Number(await readFile(join(server.folder, 'data/nginx/nginx.pid'), 'utf8'))
  process.kill(pid, 'SIGTERM')
  let answer = await get('/readyz')
  while (answer.status === 200) answer = await get('/readyz')
  expect([answer.status, JSON.parse(answer.text)]).toEqual([
    503,
    { status: 'not ready', checks: { database: true, nginx: false, sandbox: true } },
  ])
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect((await get('/healthz')).status).toBe(200)
})

test('many who ask at once get the same answer', async () => {
  await using server = await startSlipwayServer()
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => ask(`${server.url}/readyz`, { token: null })),
  )
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
})
