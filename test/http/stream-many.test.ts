/** A thousand people follow one log while others push: all of them read all of it. */
import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CountingFollower } from '../tools/counting-follower.ts'
import { scriptedApp, waitForFile, writeOutput } from '../tools/scripted-app.ts'
import { type SlipwayServer, startSlipwayServer } from '../tools/slipway-server.ts'

const followersWanted = 1_000
const lines = 400
/** Garbage may wait for its collector where the machine is busy. */
const tooMuchBytes = 256 * 1024 ** 2

let server: SlipwayServer
beforeAll(async () => {
  server = await startSlipwayServer({ settings: { BUILD_CONCURRENCY: '2' } })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

async function memoryBytes(): Promise<number> {
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}

async function readLastSeq(slug: string): Promise<number> {
  const path = `${server.url}/api/v1/runtime/projects/${slug}/deployments/2/logs`
  const authorization = `Bearer ${await server.adminToken()}`
  const text = await (await fetch(path, { headers: { authorization } })).text()
  const event = JSON.parse(text.trim().split('\n').at(-1) ?? '') as { readonly seq: number }
  return event.seq
}

/** Prints half of its lines, waits for the test, prints the others. */
const chatter = `
const say = async (from, to) => {
  for (let line = from; line < to; line += 1) {
    console.log('line ' + line + ' of many, as tools print them')
    if (line % 20 === 0) await new Promise((again) => setTimeout(again, 5))
  }
}
await say(0, ${lines / 2})
${waitForFile('go')}
await say(${lines / 2}, ${lines})
${writeOutput('index.html', 'said')}
`

test('every follower is told every line in order, memory stays flat and pushes go on', async () => {
  const talking = await server.createWorkingCopy('talking', scriptedApp(chatter))
  const quiet = await server.createWorkingCopy('quiet', { 'index.html': '<h1>quiet</h1>' })
  const url = `ws://127.0.0.1:${server.listenPort}/api/v1/runtime/projects/talking/stream`
  const token = await server.adminToken()
  const followers: CountingFollower[] = []
  for (let made = 0; made < followersWanted; made += 100) {
    const some = Array.from({ length: 100 }, () => new CountingFollower(url, token))
    followers.push(...some)
    await Promise.all(some.map(({ opened }) => opened))
  }
  // A tenth of them reads nothing until the end.
  const idle = followers.filter((_one, index) => index % 10 === 0)
  for (const follower of idle) follower.pause()

  const push = talking.startPush('main')
  await push.untilLine(/waiting for go/)
  const before = await memoryBytes()
  await writeFile(server.pathInBuild('talking', 2, 'go'), '')
  const [ended, other] = await Promise.all([push.ended, quiet.push()])
  expect([ended.exitCode, other.exitCode], ended.stderr).toEqual([0, 0])

  const last = await readLastSeq('talking')
  expect(last).toBeGreaterThan(lines)
  for (const follower of idle) follower.resume()
  await Promise.all(followers.map((follower) => follower.until(last)))
  expect(followers.filter(({ seen }) => seen < last)).toEqual([])
  expect(followers.flatMap(({ problem }) => problem ?? [])).toEqual([])
  expect((await memoryBytes()) - before).toBeLessThan(tooMuchBytes)
  for (const follower of followers) follower.drop()
})
