// How long is waited for a reload: nginx reads its whole configuration again, however much that is.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { waitForGeneration } from '../../src/sites/generation.ts'
import { openSiteLab, type SiteLab } from '../tools/site-lab.ts'

const [before, generation] = ['a', 'b'].map((letter) => letter.repeat(32)) as [string, string]
let lab: SiteLab

beforeEach(async () => {
  lab = await openSiteLab({ limits: { nginxTimeoutMs: 500 } })
})

afterEach(async () => {
  await lab[Symbol.asyncDispose]()
})

/** An nginx that answers this often by the configuration from before. */
async function answerLate(times: number): Promise<AsyncDisposable> {
  let asked = 0
  const server = createServer((_, answer) => {
    asked += 1
    answer.end(`${asked > times ? generation : before} 1\n`)
  })
  server.listen(lab.config.nginx.httpPort, '127.0.0.1')
  await once(server, 'listening')
  return {
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

it('is as long as nginx needs for what it took long to test', async () => {
  await using _ = await answerLate(15)
  await waitForGeneration(lab.config, { generation, testedMs: 60_000 })
})

it('ends where nginx does not take what was tested soon', async () => {
  await using _ = await answerLate(Infinity)
  await expect(waitForGeneration(lab.config, { generation })).rejects.toThrow(
    'it did not take it within 1 s',
  )
})
