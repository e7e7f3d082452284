/**
 * The events of one deployment in order, each once, across connections that break: every new one
 * begins behind the last event that was seen.
 */
import type { IncomingMessage } from 'node:http'
import type { DeploymentEvent } from '../domain/deployment.ts'
import { SlipwayError } from '../domain/errors.ts'
import { type Api, projectPath } from './api.ts'
import { isRecord, parseJson } from './json.ts'
import { ServerProblem } from './server-problem.ts'
import { isOver, readDeployment, readEvent, type ShownDeployment } from './shapes.ts'

export interface LogOfDeployment {
  readonly project: string
  readonly number: number
}

export interface SeenEvent {
  readonly event: DeploymentEvent
  /** As the server sent it. */
  readonly line: string
}

export interface RetryTimes {
  readonly waitMs: (failures: number) => number
  /** So long without an answer, and the server is taken for gone. */
  readonly giveUpAfterMs: number
}

const retryTimes: RetryTimes = {
  waitMs: (failures) => Math.min(250 * 2 ** failures, 5_000),
  giveUpAfterMs: 120_000,
}

/** What there is of the log by now. */
export async function* readLog(api: Api, log: LogOfDeployment): AsyncGenerator<SeenEvent> {
  yield* readFrom(api, log, { seq: 0 })
}

/** What there is and what comes, until the deployment is over. Answers how it ended. */
export async function* followLog(
  api: Api,
  log: LogOfDeployment,
  { waitMs, giveUpAfterMs }: RetryTimes = retryTimes,
): AsyncGenerator<SeenEvent, ShownDeployment> {
  const seen = { seq: 0 }
  let failures = 0
  let answeredAt = performance.now()
  for (;;) {
    const before = seen.seq
    try {
      yield* readOnce(api, log, { seen, follow: true })
      const deployment = await readState(api, log)
      answeredAt = performance.now()
      if (isOver(deployment.status)) {
        // The end of a connection need not be the end of the log.
        yield* readFrom(api, log, seen)
        return deployment
      }
      failures = seen.seq > before ? 0 : failures + 1
    } catch (error) {
      if (!isPassing(error)) throw error
      if (seen.seq > before) answeredAt = performance.now()
      if (performance.now() - answeredAt > giveUpAfterMs) throw error
      failures = seen.seq > before ? 0 : failures + 1
    }
    await new Promise((resume) => setTimeout(resume, waitMs(failures)))
  }
}

export async function readState(
  api: Api,
  { project, number }: LogOfDeployment,
): Promise<ShownDeployment> {
  return readDeployment(await api.get(projectPath(project, `deployments/${number}`)))
}

async function* readFrom(
  api: Api,
  log: LogOfDeployment,
  seen: { seq: number },
): AsyncGenerator<SeenEvent> {
  let before
  do {
    before = seen.seq
    yield* readOnce(api, log, { seen, follow: false })
  } while (seen.seq > before)
}

async function* readOnce(
  api: Api,
  { project, number }: LogOfDeployment,
  { seen, follow }: { readonly seen: { seq: number }; readonly follow: boolean },
): AsyncGenerator<SeenEvent> {
  const query = `after=${seen.seq}${follow ? '&follow=1' : ''}`
  const path = projectPath(project, `deployments/${number}/logs?${query}`)
  const response = await api.open(path, 'application/x-ndjson')
  for await (const line of readLines(response, api.target.url)) {
    const json = parseJson(line)
    if (!isRecord(json))
      throw new SlipwayError('server_foreign', { url: api.target.url, problem: '' })
    const event = readEvent(json)
    if (event.seq <= seen.seq) continue
    seen.seq = event.seq
    yield { event, line }
  }
}

/** Whole lines only: what a broken connection cut off comes again. */
async function* readLines(response: IncomingMessage, url: string): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      const lines = (rest + decoder.decode(part, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      // An empty line is a sign of life.
      yield* lines.filter((line) => line.trim() !== '')
    }
  } catch (error) {
    throw new SlipwayError('server_unreachable', { url, problem: 'it broke the connection' }, error)
  } finally {
    response.destroy()
  }
}

/** What may be otherwise in a moment: a restart, a lost network, a limit of rate. */
function isPassing(error: unknown): boolean {
  if (error instanceof SlipwayError) return error.code === 'server_unreachable'
  return error instanceof ServerProblem && (error.status === 429 || error.status >= 500)
}
