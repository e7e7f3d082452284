/** The log of a project as a WebSocket, from the whole server: who gets one, and what it is told. */
import { writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { follow, followRefused } from '../tools/follower.ts'
import { ask, expectProblem, sendBytes } from '../tools/raw-request.ts'
import { scriptedApp, waitForFile, writeOutput } from '../tools/scripted-app.ts'
import { type SlipwayServer, startSlipwayServer } from '../tools/slipway-server.ts'

let server: SlipwayServer
let admin: string
let url: string
let ownSecret: string
beforeAll(async () => {
  server = await startSlipwayServer()
  admin = await server.adminToken()
  await server.createProject('shop')
  await server.createProject('other')
  url = `${server.url}/api/v1/runtime/projects/shop/stream`
  ownSecret = (await makeToken('shop')).secret
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

async function makeToken(slug: string, change: object = {}) {
  const { body } = await server.rest('POST', `/projects/${slug}/tokens/`, {
    body: { name: 'follower', scope: 'read', ...change },
  })
  return { id: String(body['id']), secret: String(body['secret']) }
}

describe('what a follower is told', () => {
  test('every event has the promised fields, one a text frame, and no seq is missing', async () => {
    const follower = follow(url, { token: admin })
    await follower.until(() => follower.events.some(({ text }) => text.includes('live')))
    for (const event of follower.events) {
      expect(Object.keys(event)).toEqual([
        'seq',
        'deployment',
        'at',
        'step',
        'status',
        'stream',
        'text',
      ])
      expect(event.at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    }
    expect(follower.seqs).toEqual(follower.seqs.map((_seq, index) => index + 1))
    expect(follower.frames.every(({ isText }) => isText)).toBe(true)
    expect(follower.socket.extensions).toBe('')
    follower.drop()
  })

  test('what was known is not told again, and what happens comes by itself', async () => {
    const known = follow(url, { token: admin })
    await known.until(() => known.events.some(({ text }) => text.includes('live')))
    const follower = await follow(`${url}?after=${known.last}`, { token: ownSecret }).open()
    const { body } = await server.rest('POST', '/projects/shop/rollback', { body: { to: 1 } })
    expect(body).toMatchObject({ code: 'rollback_live' })
    const copy = await server.createWorkingCopy('pushed', { 'index.html': '<h1>one</h1>' })
    const pushed = await follow(url.replace('shop', 'pushed'), { token: admin }).open()
    expect((await copy.push()).exitCode).toBe(0)
    await pushed.until(() => pushed.events.some((event) => event.deployment === 2))
    expect(follower.events).toEqual([])
    const only = follow(`${url.replace('shop', 'pushed')}?deployment=v2&after=3`, { token: admin })
    await only.until(() => only.events.length > 3)
    expect(new Set(only.events.map(({ deployment }) => deployment))).toEqual(new Set([2]))
    for (const one of [known, follower, pushed, only]) one.drop()
  })

  test('a line of a build is there before the build has ended', async () => {
    const script = waitForFile('go') + writeOutput('index.html', 'built')
    const copy = await server.createWorkingCopy('built', scriptedApp(script))
    const follower = follow(url.replace('shop', 'built'), { token: admin })
    const push = copy.startPush('main')
    await follower.until(() => follower.events.some(({ text }) => text === 'waiting for go'))
    expect(push.isOver).toBe(false)
    await writeFile(server.pathInBuild('built', 2, 'go'), '')
    await push.ended
    follower.drop()
  })
})

describe('who gets a socket', () => {
  test('a browser shows its token as a subprotocol, and is answered without it', async () => {
    const follower = follow(url, { token: null, protocols: ['slipway.v1', `bearer.${ownSecret}`] })
    await follower.open()
    expect(follower.socket.protocol).toBe('slipway.v1')
    follower.drop()
    expect(server.printed).not.toContain(ownSecret)
  })

  test.each([
    ['no token', { token: null }, 'token_missing'],
    ['an unknown token', { token: `slw_${'x'.repeat(43)}` }, 'token_unknown'],
    [
      'one as a subprotocol',
      { token: null, protocols: ['slipway.v1', 'bearer.x'] },
      'token_unknown',
    ],
  ] as const)('%s is refused by an answer', async (...[, wish, code]) => {
    const answer = await followRefused(url, wish)
    expect(expectProblem(answer, code).status).toBe(401)
    expect(answer.headers.get('x-request-id')).toMatch(/\S/)
  })

  test("another project's token, an unknown project and an unknown deployment are refused", async () => {
    const { secret } = await makeToken('other')
    const foreign = await followRefused(url, { token: secret })
    expect(expectProblem(foreign, 'token_foreign').status).toBe(403)
    const nowhere = await followRefused(url.replace('shop', 'nowhere'), { token: admin })
    expect(expectProblem(nowhere, 'project_not_found').status).toBe(404)
    const unknown = await followRefused(`${url}?deployment=99`, { token: admin })
    expect(expectProblem(unknown, 'deployment_not_found').status).toBe(404)
    const elsewhere = await followRefused(`${server.url}/nothing`, { token: admin })
    expect(expectProblem(elsewhere, 'route_not_found').status).toBe(404)
  })

  test('the public entrance carries it, for programs and for pages of its own host', async () => {
    const host = `deploy.localhost:${server.httpPort}`
    const entrance = url.replace(server.url, `http://127.0.0.1:${server.httpPort}`)
    for (const origin of [{}, { origin: `http://${host}` }]) {
      const follower = follow(entrance, { token: admin, headers: { host, ...origin } })
      await follower.untilSeq(3)
      follower.drop()
    }
    const headers = { host, origin: 'http://shop.localhost' }
    const answer = await followRefused(entrance, { token: admin, headers })
    expectProblem(answer, 'origin_refused')
  })

  test.each(['x', '-1', '1.5', '', '01', '9'.repeat(30)])('after=%j is refused', async (after) => {
    const answer = await followRefused(`${url}?after=${after}`, { token: admin })
    expect(expectProblem(answer, 'invalid_body').errors).toMatchObject([
      { pointer: '/query/after' },
    ])
  })

  test('pages of its own hosts may follow, and of no other', async () => {
    const origins = [server.url, `http://127.0.0.1:${server.listenPort}`]
    for (const origin of origins) {
      const follower = await follow(url, { token: admin, headers: { origin } }).open()
      follower.drop()
    }
    for (const origin of ['https://elsewhere.example', 'null', 'x', `${server.url}1`]) {
      const answer = await followRefused(url, { token: admin, headers: { origin } })
      expect(expectProblem(answer, 'origin_refused').status).toBe(403)
    }
  })

  test('one who asks for no socket is told how to', async () => {
    const answer = await ask(url, { token: admin })
    expect(expectProblem(answer, 'upgrade_required').status).toBe(426)
    expect(answer.headers.get('upgrade')).toBe('websocket')
    const h2c = await sendBytes(
      server.listenPort,
      'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n',
    )
    expect(h2c).toMatch(/^HTTP\/1\.1 200 /)
  })

  test.each([
    ['no key', ['Sec-WebSocket-Version: 13']],
    ['a key that is none', ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: x']],
    ['an old version', ['Sec-WebSocket-Version: 8', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==']],
  ])('a handshake with %s is refused', async (_what, lines) => {
    const head = [
      `GET ${new URL(url).pathname} HTTP/1.1`,
      'Host: x',
      'Connection: Upgrade',
      'Upgrade: websocket',
      `Authorization: Bearer ${admin}`,
      ...lines,
    ]
    const answer = await sendBytes(server.listenPort, `${head.join('\r\n')}\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 426 /)
    expect(answer).toContain('"code":"upgrade_required"')
  })
})

describe('what ends it', () => {
  test('a revoked token, with 1008, and no other', async () => {
    const { id, secret } = await makeToken('shop')
    const revoked = await follow(url, { token: secret }).open()
    const other = await follow(url, { token: ownSecret }).open()
    await server.rest('DELETE', `/projects/shop/tokens/${id}/`)
    expect(await revoked.closed).toEqual({ code: 1008, reason: 'The token was revoked.' })
    expect(other.socket.readyState).toBe(other.socket.OPEN)
    other.drop()
  })

  test('the end of its project, with 1008', async () => {
    await server.createProject('short')
    const follower = await follow(url.replace('shop', 'short'), { token: admin }).open()
    expect((await server.rest('DELETE', '/projects/short/')).status).toBe(204)
    expect(await follower.closed).toEqual({ code: 1008, reason: 'The project was deleted.' })
  })

  test('anything that it says', async () => {
    const follower = await follow(url, { token: admin }).open()
    follower.socket.send('hello')
    expect((await follower.closed).code).toBe(1008)
    const loud = await follow(url, { token: admin }).open()
    loud.socket.send('x'.repeat(1024 ** 2))
    expect((await loud.closed).code).toBe(1009)
    const broken = await follow(url, { token: admin }).open()
    broken.socket.once('error', () => undefined)
    const wire = (broken.socket as unknown as { _socket: Socket })._socket
    wire.write(Buffer.from([0x81, 0x01, 0x61]))
    expect((await broken.closed).code).toBe(1002)
    expect((await ask(`${server.url}/healthz`, { token: null })).status).toBe(200)
  })

  test('a follower that says who it is by ping is answered', async () => {
    const follower = await follow(url, { token: admin }).open()
    const answered = new Promise((resolve) => follower.socket.once('pong', resolve))
    follower.socket.ping()
    await answered
    follower.drop()
  })

  test('the end of the server, with 1012', async () => {
    await using ending = await startSlipwayServer()
    await ending.createProject('shop')
    const address = `${ending.url}/api/v1/runtime/projects/shop/stream`
    const follower = await follow(address, { token: await ending.adminToken() }).open()
    const stopped = ending.stop()
    expect((await follower.closed).code).toBe(1012)
    expect(await stopped).toBe(0)
    expect(ending.printed).toMatch(
      /"route":"\/api\/v1\/runtime\/projects\/:project\/stream".*"status":101/,
    )
  })
})
