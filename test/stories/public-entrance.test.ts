/** People reach the server by the public entrance: a real nginx in front of the real server. */
import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { limits, readConfig } from '../../src/config.ts'
import { openEntrance } from '../../src/sites/entrance.ts'
import { createNginx } from '../../src/sites/start-nginx.ts'
import { git, runGit } from '../tools/git-client.ts'
import { scriptedApp, waitForFile, writeOutput } from '../tools/scripted-app.ts'
import { findFreePort, visit } from '../tools/site-lab.ts'
import {
  type SlipwayServer,
  startSlipwayServer,
  type WorkingCopy,
} from '../tools/slipway-server.ts'

const mebibyte = 1024 ** 2

let backend: Server
let server: SlipwayServer
let copy: WorkingCopy

beforeAll(async () => {
  backend = createServer((request, response) => {
    response.end(`the platform got ${request.headers.host} ${request.url}`)
  })
  const port = await findFreePort()
  await new Promise<void>((listening) => backend.listen(port, '127.0.0.1', listening))
  const settings = {
    BACKEND_URL: `http://127.0.0.1:${port}`,
    SLIPWAY_PUBLIC_URL: 'http://push.localhost',
  }
  server = await startSlipwayServer({ settings })
  copy = await createCopy('shop')
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  backend.closeAllConnections()
  await new Promise((closed) => backend.close(closed))
})

/** A working copy whose remote is the entrance. */
async function createCopy(slug: string): Promise<WorkingCopy> {
  const made = await server.createWorkingCopy(slug)
  const { host } = new URL(server.entranceUrl)
  const remote = `http://x:${await server.adminToken()}@${host}/${slug}.git`
  await git(made.dir, ['remote', 'set-url', 'deploy', remote])
  return made
}

function ask(
  path: string,
  headers: Readonly<Record<string, string>> = {},
  { port = server.httpPort, host = 'deploy.localhost', localAddress = '127.0.0.1' } = {},
) {
  return visit(port, { path, headers: { host, ...headers }, localAddress })
}

/** What the server's log says of the requests for a path. */
async function untilLogged(path: string): Promise<Record<string, unknown>> {
  for (;;) {
    const line = server.printed.split('\n').find((text) => text.includes(`"path":"${path}"`))
    if (line !== undefined) return JSON.parse(line) as Record<string, unknown>
    await pause(20)
  }
}

test('a push, a clone and REST go through it by both of its names', async () => {
  await copy.commit({ 'index.html': '<h1>through the gate</h1>' })
  const pushed = await copy.push()
  expect(pushed.stderr).toMatch(/v2 live: http:\/\/shop\.localhost/)
  expect(pushed.exitCode).toBe(0)
  expect((await server.visit('shop')).body).toBe('<h1>through the gate</h1>')
  const head = await copy.git('rev-parse', 'HEAD')
  expect(await copy.git('ls-remote', 'deploy', 'refs/heads/main')).toContain(head)
  const authorization = `Bearer ${await server.adminToken()}`
  for (const host of ['deploy.localhost', 'push.localhost']) {
    const answer = await ask('/api/v1/runtime/projects/shop/', { authorization }, { host })
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([200, { slug: 'shop' }])
  }
})

test('no project gets a name of the entrance', async () => {
  const body = { name: 'push', schema_name: 'push' }
  const answer = await server.rest('POST', '/projects/', { body })
  expect(answer).toMatchObject({ status: 400, body: { code: 'reserved_slug' } })
})

test('200 MB go through it without growing the server', async () => {
  const readPeakBytes = async (): Promise<number> => {
    const status = await readFile(`/proc/${server.pid}/status`, 'utf8')
    return Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1]) * 1024
  }
  const pushNoise = async (names: readonly string[]): Promise<void> => {
    for (const name of names) {
      const oid = await git(copy.dir, ['hash-object', '-w', '--stdin'], {
        input: randomBytes(50 * mebibyte),
      })
      await git(copy.dir, ['update-index', '--add', '--cacheinfo', `100644,${oid},${name}`])
    }
    await git(copy.dir, ['commit', '--quiet', '--message=big'])
    const pushed = await copy.startPush('HEAD:refs/heads/big').ended
    expect(pushed.stderr).toContain('big is stored, not deployed')
    expect(pushed.exitCode).toBe(0)
  }
  // Noise can't be compressed; taking it as it is spares the test the attempt.
  await git(copy.dir, ['config', 'core.compression', '0'])
  await git(copy.dir, ['config', 'core.bigFileThreshold', '1m'])
  // What any server takes once, to have room to work in.
  await pushNoise(['warm'])
  const before = await readPeakBytes()
  await pushNoise(['a', 'b', 'c', 'd'])
  expect((await readPeakBytes()) - before).toBeLessThan(100 * mebibyte)
})

