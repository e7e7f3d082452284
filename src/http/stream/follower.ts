/**
 * One WebSocket that follows a log. Takes a page from the log when the one before is on its way, so
 * that a slow reader costs a page at most; closes with a code that says whether to come back.
 */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Token } from '../../contracts.ts'
import type { ProjectId } from '../../domain/names.ts'
import type { LogCursor } from './log-pages.ts'

/** RFC 6455, section 7.4.1, and the registry of the codes that came later. */
export const closings = {
  revoked: [1008, 'The token was revoked.'],
  expired: [1008, 'The token has expired.'],
  deleted: [1008, 'The project was deleted.'],
  talkative: [1008, 'Nothing is expected from a follower.'],
  restart: [1012, 'The server is stopping; come back with after= the last seq.'],
  slow: [1013, 'Too slow; come back with after= the last seq.'],
} as const satisfies Readonly<Record<string, readonly [number, string]>>

export interface FollowerParts {
  readonly socket: WebSocket
  /** Below the WebSocket. */
  readonly wire: Duplex
  readonly token: Pick<Token, 'id' | 'expiresAt'>
  readonly projectId: ProjectId
  readonly stallMs: number
  readonly now: () => number
}

export class Follower {
  readonly tokenId: string
  readonly projectId: ProjectId
  readonly #parts: FollowerParts
  readonly #cursor: LogCursor
  #blockedSince: number | null = null
  #pingsUnanswered = 0

  constructor(parts: FollowerParts, cursor: LogCursor, onReady: () => void) {
    this.tokenId = parts.token.id
    this.projectId = parts.projectId
    this.#parts = parts
    this.#cursor = cursor
    parts.wire.on('drain', () => {
      this.#blockedSince = null
      onReady()
    })
    parts.socket.on('pong', () => {
      this.#pingsUnanswered = 0
    })
    parts.socket.on('message', () => {
      this.close('talkative')
    })
  }

  /** Sends one page at most; true where the next may follow at once. */
  send(): boolean {
    const { socket, wire, now } = this.#parts
    if (socket.readyState !== socket.OPEN || this.#blockedSince !== null) return false
    if (this.#isExpired()) {
      this.close('expired')
      return false
    }
    const page = this.#cursor.next()
    if (page === null) return false
    // Past ws, which would make a frame of its own for each follower; it has none of its own under
    // way, since nothing is compressed.
    if (!wire.write(page.frames)) this.#blockedSince = now()
    return this.#blockedSince === null && this.#cursor.hasMore
  }

  /** Looks after it, every so often: is it there, does it read, may it still. */
  check(): void {
    const { socket, now, stallMs } = this.#parts
    if (socket.readyState !== socket.OPEN) return
    if (this.#isExpired()) this.close('expired')
    else if (this.#blockedSince !== null) {
      // It could not answer a ping that waits behind what it has not read.
      if (now() - this.#blockedSince >= stallMs) this.close('slow')
    } else if (this.#pingsUnanswered >= pingsUnansweredMax) socket.terminate()
    else {
      this.#pingsUnanswered += 1
      socket.ping()
    }
  }

  close(why: keyof typeof closings): void {
    const [code, reason] = closings[why]
    this.#parts.socket.close(code, reason)
  }

  /** Where a closing of ours is not answered. */
  terminate(): void {
    this.#parts.socket.terminate()
  }

  #isExpired(): boolean {
    const { token, now } = this.#parts
    return token.expiresAt !== null && token.expiresAt.getTime() <= now()
  }
}

const pingsUnansweredMax = 2
