/**
 * Turns what a build prints into lines that are safe to show anybody: without escape sequences and
 * control characters, of bounded length, and bounded in sum. How the bytes arrive in chunks never
 * changes the lines. Memory stays small whatever a build prints.
 */
import { createLineReader, type LineReader } from './line-reader.ts'

export type OutputStream = 'stdout' | 'stderr'

export interface OutputLimits {
  readonly lineLengthMax: number
  /** Bytes of one run that are shown; what comes after is dropped but for its end. */
  readonly bytesMax: number
  /** Lines of one run that are shown before that: each costs a place in the log, however short. */
  readonly linesMax: number
  /** Lines that are shown from the end of what was dropped. */
  readonly tailLinesMax: number
}

export interface OutputLines {
  readonly write: (chunk: Buffer, stream: OutputStream) => void
  /** Tells the lines that have no end yet, and the end of what was cut. */
  readonly end: () => void
}

/** At most this much of the end is kept to be read again for the tail's lines. */
const tailBytesMax = 64 * 1024
const lineFeed = 0x0a

export function createOutputLines(
  limits: OutputLimits,
  onLine: (line: string, stream: OutputStream) => void,
): OutputLines {
  const readers = { stdout: createReader('stdout'), stderr: createReader('stderr') }
  const tails = { stdout: createTail(limits), stderr: createTail(limits) }
  const left = { bytes: limits.bytesMax, lines: limits.linesMax }
  let isCut = false

  function createReader(stream: OutputStream): LineReader {
    return createLineReader(limits.lineLengthMax, (line) => {
      onLine(line, stream)
    })
  }
  function endReaders(): void {
    readers.stdout.end()
    readers.stderr.end()
  }
  return {
    write: (chunk, stream) => {
      const shown = takeShown(chunk, left)
      const dropped = chunk.subarray(shown.length)
      if (shown.length > 0) readers[stream].write(shown)
      if (dropped.length === 0) return
      if (!isCut) {
        isCut = true
        endReaders()
        onLine(
          `… output cut after ${left.lines > 0 ? showBytes(limits.bytesMax) : showLines(limits.linesMax)}`,
          'stderr',
        )
      }
      tails[stream].write(dropped)
    },
    end: () => {
      endReaders()
      for (const line of tails.stdout.readLines()) onLine(line, 'stdout')
      for (const line of tails.stderr.readLines()) onLine(line, 'stderr')
    },
  }
}

/** The beginning of a chunk that both limits still allow; takes it off from what is left. */
function takeShown(chunk: Buffer, left: { bytes: number; lines: number }): Buffer {
  let end = left.lines > 0 ? Math.min(chunk.length, left.bytes) : 0
  for (let place = chunk.indexOf(lineFeed); place >= 0 && place < end;) {
    left.lines -= 1
    if (left.lines === 0) end = place + 1
    place = chunk.indexOf(lineFeed, place + 1)
  }
  left.bytes -= end
  return chunk.subarray(0, end)
}

interface Tail {
  readonly write: (chunk: Buffer) => void
  readonly readLines: () => readonly string[]
}

/** Keeps raw bytes only: taking apart everything that a build prints for hours costs too much. */
function createTail({ lineLengthMax, tailLinesMax }: OutputLimits): Tail {
  let kept = Buffer.alloc(0)
  let length = 0
  let isWhole = true
  const keepEnd = (): void => {
    if (length <= tailBytesMax) return
    kept.copyWithin(0, length - tailBytesMax, length)
    length = tailBytesMax
    isWhole = false
  }
  return {
    write: (chunk) => {
      if (kept.length === 0) kept = Buffer.alloc(2 * tailBytesMax)
      const added = chunk.subarray(-tailBytesMax)
      if (added.length < chunk.length) isWhole = false
      if (length + added.length > kept.length) keepEnd()
      added.copy(kept, length)
      length += added.length
    },
    readLines: () => {
      keepEnd()
      const lines: string[] = []
      const reader = createLineReader(lineLengthMax, (line) => lines.push(line))
      // Where bytes are missing before it, the first line may start in the middle of a sequence.
      const firstBreak = isWhole ? -1 : kept.subarray(0, length).indexOf(lineFeed)
      reader.write(kept.subarray(firstBreak + 1, length))
      reader.end()
      return lines.slice(-tailLinesMax)
    },
  }
}

function showBytes(bytes: number): string {
  return bytes % 1024 ** 2 === 0 ? `${bytes / 1024 ** 2} MB` : `${bytes} bytes`
}

function showLines(lines: number): string {
  return `${lines.toLocaleString('en')} lines`
}
