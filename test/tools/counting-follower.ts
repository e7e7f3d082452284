/** A follower that only counts, so that a thousand of them fit beside what is measured. */
import { once } from 'node:events'
import { WebSocket } from 'ws'

export class CountingFollower {
  readonly opened: Promise<unknown>
  /** The `seq` of the last event. */
  seen = 0
  /** The first thing that was not as promised. */
  problem: string | null = null
  /** Called for each event, with its text as it came. */
  onEvent: ((seq: number, frame: Buffer) => void) | null = null
  readonly #socket: WebSocket
  #wanted = Number.POSITIVE_INFINITY
  #wake: (() => void) | null = null

  constructor(url: string, token: string) {
    this.#socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } })
    this.opened = once(this.#socket, 'open')
    this.#socket.on('message', (frame: Buffer) => {
      const seq = Number.parseInt(frame.toString('latin1', '{"seq":'.length, 24), 10)
      if (seq !== this.seen + 1) this.problem ??= `${seq} after ${this.seen}`
      this.seen = seq
      this.onEvent?.(seq, frame)
      if (seq >= this.#wanted) this.#wake?.()
    })
    this.#socket.on('close', (code) => {
      this.problem ??= `closed with ${code}`
      this.#wake?.()
    })
  }

  /** Resolves when the event was told, or the socket was closed. */
  async until(seq: number): Promise<void> {
    if (this.seen >= seq || this.problem !== null) return
    this.#wanted = seq
    await new Promise<void>((wake) => {
      this.#wake = wake
    })
  }

  /** Reads nothing from now on. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  drop(): void {
    this.#socket.terminate()
  }
}
