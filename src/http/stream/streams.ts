/**
 * All WebSockets that follow logs: takes them in, lets each send in its turn, looks after them, and
 * closes them when they may no more.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { limits } from '../../config.ts'
import type { Token, TokenStore } from '../../contracts.ts'
import type { ProjectId } from '../../domain/names.ts'
import { requestIdOf } from '../client-address.ts'
import { type closings, Follower } from './follower.ts'
import type { LogPages, LogPlace } from './log-pages.ts'

export interface StreamParts {
  readonly pages: LogPages
  readonly tokens: Pick<TokenStore, 'onRevoke'>
  readonly limits: { readonly signOfLifeMs: number; readonly followerStallMs: number }
  readonly now: () => number
}

/** A request that a WebSocket is made of. */
export interface Handshake {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
}

export const streamProtocol = 'slipway.v1'

export class Streams implements AsyncDisposable {
  readonly #parts: StreamParts
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: limits.followerMessageBytesMax,
    perMessageDeflate: false,
    handleProtocols: (offered) => offered.has(streamProtocol) && streamProtocol,
  })
  readonly #followers = new Set<Follower>()
  readonly #ready = new Set<Follower>()
  readonly #checks: NodeJS.Timeout
  #isSending = false
  #isStopping = false
  #whenEmpty: (() => void) | null = null

  constructor(parts: StreamParts) {
    this.#parts = parts
    parts.tokens.onRevoke((id) => {
      this.#close('revoked', ({ tokenId }) => tokenId === id)
    })
    this.#checks = setInterval(() => {
      for (const follower of this.#followers) follower.check()
    }, parts.limits.signOfLifeMs).unref()
    this.#server.on('headers', (lines, request) => {
      lines.push(`X-Request-Id: ${requestIdOf(request)}`)
    })
  }

  get size(): number {
    return this.#followers.size
  }

  get isStopping(): boolean {
    return this.#isStopping
  }

  /** The caller has asked already who they are. */
  accept({ request, socket: wire, head }: Handshake, place: LogPlace, token: Token): void {
    this.#server.handleUpgrade(request, wire, head, (socket) => {
      this.#add({ socket, wire, place, token })
    })
  }

  endProject(projectId: ProjectId): void {
    this.#close('deleted', (follower) => follower.projectId === projectId)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true
    clearInterval(this.#checks)
    if (this.size === 0) return
    const { promise: isEmpty, resolve } = Promise.withResolvers<void>()
    this.#whenEmpty = resolve
    this.#close('restart', () => true)
    const timer = setTimeout(() => {
      for (const follower of this.#followers) follower.terminate()
    }, farewellMs)
    await isEmpty
    clearTimeout(timer)
  }

  #add({
    socket,
    wire,
    place,
    token,
  }: {
    readonly socket: WebSocket
    readonly wire: Duplex
    readonly place: LogPlace
    readonly token: Token
  }): void {
    const { pages, now } = this.#parts
    const onReady = (): void => {
      this.#ready.add(follower)
      this.#sendSoon()
    }
    const cursor = pages.follow(place, onReady)
    const { projectId } = place
    const stallMs = this.#parts.limits.followerStallMs
    const follower = new Follower({ socket, wire, token, projectId, stallMs, now }, cursor, onReady)
    this.#followers.add(follower)
    // What went wrong is in the code of the closing, which follows.
    socket.on('error', () => undefined)
    socket.once('close', () => {
      cursor.stop()
      this.#followers.delete(follower)
      this.#ready.delete(follower)
      if (this.size === 0) this.#whenEmpty?.()
    })
    onReady()
  }

  /** In the next turn of the event loop: what is appended in one goes out as one. */
  #sendSoon(): void {
    if (this.#isSending) return
    this.#isSending = true
    setImmediate(() => {
      this.#isSending = false
      this.#sendSome()
    })
  }

  /** A page each; not all at once, so that pushes and requests come between. */
  #sendSome(): void {
    const some = [...this.#ready].slice(0, followersAtOnce)
    for (const follower of some) this.#ready.delete(follower)
    for (const follower of some) if (follower.send()) this.#ready.add(follower)
    if (this.#ready.size > 0) this.#sendSoon()
  }

  #close(why: keyof typeof closings, isMeant: (follower: Follower) => boolean): void {
    for (const follower of this.#followers) if (isMeant(follower)) follower.close(why)
  }
}

const followersAtOnce = 250
const farewellMs = 2_000
