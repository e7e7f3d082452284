// Visitors who draw a download out keep workers of earlier configurations from ending, up to a limit.
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type SiteLab, startSiteLab } from '../tools/site-lab.ts'

const film = 'f'.repeat(20_000_000)
const keptMax = 2
let lab: SiteLab

beforeAll(async () => {
  lab = await startSiteLab({
    limits: { reloadPauseMs: 0, crowdedReloadPauseMs: 0, oldWorkersMax: keptMax },
  })
  await lab.sites.linkHost(lab.slug, lab.host)
})

afterAll(async () => {
  await lab[Symbol.asyncDispose]()
})

async function deploy(number: number): Promise<void> {
  await lab.publish(number, {
    'index.html': 'A film',
    'film.bin': film,
    _headers: `/*\n  X-Says: ${number}`,
  })
  const release = { slug: lab.slug, number, hosts: () => [lab.host] }
  expect(await lab.sites.bringRules(release, () => undefined)).toBe(true)
  await lab.sites.activate(lab.slug, number)
}

/** Takes the beginning of an answer, and no more of it for now. */
async function beginDownload(): Promise<IncomingMessage> {
  const request = get({
    port: lab.config.nginx.httpPort,
    path: '/film.bin',
    headers: { host: lab.host },
    agent: false,
  })
  const [answer] = await once(request, 'response')
  if (!isAnswer(answer)) throw new Error('no answer')
  expect(answer.statusCode).toBe(200)
  return answer
}

function isAnswer(value: unknown): value is IncomingMessage {
  return typeof value === 'object' && value !== null && 'statusCode' in value
}

/** How many bytes still came; what was cut off says so. */
async function takeRest(answer: IncomingMessage): Promise<number | 'cut off'> {
  let bytes = 0
  try {
    for await (const chunk of answer) {
      bytes += Buffer.isBuffer(chunk) ? chunk.length : 0
      // Others have their turn, too.
      await setTimeout(0)
    }
    return bytes
  } catch {
    return 'cut off'
  }
}

it('the oldest are cut off where there are too many, and all others are served to their end', async () => {
  await deploy(1)
  const held: IncomingMessage[] = []
  for (let number = 2; number <= 5; number += 1) {
    held.push(await beginDownload())
    await deploy(number)
  }
  const taken = await Promise.all(held.map(takeRest))
  expect(taken).toEqual(['cut off', 'cut off', film.length, film.length])
})
