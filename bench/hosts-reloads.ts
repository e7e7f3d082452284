/** Whether a reload drops a request: visitors on new connections and on kept ones, meanwhile. */
import { setTimeout as wait } from 'node:timers/promises'
import { Agent, request } from 'node:https'
import type { Figure } from './figure.ts'
import type { HostsLab } from './hosts-lab.ts'

const reloads = 20
const pauseMs = 250
const visitorsEach = 4

interface Tally {
  answered: number
  /** Closed by nginx while the request was on its way on a connection that was kept. */
  closed: number
  readonly lost: string[]
}

export async function measureReloadsUnderLoad(lab: HostsLab): Promise<readonly Figure[]> {
  const fresh: Tally = { answered: 0, closed: 0, lost: [] }
  const kept: Tally = { answered: 0, closed: 0, lost: [] }
  const state = { isOver: false }
  const visiting = Array.from({ length: visitorsEach }, (_, visitor) => [
    visitUntil(state, { lab, visitor, agent: null, tally: fresh }),
    visitUntil(state, { lab, visitor, agent: new Agent({ keepAlive: true }), tally: kept }),
  ]).flat()
  for (let reload = 0; reload < reloads; reload += 1) {
    await lab.reload()
    await wait(pauseMs)
  }
  state.isOver = true
  await Promise.all(visiting)
  return [
    figure(`requests lost in ${reloads} reloads, each on a new TLS connection`, fresh, []),
    figure(`requests lost in ${reloads} reloads, on connections that are kept`, kept, [
      `${kept.closed} found their connection closed and were answered on another, as browsers do it`,
    ]),
  ]
}

function figure(name: string, { answered, lost }: Tally, notes: readonly string[]): Figure {
  return {
    name,
    value: String(lost.length),
    limit: '0',
    isKept: lost.length === 0,
    count: answered + lost.length,
    notes: [...notes, ...new Set(lost)].slice(0, 5),
  }
}

interface Visitor {
  readonly lab: HostsLab
  readonly visitor: number
  readonly agent: Agent | null
  readonly tally: Tally
}

async function visitUntil(state: { readonly isOver: boolean }, who: Visitor): Promise<void> {
  const { agent, tally } = who
  for (let count = 0; !state.isOver; count += 1) {
    try {
      await visitOnce(who, count).catch(async (error: unknown) => {
        if (!(error instanceof Error && error.message === wasReused)) throw error
        tally.closed += 1
        await visitOnce(who, count)
      })
      tally.answered += 1
    } catch (error) {
      tally.lost.push(String(error))
    }
  }
  agent?.destroy()
}

const wasReused = 'the connection was kept, and closed'

function visitOnce({ lab, visitor, agent }: Visitor, count: number): Promise<void> {
  // One of a few, so that connections are kept at all.
  const host = lab.hostAt(1 + visitor * 3 + (agent === null ? count % 1_000 : 0))
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port: lab.httpsPort,
        servername: host,
        headers: { host },
        rejectUnauthorized: false,
        agent: agent ?? false,
      },
      (answer) => {
        answer.resume()
        answer.on('error', reject)
        answer.on('end', () => {
          if (answer.statusCode === 200) resolve()
          else reject(new Error(`status ${answer.statusCode}`))
        })
      },
    )
    asked.on('error', (error) => {
      reject(asked.reusedSocket ? new Error(wasReused) : error)
    })
    asked.end()
  })
}
