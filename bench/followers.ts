/**
 * The time from a line that a build prints until it is at a follower, with a thousand followers of
 * the same log. Build, server and followers share this machine and its clock; what the followers
 * themselves take is in it.
 */
import { CountingFollower } from '../test/tools/counting-follower.ts'
import { scriptedApp, waitForFile, writeOutput } from '../test/tools/scripted-app.ts'
import { startSlipwayServer } from '../test/tools/slipway-server.ts'
import { writeFile } from 'node:fs/promises'
import { type Figure, median, showMs } from './figure.ts'

const followersWanted = 1_000
const lines = 100
const warmUps = 10
const pauseMs = 100
const limitMs = 100

/** Each line says when it was printed. */
const clock = `
for (let line = 0; line < ${lines + warmUps}; line += 1) {
  console.log('tick ' + line + ' ' + (performance.timeOrigin + performance.now()) + ' ')
  await new Promise((again) => setTimeout(again, ${pauseMs}))
}
`

export async function benchFollowers(): Promise<readonly Figure[]> {
  await using server = await startSlipwayServer()
  const app = scriptedApp(waitForFile('go') + clock + writeOutput('index.html', 'told'))
  const copy = await server.createWorkingCopy('clock', app)
  const push = copy.startPush('main')
  await push.untilLine(/waiting for go/)

  const times: number[] = []
  const url = `ws://127.0.0.1:${server.listenPort}/api/v1/runtime/projects/clock/stream`
  const token = await server.adminToken()
  const followers: CountingFollower[] = []
  while (followers.length < followersWanted) {
    const some = Array.from({ length: 50 }, () => new CountingFollower(url, token))
    await Promise.all(some.map(({ opened }) => opened))
    followers.push(...some)
  }
  const untilAllSaw = Promise.all(followers.map((follower) => untilLastTick(follower, times)))
  await writeFile(server.pathInBuild('clock', 2, 'go'), '')
  await untilAllSaw
  const { exitCode, stderr } = await push.ended
  if (exitCode !== 0) throw new Error(`the push failed: ${stderr}`)
  const problems = followers.flatMap(({ problem }) => problem ?? [])
  if (problems.length > 0) throw new Error(`not every line came: ${problems.join(', ')}`)
  for (const follower of followers) follower.drop()

  const sorted = times.toSorted((a, b) => a - b)
  const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN
  return [
    {
      name: `a build's line at each of ${followersWanted} followers, p99`,
      value: showMs(p99),
      limit: showMs(limitMs),
      isKept: p99 <= limitMs,
      count: sorted.length,
      notes: [`median ${showMs(median(sorted))}, slowest ${showMs(sorted.at(-1) ?? Number.NaN)}`],
    },
  ]
}

/** Notes how old each line is when it comes. */
function untilLastTick(follower: CountingFollower, times: number[]): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  follower.onEvent = (_seq, frame) => {
    const now = performance.timeOrigin + performance.now()
    const found = /tick (\d+) ([\d.]+) /.exec(frame.toString('latin1'))
    if (found === null) return
    const line = Number(found[1])
    if (line >= warmUps) times.push(now - Number(found[2]))
    if (line === lines + warmUps - 1) resolve()
  }
  return promise
}
