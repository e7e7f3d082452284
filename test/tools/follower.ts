/** One who follows a project's log by the WebSocket, as a program or a browser would. */
import { once } from 'node:events'
import { WebSocket, type ClientOptions } from 'ws'

export interface StreamEvent {
  readonly seq: number
  readonly deployment: number
  readonly at: string
  readonly step: string
  readonly status: string
  readonly stream: string | null
  readonly text: string
}

export interface Closing {
  readonly code: number
  readonly reason: string
}

export class TestFollower {
  readonly socket: WebSocket
  readonly events: StreamEvent[] = []
  /** Which frames were text, and of how many bytes. */
  readonly frames: { readonly isText: boolean; readonly bytes: number }[] = []
  readonly closed: Promise<Closing>
  #wake: (() => void)[] = []
  #isClosed = false

  constructor(url: string, protocols: readonly string[], options: ClientOptions) {
    this.socket = new WebSocket(url, [...protocols], options)
    this.socket.on('message', (data: Buffer, isBinary) => {
      this.frames.push({ isText: !isBinary, bytes: data.length })
      this.events.push(JSON.parse(data.toString()) as StreamEvent)
      this.#wakeAll()
    })
    this.socket.on('error', () => undefined)
    this.closed = new Promise((resolve) => {
      this.socket.once('close', (code, reason) => {
        this.#isClosed = true
        this.#wakeAll()
        resolve({ code, reason: reason.toString() })
      })
    })
  }

  get seqs(): readonly number[] {
    return this.events.map(({ seq }) => seq)
  }

  get last(): number {
    return this.events.at(-1)?.seq ?? 0
  }

  async open(): Promise<this> {
    await once(this.socket, 'open')
    return this
  }

  /** Waits until so many events are there; fails where the socket is closed before. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      if (this.#isClosed) throw new Error(`closed after ${this.events.length} events`)
      await new Promise<void>((wake) => {
        this.#wake.push(wake)
      })
    }
  }

  untilSeq(seq: number): Promise<void> {
    return this.until(() => this.last >= seq)
  }

  /** As when the network is gone: nothing is said to the server. */
  drop(): void {
    this.socket.terminate()
  }

  #wakeAll(): void {
    for (const wake of this.#wake.splice(0)) wake()
  }
}

export interface FollowWish {
  readonly token: string | null
  readonly protocols?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  readonly options?: ClientOptions
}

/** `url` is that of REST, with the path and the query. */
export function follow(url: string, wish: FollowWish): TestFollower {
  const { token, protocols = [], headers, options } = wish
  return new TestFollower(url.replace(/^http/, 'ws'), protocols, {
    ...options,
    headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers },
  })
}

/** What is answered to one who gets no socket. */
export async function followRefused(
  url: string,
  wish: FollowWish,
): Promise<{ readonly status: number; readonly headers: Headers; readonly text: string }> {
  const { socket } = follow(url, wish)
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number
    headers: Headers
    text: string
  }>()
  socket.once('open', () => {
    socket.terminate()
    reject(new Error('the socket was opened'))
  })
  socket.once('unexpected-response', (_request, response) => {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (part: string) => {
      text += part
    })
    response.on('end', () => {
      const headers = new Headers(
        Object.entries(response.headers).map(([name, value]): [string, string] => [
          name,
          String(value),
        ]),
      )
      resolve({ status: response.statusCode ?? 0, headers, text })
    })
  })
  return promise
}
