/**
 * A request for a WebSocket, on its way through the routes like any other: it is refused by an
 * ordinary answer, or taken by the row that it was for.
 */
import { type IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Handshake } from './streams.ts'

const pending = new WeakMap<IncomingMessage, Handshake & { readonly response: ServerResponse }>()

/** Any other upgrade is none here: the request is answered as if it did not ask for it. */
export function isStreamUpgrade({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket'
}

/** What an answer is written to, in the place of the one that Node made no more. */
export function openUpgrade(handshake: Handshake): ServerResponse {
  const { request, socket } = handshake
  takeToken(request)
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  pending.set(request, { ...handshake, response })
  socket.on('error', () => undefined)
  if (socket instanceof Socket) response.assignSocket(socket)
  response.once('finish', () => {
    if (pending.has(request)) endSoon(socket)
  })
  return response
}

/** Null where the request was for no WebSocket. Its answer is over when the socket is. */
export function takeUpgrade(request: IncomingMessage): Handshake | null {
  const found = pending.get(request)
  if (found === undefined || !isWhole(request)) return null
  pending.delete(request)
  const { response, socket, head } = found
  if (socket instanceof Socket) response.detachSocket(socket)
  response.statusCode = 101
  socket.once('close', () => {
    response.emit('close')
  })
  return { request, socket, head }
}

/** The rest of what RFC 6455 asks of a handshake (section 4.2.1). */
function isWhole({ headers }: IncomingMessage): boolean {
  const key = headers['sec-websocket-key'] ?? ''
  return headers['sec-websocket-version'] === '13' && /^[+/0-9A-Za-z]{22}==$/.test(key)
}

/** Browsers can't send a header with a WebSocket; the token is then one of its subprotocols. */
function takeToken({ headers }: IncomingMessage): void {
  const given = (headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim())
  const found = given.find((one) => one.startsWith(tokenPrefix))
  if (found === undefined) return
  const rest = given.filter((one) => !one.startsWith(tokenPrefix)).join(', ')
  if (rest === '') delete headers['sec-websocket-protocol']
  else headers['sec-websocket-protocol'] = rest
  headers.authorization ??= `Bearer ${found.slice(tokenPrefix.length)}`
}

const tokenPrefix = 'bearer.'

/** A client that does not end its side keeps nothing open. */
function endSoon(socket: Duplex): void {
  socket.end()
  const timer = setTimeout(() => socket.destroy(), lingerMs).unref()
  socket.once('close', () => {
    clearTimeout(timer)
  })
  socket.resume()
}

const lingerMs = 2_000
