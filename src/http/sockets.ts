/** Node's own server below git and the framework, and the limits of time that a client has. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { limits } from '../config.ts'
import { SlipwayError } from '../domain/errors.ts'
import type { Secret } from '../domain/secret.ts'
import { readOrigin } from './client-address.ts'
import type { GitDoor } from './git.ts'
import { methods } from './other-methods.ts'
import { problemHeaders, toProblem } from './problem.ts'
import { type OnRequestEnd, watchRequest } from './request-end.ts'
import { isStreamUpgrade, openUpgrade } from './stream/upgrade.ts'

type Handle = (request: IncomingMessage, response: ServerResponse) => void

export interface SocketParts {
  readonly gitDoor: GitDoor
  /** What our nginx shows of itself. */
  readonly entranceSecret: Secret
  readonly onRequestEnd: readonly OnRequestEnd[]
}

export function createSockets(parts: SocketParts, handle: Handle): Server {
  const { gitDoor, entranceSecret, onRequestEnd } = parts
  const begin: Handle = (request, response) => {
    const origin = readOrigin(request, entranceSecret)
    response.setHeader('X-Request-Id', origin.requestId)
    watchRequest(request, response, { origin, onEnd: onRequestEnd })
    response.once('finish', () => {
      endUnlessWhole(request)
    })
  }
  const answer: Handle = (request, response) => {
    begin(request, response)
    if (!methods.some((name) => name === request.method)) {
      refuse(response, new SlipwayError('method_unknown', { method: request.method ?? '' }))
      return
    }
    if (gitDoor(request, response)) return
    endUnlessWhole(request)
    handle(request, response)
  }
  const server = createServer(
    {
      shouldUpgradeCallback: isStreamUpgrade,
      connectionsCheckingInterval: limits.requestTimeoutMs / 10,
    },
    answer,
  )
  server.on('checkExpectation', (request, response) => {
    begin(request, response)
    refuse(response, new SlipwayError('expectation_failed'))
  })
  server.on('upgrade', (request, socket, head) => {
    answer(request, openUpgrade({ request, socket, head }))
  })
  // A push may send for as long as it likes; its own limits are in git's room.
  server.requestTimeout = 0
  server.headersTimeout = limits.requestTimeoutMs
  // Node's five seconds are shorter than the pause between two looks of one who polls, and whoever
  // asks in the moment of the closing gets no answer.
  server.keepAliveTimeout = limits.requestTimeoutMs
  return server
}

/** Before git or the routes have looked at it. */
function refuse(response: ServerResponse, error: SlipwayError): void {
  const problem = toProblem(error, '')
  response.writeHead(problem.status, problemHeaders(problem)).end(JSON.stringify(problem))
}

/** What Node can't read as HTTP is told why, and its connection ends. */
export function refuseUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const reason = reasons[error.code ?? ''] ?? 'it is no HTTP/1.1'
  const problem = toProblem(new SlipwayError('request_unreadable', { problem: reason }), '')
  const body = JSON.stringify(problem)
  const headers = {
    ...problemHeaders(problem),
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${problem.status} ${problem.title}\r\n${lines.join('')}\r\n${body}`)
}

const reasons: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: 'its headers are too long',
  ERR_HTTP_REQUEST_TIMEOUT: 'its headers did not come in time',
}

/** A client that goes on sending what nobody reads, or never ends, holds no connection for it. */
function endUnlessWhole(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return
  const timer = setTimeout(() => {
    if (!request.complete) request.destroy()
  }, limits.requestTimeoutMs)
  timer.unref()
  request.once('close', () => {
    clearTimeout(timer)
  })
}
