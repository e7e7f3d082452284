/**
 * One request to a webhook. Connects only to the addresses that it has looked at, so that a name
 * can not lead elsewhere in between; follows no redirect and reads no body.
 */
import { lookup } from 'node:dns/promises'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIPv4 } from 'node:net'
import { isPublicAddress } from '../machine/public-address.ts'

export interface SendParts {
  /** The one host that may be private. */
  readonly trustedHost: string
  readonly resolve: (host: string) => Promise<readonly string[]>
}

export interface Post {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly signal: AbortSignal
}

/** Answers the HTTP status. Throws where there is none, with words for people. */
export async function sendPost(parts: SendParts, post: Post): Promise<number> {
  const url = new URL(post.url)
  const addresses = await untilAborted(findAddresses(parts, url), post.signal)
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const start = url.protocol === 'https:' ? httpsRequest : httpRequest
  const request = start(url, {
    method: 'POST',
    headers: {
      ...post.headers,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(post.body),
      'user-agent': 'slipway',
    },
    agent: false,
    signal: post.signal,
    lookup: (_host, { all }, answer) => {
      const found = addresses.map((address) => ({ address, family: isIPv4(address) ? 4 : 6 }))
      const [first] = found
      if (all === true) answer(null, found)
      else answer(null, first?.address ?? '', first?.family)
    },
  })
  request.on('response', (response) => {
    resolve(response.statusCode ?? 0)
    response.destroy()
  })
  request.on('error', reject)
  request.on('close', () => {
    reject(new Error('the connection was closed'))
  })
  request.end(post.body)
  return promise
}

export async function resolveHost(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address)
}

async function findAddresses(parts: SendParts, url: URL): Promise<readonly string[]> {
  const addresses = await parts.resolve(url.hostname.replace(/^\[|\]$/g, ''))
  const isMeant = url.hostname === parts.trustedHost || addresses.every(isPublicAddress)
  if (addresses.length === 0 || !isMeant) throw new Error('its host has no public address')
  return addresses
}

/** A look-up can not be ended, but nobody has to wait for it. */
function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => {
    reject(new Error('it was ended'))
  }
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  return Promise.race([work, promise]).finally(() => {
    signal.removeEventListener('abort', onAbort)
  })
}
