/** A deployment's log on its way out: as lines of JSON, or as its pusher saw it. */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deployment, DeploymentEvent } from '../domain/deployment.ts'
import { shortOid } from '../domain/names.ts'
import type { Project } from '../domain/project.ts'
import { ProgressLines } from '../domain/progress-lines.ts'
import { presentEvent } from './present.ts'

export const logTypes = { json: 'application/x-ndjson', text: 'text/plain' } as const

/** Turns batches of events into text; an empty batch is a sign of life. */
export interface LogFormat {
  readonly contentType: string
  readonly write: (batch: readonly DeploymentEvent[]) => string
  /** After the last one. */
  readonly end: (deployment: Deployment | null) => string
}

/** Without a word of the client's, programs are served first. */
export function chooseLogType(accept: string | undefined): keyof typeof logTypes {
  const qualityOf = (wanted: string): number => {
    const ranges = (accept ?? '*/*').split(',').map((range) => range.trim().split(/\s*;\s*/))
    const matching = [wanted, wanted.replace(/\/.*/, '/*'), '*/*'].map((name) =>
      ranges.find(([range]) => range?.toLowerCase() === name),
    )
    const found = matching.find((range) => range !== undefined)
    const quality = found?.find((parameter) => /^q=/i.test(parameter))?.slice(2) ?? '1'
    return found === undefined ? 0 : Number(quality)
  }
  return qualityOf(logTypes.text) > qualityOf(logTypes.json) ? 'text' : 'json'
}

/** Those who follow share their batches: what is written out for one is there for all. */
const written = new WeakMap<readonly DeploymentEvent[], string>()

export const jsonLines: LogFormat = {
  contentType: logTypes.json,
  write: (batch) => {
    const known = written.get(batch)
    if (known !== undefined) return known
    const lines = batch.map((one) => `${JSON.stringify(presentEvent(one))}\n`)
    const text = batch.length === 0 ? '\n' : lines.join('')
    written.set(batch, text)
    return text
  },
  end: () => '',
}

/** Begins with what it is of, as a push does; ends with why it failed. */
export function createTextLines(project: Project, deployment: Deployment): LogFormat {
  const progress = new ProgressLines()
  const toText = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')
  let head = toText(['', `  ${project.slug}  ${nameSource(deployment)}v${deployment.number}`, ''])
  return {
    contentType: `${logTypes.text}; charset=utf-8`,
    write: (batch) => {
      const lines = batch.flatMap((event) => progress.show(event))
      const text = head + (batch.length === 0 ? toText(['      …']) : toText(lines))
      head = ''
      return text
    },
    end: (ended) => {
      const error = ended?.error ?? null
      return error === null ? '' : toText(progress.showFailure(error))
    },
  }
}

/** Sends the batches as fast as the client reads, and returns when all are sent or it has gone. */
export async function sendLog(
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  format: LogFormat,
  log: {
    readonly batches: AsyncIterable<readonly DeploymentEvent[]>
    readonly readEnd: () => Deployment | null
  },
): Promise<void> {
  reply.hijack()
  reply.raw.writeHead(200, {
    'content-type': format.contentType,
    'cache-control': 'no-store',
    vary: 'accept',
    // nginx would keep lines back until its buffer is full.
    'x-accel-buffering': 'no',
  })
  if (request.method === 'HEAD') {
    reply.raw.end()
    return
  }
  reply.raw.flushHeaders()
  try {
    await pipeline(Readable.from(writeAll(format, log), { highWaterMark: 1 }), reply.raw)
  } catch (error) {
    // A client that goes is no fault of anybody's; anything else must not look like a whole log.
    reply.raw.destroy()
    if (!isPremature(error)) request.log.error({ err: error }, 'a log could not be sent')
  }
}

async function* writeAll(
  format: LogFormat,
  { batches, readEnd }: Parameters<typeof sendLog>[2],
): AsyncGenerator<string> {
  for await (const batch of batches) {
    const text = format.write(batch)
    if (text !== '') yield text
  }
  const end = format.end(readEnd())
  if (end !== '') yield end
}

function isPremature(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  return code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET' || code === 'EPIPE'
}

function nameSource({ branch, commit }: Deployment): string {
  return branch === null || commit === null ? '' : `${branch} ${shortOid(commit)} → `
}
