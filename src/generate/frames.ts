/**
 * How the server and its workers speak over a pipe: the lengths of a header and a body, the header
 * as JSON, the body as bytes. Whoever reads trusts nothing but the lengths, and those only so far.
 */
import type { Readable, Writable } from 'node:stream'

export interface Frame {
  readonly header: unknown
  readonly body: Buffer
}

export function writeFrame(
  stream: Writable,
  header: unknown,
  body: readonly Uint8Array[] = [],
): void {
  const text = Buffer.from(JSON.stringify(header))
  const lengths = Buffer.alloc(prefixLength)
  lengths.writeUInt32BE(text.length, 0)
  lengths.writeUInt32BE(
    body.reduce((sum, { length }) => sum + length, 0),
    4,
  )
  // As one chunk: each would be a system call, and a turn of the reader.
  stream.write(Buffer.concat([lengths, text, ...body]))
}

/** Calls `onFrame` for each, in order. `onBroken` is called once, and nothing after it. */
export function readFrames(
  stream: Readable,
  bytesMax: number,
  { onFrame, onBroken }: FrameListener,
): void {
  const chunks: Buffer[] = []
  let bytes = 0
  let wanted = prefixLength
  let isBroken = false
  stream.on('data', (chunk: Buffer) => {
    if (isBroken) return
    chunks.push(chunk)
    bytes += chunk.length
    try {
      while (bytes >= wanted) {
        const all = Buffer.concat(chunks.splice(0))
        chunks.push(all)
        const headerEnd = prefixLength + all.readUInt32BE(0)
        wanted = headerEnd + all.readUInt32BE(4)
        if (wanted > bytesMax) throw new RangeError(`a frame of ${wanted} bytes`)
        if (bytes < wanted) break
        const header: unknown = JSON.parse(all.toString('utf8', prefixLength, headerEnd))
        const body = all.subarray(headerEnd, wanted)
        chunks[0] = all.subarray(wanted)
        bytes -= wanted
        wanted = prefixLength
        onFrame({ header, body })
      }
    } catch (error) {
      isBroken = true
      onBroken(error)
    }
  })
}

export interface FrameListener {
  readonly onFrame: (frame: Frame) => void
  readonly onBroken: (error: unknown) => void
}

const prefixLength = 8
