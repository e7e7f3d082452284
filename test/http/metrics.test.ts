/** What Prometheus reads, and who may. */
import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { follow } from '../tools/follower.ts'
import { type Family, parsePrometheusText, valueOf } from '../tools/prometheus-text.ts'
import { ask } from '../tools/raw-request.ts'
import { scriptedApp, waitForFile, writeOutput } from '../tools/scripted-app.ts'
import { visit } from '../tools/site-lab.ts'
import { type SlipwayServer, startSlipwayServer } from '../tools/slipway-server.ts'
import { until } from '../tools/until.ts'

let server: SlipwayServer
beforeAll(async () => {
  server = await startSlipwayServer({ settings: { BUILD_CONCURRENCY: '1' } })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

async function read(): Promise<ReadonlyMap<string, Family>> {
  const answer = await ask(`${server.url}/metrics`, { token: null })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  expect(answer.headers.get('cache-control')).toBe('no-store')
  return parsePrometheusText(answer.text)
}

/** Asked often, the lag of the event loop has no value of its own in between, so no more is read. */
async function countFollowers(): Promise<number> {
  const { text } = await ask(`${server.url}/metrics`, { token: null })
  return Number(/^slipway_log_followers (\d+)$/m.exec(text)?.[1])
}

test('what has not happened yet is there as nothing', async () => {
  const metrics = await read()
  for (const trigger of ['welcome', 'push', 'redeploy', 'rollback']) {
    for (const result of ['completed', 'failed', 'cancelled']) {
      expect(valueOf(metrics, 'slipway_deployments_total', { result, trigger })).toBe(0)
    }
  }
  expect(valueOf(metrics, 'slipway_queue_depth')).toBe(0)
  expect(valueOf(metrics, 'slipway_queue_oldest_seconds')).toBe(0)
  expect(valueOf(metrics, 'slipway_install_cache_total', { result: 'hit' })).toBe(0)
  expect(valueOf(metrics, 'slipway_stopping')).toBe(0)
  expect(valueOf(metrics, 'nodejs_eventloop_lag_seconds')).toBeGreaterThanOrEqual(0)
  for (const folder of ['data', 'www', 'builds']) {
    const free = valueOf(metrics, 'slipway_disk_free_bytes', { folder }) ?? 0
    expect(free).toBeGreaterThan(0)
    expect(valueOf(metrics, 'slipway_disk_size_bytes', { folder })).toBeGreaterThan(free)
  }
})

test('a push that is watched, what waits behind it, and how both end are counted', async () => {
  const app = scriptedApp(waitForFile('go') + writeOutput('index.html', 'one'))
  const copy = await server.createWorkingCopy('counted', app)
  const other = await server.createWorkingCopy('behind', scriptedApp('process.exit(1)'))
  const push = copy.startPush('main')
  await push.untilLine(/remote: {7}waiting for go/)
  const waiting = other.startPush('main')
  await waiting.untilLine(/1 ahead of you/)

  const during = await read()
  expect(valueOf(during, 'slipway_queue_depth')).toBe(1)
  expect(valueOf(during, 'slipway_queue_oldest_seconds')).toBeGreaterThan(0)
  expect(valueOf(during, 'slipway_deployments_running')).toBe(1)
  expect(valueOf(during, 'slipway_builds_running')).toBe(1)
  expect(valueOf(during, 'slipway_log_followers')).toBe(2)

  await writeFile(server.pathInBuild('counted', 2, 'go'), '')
  expect((await push.ended).exitCode).toBe(0)
  expect((await waiting.ended).exitCode).not.toBe(0)
  await server.untilBuildsAreGone()
  await copy.commit({ 'readme.txt': 'another', 'build.js': writeOutput('index.html', 'two') })
  expect((await copy.push()).exitCode).toBe(0)
  await until(async () => (await countFollowers()) === 0)

  const after = await read()
  const total = (result: string, trigger = 'push') =>
    valueOf(after, 'slipway_deployments_total', { result, trigger })
  expect([total('completed', 'welcome'), total('completed'), total('failed')]).toEqual([2, 2, 1])
  expect(valueOf(after, 'slipway_pushes_total', { result: 'accepted' })).toBe(2)
  expect(valueOf(after, 'slipway_pushes_total', { result: 'declined' })).toBe(1)
  const step = (name: string, status: string) =>
    valueOf(after, 'slipway_step_duration_seconds_count', { step: name, status })
  expect(step('build', 'completed')).toBe(2)
  expect(step('build', 'failed')).toBe(1)
  expect(step('verify', 'completed')).toBeGreaterThanOrEqual(2)
  expect(valueOf(after, 'slipway_install_cache_total', { result: 'miss' })).toBe(3)
  expect(valueOf(after, 'slipway_log_followers')).toBe(0)
  expect(valueOf(after, 'slipway_queue_depth')).toBe(0)
  expect(valueOf(after, 'slipway_deployment_duration_seconds_count', { result: 'failed' })).toBe(1)
})

test('each who follows a log is counted, also of one log', async () => {
  await server.createProject('followed')
  await until(async () => (await countFollowers()) === 0)
  const url = `${server.url}/api/v1/runtime/projects/followed/stream`
  const token = await server.adminToken()
  const followers = [follow(url, { token }), follow(url, { token })]
  await Promise.all(followers.map((follower) => follower.open()))
  expect(await countFollowers()).toBe(2)
  for (const follower of followers) follower.drop()
  await until(async () => (await countFollowers()) === 0)
})

test('requests are counted by route, never by what somebody made up', async () => {
  for (const path of ['/api/v1/runtime/projects/counted', '/api/v1/runtime/projects/none']) {
    await ask(`${server.url}${path}`, { token: await server.adminToken() })
  }
  for (const odd of ['one', 'two', '"}\n# evil']) {
    await ask(`${server.url}/${encodeURIComponent(odd)}`, { token: null })
  }
  const metrics = await read()
  const count = (route: string, method: string, status: string) =>
    valueOf(metrics, 'slipway_http_request_duration_seconds_count', { route, method, status })
  expect(count('/api/v1/runtime/projects/:project', 'GET', '200')).toBeGreaterThan(0)
  expect(count('/api/v1/runtime/projects/:project', 'GET', '404')).toBe(1)
  expect(count('none', 'GET', '404')).toBe(3)
  expect(count('/:project.git/git-receive-pack', 'POST', '200')).toBeGreaterThanOrEqual(3)
  const text = JSON.stringify([...metrics])
  for (const word of ['counted', 'evil', 'slw_']) expect(text).not.toContain(word)
})

describe('who reads them', () => {
  const through = (headers: Readonly<Record<string, string>> = {}) =>
    visit(server.httpPort, { path: '/metrics', headers: { host: 'deploy.localhost', ...headers } })

  test('by the public entrance shows an admin token', async () => {
    expect((await through()).status).toBe(401)
    expect((await through({ authorization: 'Bearer slw_made-up' })).status).toBe(401)
    const project = await server.rest('POST', '/projects/counted/tokens/', {
      body: { name: 'ci', scope: 'deploy' },
    })
    const deploy = `Bearer ${String(project.body['secret'])}`
    expect((await through({ authorization: deploy })).status).toBe(403)
    const answer = await through({ authorization: `Bearer ${await server.adminToken()}` })
    expect(answer.status).toBe(200)
    expect(parsePrometheusText(answer.body).size).toBeGreaterThan(20)
  })

  test('through another proxy of this machine shows one too', async () => {
    for (const name of ['X-Forwarded-For', 'Forwarded', 'Via', 'X-Real-IP']) {
      const answer = await ask(`${server.url}/metrics`, { token: null, headers: { [name]: 'x' } })
      expect(answer.status).toBe(401)
    }
  })
})

test('a deployment that has ended is one line of the log, with its number and its reason', () => {
  const lines = server.printed
    .split('\n')
    .filter((line) => line.includes('"msg":"deployment"'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(lines).toContainEqual(
    expect.objectContaining({
      deployment: expect.stringMatching(/^[0-9a-f-]{36}\/v2$/),
      status: 'failed',
      trigger: 'push',
      actor: 'admin',
      error: 'build_failed',
      commit: expect.stringMatching(/^[0-9a-f]{40}$/),
      waitedMs: expect.any(Number),
      durationMs: expect.any(Number),
    }),
  )
  expect(lines.filter(({ status }) => status === 'completed').length).toBeGreaterThanOrEqual(4)
})
