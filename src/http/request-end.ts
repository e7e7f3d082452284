/**
 * What is known of a request when it has ended, for those who write or count it. Whoever learns
 * something of a request on its way notes it here; nobody reads what is noted before the end.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Origin } from './client-address.ts'

export interface RequestEnd {
  readonly requestId: string
  readonly method: string
  /** As the table of routes has it; null where there is none. */
  readonly route: string | null
  /** Without its query, in which clients put what should be in headers. */
  readonly path: string
  readonly status: number
  readonly durationMs: number
  /** What was sent, headers included. */
  readonly bytes: number
  readonly address: string
  /** The name of the token; null where none was shown or it was not valid. */
  readonly token: string | null
  /** False where the client, or the server, ended the connection before the answer's end. */
  readonly isWhole: boolean
}

export type OnRequestEnd = (end: RequestEnd) => void

const notes = new WeakMap<IncomingMessage, { route: string | null; token: string | null }>()

export function noteRoute(request: IncomingMessage, route: string): void {
  const known = notes.get(request)
  if (known !== undefined) known.route = route
}

export function noteToken(request: IncomingMessage, token: { readonly name: string }): void {
  const known = notes.get(request)
  if (known !== undefined) known.token = token.name
}

/** Calls each of `onEnd` once, when the answer has been sent or its connection is gone. */
export function watchRequest(
  request: IncomingMessage,
  response: ServerResponse,
  { origin, onEnd }: { readonly origin: Origin; readonly onEnd: readonly OnRequestEnd[] },
): void {
  const { socket, method = '', url = '' } = request
  const { address, requestId } = origin
  const note = { route: null, token: null }
  notes.set(request, note)
  const startedAt = performance.now()
  const bytesBefore = socket.bytesWritten
  response.once('close', () => {
    const end = {
      requestId,
      method,
      ...note,
      path: url.replace(/[?#].*$/s, '').slice(0, pathLengthMax),
      status: response.statusCode,
      durationMs: Math.round((performance.now() - startedAt) * 10) / 10,
      bytes: socket.bytesWritten - bytesBefore,
      address,
      isWhole: response.writableFinished,
    }
    for (const tell of onEnd) tell(end)
  })
}

const pathLengthMax = 300
