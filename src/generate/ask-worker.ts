/** Asks a worker and judges its reply: an answer, an error for people, or a worker that is broken. */
import { SlipwayError } from '../domain/errors.ts'
import type { Frame } from './frames.ts'
import type { WorkerRequest } from './messages.ts'
import { readOuter } from './read-answer.ts'
import type { WorkerProcess } from './worker-process.ts'

export type Verdict<Result> =
  | { readonly isBroken: false; readonly result: Result; readonly memoryBytes: number }
  /** Another worker may do it. */
  | { readonly isBroken: true; readonly error: SlipwayError; readonly memoryBytes: 0 }

export interface Question<Result> {
  readonly request: WorkerRequest
  /** Throws for an answer that is none. */
  readonly read: (frame: Frame) => Result
  readonly timeoutMs: number
}

/** Two workers are tried; `ask` lends each. Throws `generation_failed`. */
export async function askTwice<Result>(ask: () => Promise<Verdict<Result>>): Promise<Result> {
  const first = await ask()
  if (!first.isBroken) return first.result
  const second = await ask()
  if (second.isBroken) throw second.error
  return second.result
}

/** Throws `generation_failed` and `sandbox_unavailable` where another worker would do no better. */
export async function askWorker<Result>(
  worker: WorkerProcess,
  { request, read, timeoutMs }: Question<Result>,
): Promise<Verdict<Result>> {
  const reply = await worker.ask(request, timeoutMs)
  if (reply.outcome === 'timeout') {
    const problem = `it took more than ${timeoutMs / 1_000} seconds.`
    throw new SlipwayError('generation_failed', { problem })
  }
  if (reply.outcome === 'ended') {
    const { problem, isWithoutWalls } = reply
    if (isWithoutWalls) throw new SlipwayError('sandbox_unavailable', { problem })
    return broken('its worker ended.', new Error(problem))
  }
  try {
    const { problem, memoryBytes } = readOuter(reply.frame)
    if (problem !== null) throw new SlipwayError('generation_failed', { problem })
    return { isBroken: false, result: read(reply.frame), memoryBytes }
  } catch (error) {
    if (error instanceof SlipwayError) throw error
    // Whatever made it say that, it says nothing to anybody any more.
    worker.end()
    return broken('its worker gave an answer that is none.', error)
  }
}

function broken(problem: string, cause: unknown): Verdict<never> {
  const error = new SlipwayError('generation_failed', { problem }, cause)
  return { isBroken: true, error, memoryBytes: 0 }
}
