/**
 * Who is let in, and how often: every request with a token passes here, by REST, by WebSocket and
 * by git. Health is asked past it.
 */
import type { IncomingMessage } from 'node:http'
import { isIPv6 } from 'node:net'
import { limits } from '../config.ts'
import type { Token, TokenStore } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'
import { authenticate } from './authenticate.ts'
import { clientAddress } from './client-address.ts'
import { TooManyRequests } from './problem.ts'
import { RateLimit } from './rate-limit.ts'
import { noteToken } from './request-end.ts'

export interface AdmissionParts {
  readonly tokens: Pick<TokenStore, 'verify'>
  /** False where something in front of the server limits already. */
  readonly isLimiting: boolean
  readonly now: () => number
}

export type Door = 'rest' | 'stream' | 'git'

export class Admission {
  readonly #parts: AdmissionParts
  readonly #tokens: Readonly<Record<Door, RateLimit>>
  readonly #addresses: RateLimit
  readonly #failures: RateLimit

  constructor(parts: AdmissionParts) {
    const make = (perMinute: number): RateLimit =>
      new RateLimit({ perMinute, keysMax: limits.rateLimitKeysMax, now: parts.now })
    this.#parts = parts
    this.#tokens = {
      rest: make(limits.restRequestsPerMinuteMax),
      // All who follow a log come back at once when the server has been restarted.
      stream: make(limits.streamRequestsPerMinuteMax),
      git: make(limits.gitRequestsPerMinuteMax),
    }
    this.#addresses = make(limits.addressRequestsPerMinuteMax)
    this.#failures = make(limits.failedTokensPerMinuteMax)
  }

  /**
   * The token of a request. Throws `token_missing`, `token_unknown` or `too_many_requests`.
   * `reserve`: what the request is the first of may still be finished.
   */
  admit(request: IncomingMessage, door: Door, reserve = 0): Token {
    const address = addressKey(clientAddress(request))
    this.#take(this.#addresses, address)
    const token = this.#authenticate(request, address)
    noteToken(request, token)
    this.#take(this.#tokens[door], token.id, reserve)
    return token
  }

  /** A token that is good is never refused for those that were not. */
  #authenticate({ headers }: IncomingMessage, address: string): Token {
    try {
      return authenticate(this.#parts.tokens, headers.authorization)
    } catch (error) {
      const isGuess = error instanceof SlipwayError && error.code === 'token_unknown'
      if (isGuess) this.#take(this.#failures, address)
      throw error
    }
  }

  #take(limit: RateLimit, key: string, reserve = 0): void {
    const seconds = this.#parts.isLimiting ? limit.take(key, reserve) : 0
    if (seconds > 0) throw new TooManyRequests(seconds)
  }
}

/** Of IPv6 the network of one customer (RFC 6177), who has all its addresses. */
export function addressKey(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.replace(/%.*$/, '').split('::')
  const groups = (part: string): readonly string[] => part.split(':').filter((one) => one !== '')
  const [before, after] = [groups(head), groups(tail ?? '')]
  const gap = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  const all = [...before, ...Array.from({ length: gap }, () => '0'), ...after]
  const network = all.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16))
  return `${network.join(':')}::/64`
}
