/**
 * The server's end of the socket that the hooks of one push hold as file descriptor 3: lines and
 * packets in, the few words that the hooks know out (hooks/pre-receive, hooks/proc-receive).
 */
import type { Duplex } from 'node:stream'
import type { RefReport } from '../domain/push.ts'
import type { GitLimits } from './git-command.ts'
import { type Packet, readPacket, renderPacket } from './pkt-line.ts'
import { toTerminalLine, toTerminalLines } from './terminal-text.ts'

/** More than any line or packet that git can make. */
const pieceBytesMax = 256 * 1024
const reasonLengthMax = 200
const newline = 0x0a

export class HookChannel {
  readonly #stream: Duplex
  readonly #limits: GitLimits
  #buffered: Buffer = Buffer.alloc(0)
  #wake: (() => void) | null = null
  #isEnded = false
  /** When no process of the push is left that could say anything. */
  readonly ended: Promise<void>

  constructor(stream: Duplex, limits: GitLimits) {
    this.#stream = stream
    this.#limits = limits
    // The other end goes away when git is killed; what reads from here sees the end of it.
    stream.on('error', () => undefined)
    stream.on('readable', () => {
      this.#pull()
    })
    this.ended = new Promise((resolve) => {
      const onEnd = (): void => {
        this.#isEnded = true
        this.#wake?.()
        resolve()
      }
      stream.on('end', onEnd)
      stream.on('close', onEnd)
    })
  }

  /** Without its end; null where no further line comes. */
  async readLine(): Promise<Buffer | null> {
    for (;;) {
      const end = this.#buffered.indexOf(newline)
      if (end >= 0) {
        const line = this.#buffered.subarray(0, end)
        this.#buffered = this.#buffered.subarray(end + 1)
        return line
      }
      if (!(await this.#waitForMore())) return null
    }
  }

  async readPacket(): Promise<Packet | null> {
    for (;;) {
      const found = readPacket(this.#buffered)
      if (found !== null) {
        this.#buffered = found.rest
        return found.packet
      }
      if (!(await this.#waitForMore())) return null
    }
  }

  tell(text: string): void {
    // A pusher who does not read must not fill our memory.
    if (this.#stream.writableLength > this.#limits.logBytesMax) return
    for (const line of toTerminalLines(text, this.#limits.logLineLengthMax)) this.#say(`P ${line}`)
  }

  /** The last word to pre-receive. */
  answer(verdict: 'accept' | 'decline'): void {
    this.#say(verdict === 'accept' ? 'X 0' : 'X 1')
  }

  /** The last words to proc-receive. */
  report(reports: readonly RefReport[]): void {
    for (const text of reports.flatMap(renderReport)) this.#say(`R ${renderPacket(text)}`)
    this.#say('F')
  }

  /** Whoever still waits for a word takes the end of them for a no. */
  close(): void {
    this.#stream.removeAllListeners('readable')
    this.#stream.resume()
    this.#stream.end()
  }

  #say(line: string): void {
    if (this.#stream.writable) this.#stream.write(`${line}\n`)
  }

  async #waitForMore(): Promise<boolean> {
    const before = this.#buffered.length
    if (before > pieceBytesMax) throw new Error('a hook sent an endless line')
    this.#pull()
    while (this.#buffered.length === before && !this.#isEnded) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#buffered.length > before
  }

  /** Reads ahead even while nobody asks, since only a read shows the end. */
  #pull(): void {
    while (this.#buffered.length <= pieceBytesMax) {
      const part: unknown = this.#stream.read()
      if (!(part instanceof Buffer)) break
      this.#buffered = Buffer.concat([this.#buffered, part])
    }
    this.#wake?.()
  }
}

/** The lines of githooks(5), proc-receive, for one ref. */
export function renderReport(report: RefReport): readonly string[] {
  switch (report.verdict) {
    case 'move':
      return [`ok ${report.ref}`, 'option fall-through']
    case 'done':
      return [`ok ${report.ref}`]
    case 'decline':
      return [`ng ${report.ref} ${toTerminalLine(report.reason, reasonLengthMax) || 'declined'}`]
  }
}
