/**
 * The time from the last byte of a pushed pack until its pusher can read a line. Asked by a bare
 * HTTP client that sends what git would, since git itself tells no times.
 */
import { request } from 'node:http'
import { commitFiles } from '../test/tools/git-client.ts'
import { runCommand } from '../src/machine/run-command.ts'
import { type SlipwayServer, startSlipwayServer } from '../test/tools/slipway-server.ts'
import { flushPacket, readPacket, renderPacket } from '../src/git/pkt-line.ts'
import { type Figure, median, showMs, showSpread } from './figure.ts'
import { makePusher, push } from './pusher.ts'
import { renderPage, staticSite } from './static-site.ts'

const pushes = 25
const warmUps = 3
const limitMs = 150

export async function benchFirstLine(): Promise<readonly Figure[]> {
  await using server = await startSlipwayServer()
  await server.createProject('harbour')
  const copy = await makePusher(
    server.folder,
    await server.remote('harbour'),
    staticSite('Harbour'),
  )
  await push(copy)
  const token = await server.adminToken()
  const times: number[] = []
  for (let number = -warmUps; number < pushes; number += 1) {
    const old = await copy.git('rev-parse', 'HEAD')
    const fresh = await commitFiles(copy.dir, { 'index.html': renderPage(`Harbour ${number}`) })
    const body = await buildBody(copy.dir, old, fresh)
    const time = await sendPush(server, token, body)
    if (number >= 0) times.push(time)
  }
  return [
    {
      name: 'first line at the pusher, after the end of the pack',
      value: showMs(median(times)),
      limit: showMs(limitMs),
      isKept: median(times) <= limitMs,
      count: pushes,
      notes: [showSpread(times)],
    },
  ]
}

/** What git sends to git-receive-pack: the command, and a pack of what is new. */
async function buildBody(dir: string, old: string, fresh: string): Promise<Buffer> {
  const pack = await runCommand({
    program: 'git',
    args: ['pack-objects', '--quiet', '--revs', '--stdout', '--thin'],
    cwd: dir,
    input: `${fresh}\n^${old}\n`,
    timeoutMs: 60_000,
  })
  if (pack.exitCode !== 0) throw new Error(pack.stderr)
  const command = `${old} ${fresh} refs/heads/main\0 report-status side-band-64k agent=bench\n`
  return Buffer.concat([Buffer.from(renderPacket(command) + flushPacket), pack.stdout])
}

/** Resolves with the milliseconds from the last byte to the first text, after the whole answer. */
function sendPush({ listenPort }: SlipwayServer, token: string, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    let sentAt = Number.NaN
    let shownAt = Number.NaN
    let answer: Buffer = Buffer.alloc(0)
    const sending = request(
      {
        host: '127.0.0.1',
        port: listenPort,
        method: 'POST',
        path: '/harbour.git/git-receive-pack',
        auth: `x:${token}`,
        agent: false,
        headers: { 'content-type': 'application/x-git-receive-pack-request' },
      },
      (response) => {
        response.on('data', (part: Buffer) => {
          answer = Buffer.concat([answer, part])
          if (Number.isNaN(shownAt) && hasText(answer)) shownAt = performance.now()
        })
        response.on('error', reject)
        response.on('end', () => {
          if (!answer.includes('ok refs/heads/main')) reject(new Error(answer.toString()))
          else resolve(shownAt - sentAt)
        })
      },
    )
    sending.on('error', reject)
    sending.on('finish', () => {
      sentAt = performance.now()
    })
    sending.end(body)
  })
}

/** True once there is something to read on side band 2, and not an empty line alone. */
function hasText(answer: Buffer): boolean {
  let rest = answer
  for (let found = readPacket(rest); found !== null; found = readPacket(rest)) {
    rest = found.rest
    if (found.packet.kind === 'flush') continue
    const { data } = found.packet
    if (data[0] === 2 && data.toString('utf8', 1).trim() !== '') return true
  }
  return false
}
