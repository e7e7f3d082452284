/** One who asks too often, at the running server: what REST, git and the WebSocket answer. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { limits } from '../../src/config.ts'
import { follow, followRefused } from '../tools/follower.ts'
import { type GitOutcome, runGit } from '../tools/git-client.ts'
import { ask, expectProblem, type RawAnswer } from '../tools/raw-request.ts'
import { type SlipwayServer, startSlipwayServer } from '../tools/slipway-server.ts'

let server: SlipwayServer
let url: string
beforeAll(async () => {
  server = await startSlipwayServer({ settings: { SLIPWAY_RATE_LIMITS: 'on' } })
  url = `${server.url}/api/v1/runtime/projects/shop`
  await server.createProject('shop')
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

async function makeToken(): Promise<string> {
  const { body } = await server.rest('POST', '/projects/shop/tokens/', {
    body: { name: 'busy', scope: 'deploy' },
  })
  return String(body['secret'])
}

/**
 * Asks until it is refused, and answers how it was. Many at once, since one after the other may be
 * as slow on a busy machine as anybody may ask.
 */
async function askTooOften(once: () => Promise<RawAnswer>, most: number): Promise<RawAnswer> {
  for (let asked = 0; asked < most; asked += 50) {
    const answers = await Promise.all(Array.from({ length: 50 }, once))
    const refused = answers.find(({ status }) => status === 429)
    if (refused !== undefined) return refused
  }
  throw new Error(`not refused in ${most} requests`)
}

test('git tells its user when to come back, by a sentence', async () => {
  const remote = await server.remote('shop', await makeToken())
  const path = `${server.url}/shop.git/info/refs?service=git-upload-pack`
  const headers = { authorization: `Basic ${btoa(`x:${new URL(remote).password}`)}` }
  const call = { token: null, headers }
  let outcome: GitOutcome
  do {
    const refused = await askTooOften(() => ask(path, call), limits.gitRequestsPerMinuteMax * 20)
    expect(refused.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    outcome = await runGit(server.folder, ['ls-remote', remote])
    // It may have taken so long to start that its time has come again.
  } while (outcome.exitCode === 0)
  expect(outcome.stderr).toMatch(/remote: That is more often than one may ask; in \d+ s it works/)
  expect((await runGit(server.folder, ['ls-remote', await server.remote('shop')])).exitCode).toBe(0)
})

test('REST answers 429 with Retry-After; logs are followed and health is told meanwhile', async () => {
  const token = await makeToken()
  const refused = await askTooOften(
    () => ask(`${url}/`, { token }),
    limits.restRequestsPerMinuteMax * 20,
  )
  const problem = expectProblem(refused, 'too_many_requests')
  expect(problem.status).toBe(429)
  expect(refused.headers.get('retry-after')).toMatch(/^\d+$/)
  const follower = await follow(`${url}/stream`, { token }).open()
  follower.drop()
  for (const path of ['/healthz', '/readyz', '/metrics']) {
    expect((await ask(`${server.url}${path}`, { token: null })).status).toBe(200)
  }
  expect((await ask(`${url}/`, { token: await server.adminToken() })).status).toBe(200)
})

test('a thousand who follow with one token get in at once; far more are told to wait', async () => {
  const token = await makeToken()
  const address = `${url}/stream`
  const followers = await Promise.all(
    Array.from({ length: 1_000 }, () => follow(address, { token }).open()),
  )
  for (const follower of followers) follower.drop()
  const refused = await askTooOften(
    () => followRefused(`${address}?after=x`, { token }),
    limits.streamRequestsPerMinuteMax * 20,
  )
  expectProblem(refused, 'too_many_requests')
})

test('guesses are answered 429 after some, and a good token is let in meanwhile', async () => {
  const token = `slw_${'x'.repeat(43)}`
  const most = limits.failedTokensPerMinuteMax * 20
  const refused = await askTooOften(() => ask(`${url}/`, { token }), most)
  expectProblem(refused, 'too_many_requests')
  // Where most need no token, guesses are counted all the same.
  const elsewhere = { token, headers: { via: '1.1 a-proxy' } }
  const counted = await askTooOften(() => ask(`${server.url}/metrics`, elsewhere), most)
  expectProblem(counted, 'too_many_requests')
  expect((await ask(`${url}/`, { token: await server.adminToken() })).status).toBe(200)
})
