/** Whether the nginx that answers on this machine runs by a certain configuration. */
import { setTimeout } from 'node:timers/promises'
import type { Config } from '../config.ts'
import { SlipwayError } from '../domain/errors.ts'
import { askSite } from './ask-site.ts'

/** Null where nothing answers, or something that is not ours. */
export async function readGeneration(config: Config): Promise<string | null> {
  return (await readAnswer(config))?.generation ?? null
}

/** The worker that has answered; null as above. */
export async function readWorker(config: Config): Promise<number | null> {
  return (await readAnswer(config))?.worker ?? null
}

async function readAnswer(
  config: Config,
): Promise<{ readonly generation: string; readonly worker: number } | null> {
  try {
    const answer = await askSite(config, {
      host: 'localhost',
      path: '/__slipway_generation',
      signal: AbortSignal.timeout(config.limits.nginxTimeoutMs),
    })
    const found = /^([0-9a-f]{32}) ([0-9]+)\n$/.exec(answer.body.toString('utf8'))
    const [, generation, worker] = answer.status === 200 ? (found ?? []) : []
    return generation === undefined ? null : { generation, worker: Number(worker) }
  } catch (error) {
    if (error instanceof SlipwayError) return null
    throw error
  }
}

export interface AwaitedGeneration {
  readonly generation: string
  /** How long nginx took to test the text: a reload of many files takes it for longer, too. */
  readonly testedMs?: number
  /** What nginx complained about meanwhile. */
  readonly readProblem?: () => Promise<string | null>
}

/**
 * Asks until the generation is seen. Throws `nginx_refused` with nginx's problem, or when the time
 * is over.
 */
export async function waitForGeneration(
  config: Config,
  { generation, testedMs = 0, readProblem = () => Promise.resolve(null) }: AwaitedGeneration,
): Promise<void> {
  const timeoutMs = config.limits.nginxTimeoutMs + 5 * testedMs
  const deadline = performance.now() + timeoutMs
  for (let pauseMs = 2; ; pauseMs = Math.min(2 * pauseMs, 100)) {
    if ((await readGeneration(config)) === generation) return
    const problem = await readProblem()
    if (problem !== null) throw new SlipwayError('nginx_refused', { problem })
    if (performance.now() > deadline) {
      const seconds = Math.round(timeoutMs / 1_000)
      throw new SlipwayError('nginx_refused', {
        problem: `it did not take it within ${seconds} s.`,
      })
    }
    await setTimeout(pauseMs)
  }
}

/** In milliseconds. */
export async function timeOf(work: () => Promise<void>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}
