/**
 * The body of a request on its way into git: inflated where the client deflated it, never collected,
 * and as slow as git reads.
 */
import type { IncomingMessage } from 'node:http'
import type { Readable, Writable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { PacketMeter } from './packet-meter.ts'

export type BodyProblem = 'not_gzip' | 'too_large'

/** Null for an encoding that git never uses. */
export function readEncoding(request: IncomingMessage): 'gzip' | 'identity' | null {
  const given = request.headers['content-encoding'] ?? 'identity'
  if (given === 'gzip' || given === 'x-gzip') return 'gzip'
  return given === 'identity' ? given : null
}

/**
 * Feeds git. Where git has read enough, or `onProblem` was called, the rest of the request is read
 * and dropped: a client that is still sending would not see the answer.
 */
export function feedBody(
  request: IncomingMessage,
  input: Writable,
  {
    encoding,
    bytesMax,
    packetBytesMax,
    onProblem,
  }: {
    readonly encoding: 'gzip' | 'identity'
    readonly bytesMax: number
    /** Of the packet lines before the pack of a push. */
    readonly packetBytesMax: number
    readonly onProblem: (problem: BodyProblem) => void
  },
): void {
  const gunzip = encoding === 'gzip' ? createGunzip() : null
  const body: Readable = gunzip ?? request
  const drop = (): void => {
    body.unpipe(input)
    if (gunzip !== null) {
      request.unpipe(gunzip)
      gunzip.destroy()
    }
    request.resume()
  }
  const refuse = (problem: BodyProblem): void => {
    drop()
    onProblem(problem)
  }
  const meter = new PacketMeter()
  let bytes = 0
  const count = (part: Buffer): void => {
    bytes += part.length
    if (bytes <= bytesMax && meter.take(part) <= packetBytesMax) return
    body.off('data', count)
    refuse('too_large')
  }
  // An aborted request is noticed by the close of its response.
  request.on('error', () => undefined)
  gunzip?.on('error', () => {
    refuse('not_gzip')
  })
  input.on('error', drop)
  input.on('close', drop)
  body.pipe(input)
  body.on('data', count)
  if (gunzip !== null) request.pipe(gunzip)
}
