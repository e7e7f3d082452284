/** One HTTP request, answered when its head has arrived. Follows no redirect: a token stays here. */
import type { IncomingMessage } from 'node:http'
import type { LookupFunction } from 'node:net'
import { SlipwayError } from '../domain/errors.ts'

export interface HttpCall {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** Longer than the longest silence of a server that lives. */
const silenceMaxMs = 60_000

/** Rejects with `server_unreachable`, and so does the answer's stream where it breaks. */
export async function sendRequest({
  method,
  url,
  headers,
  body,
}: HttpCall): Promise<IncomingMessage> {
  // Only what is used is loaded: either takes longer than the rest of a command's start.
  const { request } = await (url.protocol === 'https:' ? import('node:https') : import('node:http'))
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const lookup = isLoopback(url.hostname) ? lookUpLoopback : undefined
  const sent = request(
    url,
    { method, headers, agent: false, ...(lookup !== undefined && { lookup }) },
    resolve,
  )
  sent.setTimeout(silenceMaxMs, () => {
    sent.destroy(new Error(`it was silent for ${silenceMaxMs / 1_000} seconds`))
  })
  sent.on('error', (error) => {
    reject(toUnreachable(url, error))
  })
  sent.end(body)
  return promise
}

/** As browsers and curl have it (RFC 6761), whatever the resolver of this machine knows. */
function isLoopback(host: string): boolean {
  return /(?:^|\.)localhost\.?$/.test(host)
}

const lookUpLoopback: LookupFunction = (_host, { all }, callback) => {
  const addresses = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ]
  if (all === true) callback(null, addresses)
  else callback(null, '127.0.0.1', 4)
}

const distrust = 'its certificate is not trusted here (NODE_EXTRA_CA_CERTS can name its issuer)'
const problems: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it broke the connection',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name can not be looked up now',
  ETIMEDOUT: 'it does not answer',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no network',
  EPIPE: 'it broke the connection',
  EPROTO: 'it speaks no https there',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: distrust,
  SELF_SIGNED_CERT_IN_CHAIN: distrust,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: distrust,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: distrust,
}

export function toUnreachable(url: URL, error: unknown): SlipwayError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const problem = problems[code] ?? (error instanceof Error ? error.message : String(error))
  return new SlipwayError('server_unreachable', { url: url.origin, problem }, error)
}
