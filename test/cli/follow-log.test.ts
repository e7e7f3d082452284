/** A log that is followed while its server breaks connections, stops and starts again. */
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Api } from '../../src/cli/api.ts'
import { followLog, readLog } from '../../src/cli/follow-log.ts'
import { Secret } from '../../src/domain/secret.ts'

const log = { project: 'harbour', number: 3 }
const hasty = { waitMs: () => 1, giveUpAfterMs: 60_000 }

type Answer = (after: number, response: ServerResponse) => void

let server: Server
let api: Api
/** How the requests for the log are answered, in turn; the last answers all further ones. */
let answers: Answer[]
let statuses: string[]
let asked: string[]

beforeEach(async () => {
  asked = []
  statuses = ['completed']
  server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x')
    if (!pathname.endsWith('/logs')) {
      const status = statuses.length > 1 ? statuses.shift() : statuses[0]
      response.end(JSON.stringify({ number: 3, status }))
      return
    }
    asked.push(searchParams.toString())
    const answer = answers.length > 1 ? answers.shift() : answers[0]
    answer?.(Number(searchParams.get('after')), response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  api = new Api({ url: `http://127.0.0.1:${port}`, token: new Secret('slw_x') })
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

function line(seq: number): string {
  return `${JSON.stringify({ seq, deployment: 3, step: 'build', status: 'in_progress', stream: 'stdout', text: `line ${seq}` })}\n`
}

/** Events up to `last` that the client has not seen. */
function give(last: number, { over = 0 } = {}): Answer {
  return (after, response) => {
    for (let seq = Math.max(1, after + 1 - over); seq <= last; seq += 1) response.write(line(seq))
    response.end()
  }
}

async function collect(): Promise<{ readonly seqs: readonly number[]; readonly status: string }> {
  const seqs: number[] = []
  const events = followLog(api, log, hasty)
  for (;;) {
    const next = await events.next()
    if (next.done === true) return { seqs, status: next.value.status }
    seqs.push(next.value.event.seq)
  }
}

test('a log that ends with its deployment is read once', async () => {
  answers = [give(3)]
  expect(await collect()).toEqual({ seqs: [1, 2, 3], status: 'completed' })
  expect(asked[0]).toBe('after=0&follow=1')
})

test('a connection that breaks in the middle of a line costs and doubles nothing', async () => {
  answers = [
    (_after, response) => {
      response.write(line(1) + line(2) + line(3).slice(0, 20))
      setImmediate(() => response.destroy())
    },
    (_after, response) => {
      response.destroy()
    },
    give(5, { over: 1 }),
  ]
  expect(await collect()).toEqual({ seqs: [1, 2, 3, 4, 5], status: 'completed' })
})

test('an end before that of the deployment is taken for no end', async () => {
  statuses = ['in_progress', 'failed']
  answers = [give(2), give(4)]
  expect(await collect()).toEqual({ seqs: [1, 2, 3, 4], status: 'failed' })
})

test('what was written after the connection ended is read too', async () => {
  answers = [give(2), give(4)]
  expect(await collect()).toEqual({ seqs: [1, 2, 3, 4], status: 'completed' })
})

test('a server that restarts, or asks for patience, is waited for', async () => {
  const refuse =
    (status: number): Answer =>
    (_after, response) => {
      response.writeHead(status).end(JSON.stringify({ detail: 'in a moment' }))
    }
  answers = [give(1), refuse(503), refuse(429), give(2)]
  statuses = ['in_progress', 'completed']
  expect((await collect()).seqs).toEqual([1, 2])
})

test('a token that was revoked ends it', async () => {
  answers = [
    (_after, response) => {
      response
        .writeHead(401)
        .end(JSON.stringify({ detail: 'This token is not known here.', code: 'token_unknown' }))
    },
  ]
  await expect(collect()).rejects.toThrow('This token is not known here.')
})

test('a server that stays away is given up', async () => {
  answers = [
    (_after, response) => {
      response.destroy()
    },
  ]
  const events = followLog(api, log, { waitMs: () => 1, giveUpAfterMs: 30 })
  await expect(events.next()).rejects.toThrow('can not be reached')
})

test('signs of life are no events, and letters may come in two parts', async () => {
  const bytes = Buffer.from(line(1).replace('line 1', 'bateau à voile'))
  const middle = bytes.indexOf(0xc3) + 1
  answers = [
    (after, response) => {
      if (after > 0) {
        response.end()
        return
      }
      response.write('\n')
      response.write(bytes.subarray(0, middle))
      setImmediate(() => response.end(bytes.subarray(middle)))
    },
  ]
  const texts: string[] = []
  for await (const { event } of readLog(api, log)) texts.push(event.text)
  expect(texts).toEqual(['bateau à voile'])
})
