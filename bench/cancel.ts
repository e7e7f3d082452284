/**
 * How long a build lives on after its pusher's Ctrl-C. The build does what it can to stay: children
 * in sessions of their own, deaf to SIGTERM and SIGINT.
 */
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { once } from 'node:events'
import { startGit } from '../test/tools/git-client.ts'
import { scriptedApp } from '../test/tools/scripted-app.ts'
import {
  type SlipwayServer,
  startSlipwayServer,
  type WorkingCopy,
} from '../test/tools/slipway-server.ts'
import { type Figure, showMs, showSpread } from './figure.ts'
import { commit, makePusher } from './pusher.ts'

const rounds = 50
const limitMs = 2_000
const buildProcesses = 5

const stubbornBuild = `
import { spawn } from 'node:child_process'
const deaf = 'trap "" TERM INT HUP; while :; do sleep 1000; done'
for (let child = 1; child < ${buildProcesses}; child += 1) {
  spawn('/bin/sh', ['-c', \`(\${deaf}) & \${deaf}\`], { detached: true, stdio: 'ignore' }).unref()
}
process.on('SIGTERM', () => undefined)
process.on('SIGINT', () => undefined)
setInterval(() => undefined, 1_000)
`

export async function benchCancel(): Promise<readonly Figure[]> {
  await using server = await startSlipwayServer()
  await server.createProject('harbour')
  const copy = await makePusher(server.folder, await server.remote('harbour'), app(0))
  const times: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    await commit(copy, app(round))
    times.push(await cancelPush(server, copy))
  }
  const most = Math.max(...times)
  return [
    {
      name: 'from Ctrl-C until the last process of the build has gone, largest',
      value: showMs(most),
      limit: showMs(limitMs),
      isKept: most <= limitMs,
      count: rounds,
      notes: [showSpread(times)],
    },
  ]
}

function app(round: number): Readonly<Record<string, string>> {
  return { ...scriptedApp(stubbornBuild), 'round.txt': `${round}\n` } as Record<string, string>
}

async function cancelPush(server: SlipwayServer, copy: WorkingCopy): Promise<number> {
  const pushing = startGit(copy.dir, ['push', 'deploy', 'main'])
  const ended = once(pushing, 'close')
  pushing.stdout?.resume()
  pushing.stderr?.resume()
  // Each child is a shell with a shell below it; all of them are there, or the build is not yet.
  while ((await countBuildProcesses(server)) < 2 * buildProcesses) {
    if (pushing.exitCode !== null) throw new Error('the push ended by itself')
    await wait(5)
  }
  const startedAt = performance.now()
  interrupt(pushing.pid)
  while ((await countBuildProcesses(server)) > 0) await wait(1)
  const time = performance.now() - startedAt
  await ended
  return time
}

/** As a terminal does it: the whole group gets the signal. */
function interrupt(pid: number | undefined): void {
  if (pid === undefined) throw new Error('git has no process')
  process.kill(-pid, 'SIGINT')
}

/** Known by what every command of a build is given in its environment. */
async function countBuildProcesses({ httpPort }: SlipwayServer): Promise<number> {
  const mark = `SLIPWAY_URL=http://harbour.localhost:${httpPort}`
  const pids = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name))
  const marked = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')
      return environment.includes(mark)
    }),
  )
  return marked.filter(Boolean).length
}
