/**
 * Where a request comes from. What a header says of that is believed only of our own nginx, which
 * proves itself by a secret: any other process of this machine could write the same header.
 */
import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import type { Secret } from '../domain/secret.ts'

export interface Origin {
  readonly address: string
  /** It came through our nginx. */
  readonly isPublic: boolean
  /** Is in nginx's answer, and in every line of the log that speaks of the request. */
  readonly requestId: string
}

const origins = new WeakMap<IncomingMessage, Origin>()

/** Of IPv4 as people write it, `203.0.113.7`, also where the socket is one of IPv6. */
export function clientAddress(request: IncomingMessage): string {
  return origins.get(request)?.address ?? peerAddress(request)
}

/** Looks at a request once, before anybody else does, and takes the secret out of it. */
export function readOrigin(request: IncomingMessage, secret: Secret): Origin {
  const { headers } = request
  const isPublic = isSameMachine(request) && isEqual(headers['slipway-entrance'], secret)
  delete headers['slipway-entrance']
  const origin = {
    address: (isPublic ? readAddress(headers['x-forwarded-for']) : null) ?? peerAddress(request),
    isPublic,
    requestId: (isPublic ? readRequestId(headers['x-request-id']) : null) ?? randomUUID(),
  }
  origins.set(request, origin)
  return origin
}

export function requestIdOf(request: IncomingMessage): string {
  return origins.get(request)?.requestId ?? 'unknown'
}

/**
 * True where it was sent on this machine, and not on behalf of somebody elsewhere: a proxy that
 * says nothing of them keeps at least the name that they asked for.
 */
export function isLocal(request: IncomingMessage): boolean {
  const isProxied = ['x-forwarded-for', 'x-real-ip', 'forwarded', 'via'].some(
    (name) => request.headers[name] !== undefined,
  )
  const isByOwnName = /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]+)?$/i.test(
    request.headers.host ?? '',
  )
  const isPublic = origins.get(request)?.isPublic ?? true
  return !isPublic && isLoopback(request) && !isProxied && isByOwnName
}

function peerAddress({ socket }: IncomingMessage): string {
  return plainAddress(socket.remoteAddress ?? 'unknown')
}

function isLoopback(request: IncomingMessage): boolean {
  const address = peerAddress(request)
  return address === '::1' || (isIP(address) === 4 && address.startsWith('127.'))
}

/** nginx reaches a server that listens on one address by that address. */
function isSameMachine(request: IncomingMessage): boolean {
  const { remoteAddress, localAddress } = request.socket
  return isLoopback(request) || (remoteAddress !== undefined && remoteAddress === localAddress)
}

function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=[0-9.]+$)/i, '')
}

function isEqual(given: string | readonly string[] | undefined, secret: Secret): boolean {
  if (typeof given !== 'string') return false
  return timingSafeEqual(hash(given), hash(secret.reveal()))
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function readAddress(given: string | readonly string[] | undefined): string | null {
  return typeof given === 'string' && isIP(given) !== 0 ? plainAddress(given) : null
}

function readRequestId(given: string | readonly string[] | undefined): string | null {
  return typeof given === 'string' && /^[0-9a-f]{32}$/.test(given) ? given : null
}
