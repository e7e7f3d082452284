/** What requests with an Idempotency-Key were answered; forgotten after a day, or with the token. */
import { limits } from '../config.ts'
import type { AnswerStore } from '../contracts.ts'
import type { Database } from './database.ts'

export function createAnswerStore(database: Database, now: () => number = Date.now): AnswerStore {
  const statements = prepareStatements(database)
  const oldest = (): number => now() - limits.idempotencyAgeMs
  return {
    find: (tokenId, key) => {
      const row = statements.find.get(tokenId, key, oldest())
      if (row === undefined) return null
      const { request_sha256, status, location, body } = row
      return { requestHash: request_sha256.toString('hex'), status, location, body }
    },
    keep: (tokenId, key, { requestHash, ...answer }) => {
      database.write(() => {
        statements.forget.run(oldest())
        statements.keep.run({
          token: tokenId,
          idempotency_key: key,
          request_sha256: Buffer.from(requestHash, 'hex'),
          created_at: now(),
          ...answer,
        })
      })
    },
  }
}

interface AnswerRow {
  readonly request_sha256: Buffer
  readonly status: number
  readonly location: string | null
  readonly body: string
}

function prepareStatements(database: Database) {
  return {
    find: database.prepare<[string, string, number], AnswerRow>(
      `SELECT request_sha256, status, location, body FROM answers
       WHERE token = ? AND idempotency_key = ? AND created_at > ?`,
    ),
    forget: database.prepare<[number]>('DELETE FROM answers WHERE created_at <= ?'),
    keep: database.prepare<
      AnswerRow & { token: string; idempotency_key: string; created_at: number }
    >(
      `INSERT INTO answers (token, idempotency_key, request_sha256, status, location, body,
         created_at)
       VALUES (@token, @idempotency_key, @request_sha256, @status, @location, @body, @created_at)`,
    ),
  }
}