test('lines of a slow build arrive when they are printed, and silence cuts nothing', async () => {
  const settings = readConfig(server.settings, 2)
  // The same nginx with less patience: 300 s would be long for a test.
  const patience = { ...limits, proxySilenceMaxMs: 15_000 } as unknown as typeof limits
  const config = { ...settings, limits: patience }
  await createNginx(config, await openEntrance(config)).apply()
  const text = await readFile(join(server.dataDir, 'nginx/nginx.conf'), 'utf8')
  expect(text).toContain('proxy_read_timeout 15s;')
  const slow = await createCopy('slow')
  await slow.replaceAll(scriptedApp(waitForFile('go') + writeOutput('index.html', 'patience')))
  const push = slow.startPush('main')
  await push.untilLine(/remote: {7}waiting for go/)
  await pause(16_000)
  expect(push.isOver).toBe(false)
  await writeFile(server.pathInBuild('slow', 2, 'go'), '')
  const { exitCode, stderr } = await push.ended
  expect(stderr).toMatch(/v2 live:/)
  expect(exitCode).toBe(0)
  expect((await server.visit('slow')).body).toBe('patience')
})

test('a pusher who leaves cancels the build, also through it', async () => {
  const left = await createCopy('left')
  await left.replaceAll(scriptedApp(waitForFile('never') + writeOutput('index.html', 'never')))
  const push = left.startPush('main')
  await push.untilLine(/remote: {7}waiting for never/)
  push.leave()
  const { deployment } = await server.untilStatus('left', 'deployed')
  expect(deployment).toMatchObject({ number: 2, status: 'cancelled' })
  await server.untilBuildsAreGone()
  expect(await server.refs('left')).toBe('')
})

test('the log has the address that nginx saw, and no address that was made up', async () => {
  const forged = { 'x-forwarded-for': '6.6.6.6', 'slipway-entrance': 'c0ffee' }
  const answer = await ask('/through', forged, { localAddress: '127.0.0.3' })
  expect(answer.status).toBe(404)
  expect(await untilLogged('/through')).toMatchObject({
    address: '127.0.0.3',
    requestId: answer.headers['x-request-id'],
    status: 404,
  })
  await ask('/around', forged, { port: server.listenPort })
  expect(await untilLogged('/around')).toMatchObject({ address: '127.0.0.1' })
})

test('a line of the log names the token, and holds no secret', async () => {
  await copy.git('ls-remote', 'deploy')
  const line = await untilLogged('/shop.git/info/refs')
  expect(line).toMatchObject({ route: expect.stringContaining('info/refs'), level: 30 })
  const named = server.printed.split('\n').filter((text) => text.includes('"token":"admin"'))
  expect(named.length).toBeGreaterThan(0)
  expect(server.printed).not.toContain(await server.adminToken())
})

test("a site's /api/ is the platform's, never the server's", async () => {
  const path = '/api/v1/runtime/projects/'
  const authorization = `Bearer ${await server.adminToken()}`
  const answer = await ask(path, { authorization }, { host: 'shop.localhost' })
  expect(answer.body).toBe(`the platform got shop.localhost ${path}`)
  const below = await ask(path, { authorization }, { host: 'localhost' })
  expect(below.body).toBe(`the platform got localhost ${path}`)
  for (const host of ['nobody.localhost', '127.0.0.1', 'deploy.localhost.evil']) {
    await expect(ask(path, { authorization }, { host })).rejects.toThrow()
  }
})

test('while the server is away, programs get JSON, people a sentence, and sites go on', async () => {
  await server.stop()
  const answer = await ask('/api/v1/runtime/projects/')
  expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5'])
  expect(JSON.parse(answer.body)).toMatchObject({ code: 'server_away', status: 503 })
  const listed = await runGit(copy.dir, ['ls-remote', 'deploy'])
  expect(listed.exitCode).not.toBe(0)
  expect(listed.stderr).toContain('remote: Slipway is restarting; the sites stay up meanwhile.')
  expect((await server.visit('shop')).status).toBe(200)
  await server.start()
  expect((await runGit(copy.dir, ['ls-remote', 'deploy'])).exitCode).toBe(0)
})
