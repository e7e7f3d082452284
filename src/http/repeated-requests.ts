/**
 * A request that starts something and comes again under the same `Idempotency-Key` is answered as
 * it was the first time, and done once. What was refused did nothing, and may be sent again.
 */
import { createHash } from 'node:crypto'
import type { AnswerStore, Token } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'
import { type Call, jsonType, type Rendered } from './answer.ts'
import { InvalidBody } from './problem.ts'

export class RepeatedRequests {
  readonly #answers: AnswerStore
  /** Token and key → the hash of the request that is not answered yet. */
  readonly #running = new Map<string, string>()

  constructor(answers: AnswerStore) {
    this.#answers = answers
  }

  /** Throws `idempotency_key_reused`, `idempotency_key_busy` or `invalid_body`. */
  async answerOnce(
    { request, reply }: Call,
    token: Token,
    work: () => Promise<Rendered>,
  ): Promise<Rendered> {
    const key = readKey(request.headers['idempotency-key'])
    if (key === null) return work()
    const requestHash = hashOf(request)
    const name = `${token.id} ${key}`
    const running = this.#running.get(name)
    const kept = this.#answers.find(token.id, key)
    const known = running ?? kept?.requestHash
    if (known !== undefined && known !== requestHash) {
      throw new SlipwayError('idempotency_key_reused')
    }
    if (running !== undefined) throw new SlipwayError('idempotency_key_busy')
    if (kept !== null) {
      const { location, status, body } = kept
      void reply.code(status).header('idempotent-replayed', 'true')
      if (location !== null) void reply.header('location', location)
      return { type: jsonType, text: body }
    }
    this.#running.set(name, requestHash)
    try {
      const answer = await work()
      this.#keep({ request, reply }, { token, key, requestHash, body: answer?.text ?? '' })
      return answer
    } finally {
      this.#running.delete(name)
    }
  }

  /** It was done: what can't be kept must not look as if it had not been. */
  #keep(
    { request, reply }: Call,
    made: { token: Token; key: string; requestHash: string; body: string },
  ): void {
    const { token, key, requestHash, body } = made
    const location = reply.getHeader('location')
    try {
      this.#answers.keep(token.id, key, {
        requestHash,
        status: reply.statusCode,
        location: typeof location === 'string' ? location : null,
        body,
      })
    } catch (error) {
      request.log.error({ err: error }, 'an answer could not be kept for its Idempotency-Key')
    }
  }
}

function readKey(header: string | readonly string[] | undefined): string | null {
  if (header === undefined) return null
  const key = String(header)
  if (/^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/.test(key)) return key
  const detail = 'must have 1 to 255 characters of ASCII'
  throw new InvalidBody([{ pointer: '/headers/idempotency-key', detail }])
}

function hashOf({ method, url, body }: Call['request']): string {
  const path = url.replace(/\/?(?:\?.*)?$/, '')
  return createHash('sha256')
    .update(JSON.stringify([method, path, Buffer.isBuffer(body) ? null : (body ?? null)]))
    .update(Buffer.isBuffer(body) ? body : '')
    .digest('hex')
}
