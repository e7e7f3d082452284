/**
 * What a row of the API says of itself, handler aside: all that the server checks, all that it
 * promises, and all that its OpenAPI document is made of.
 */
import type { z } from 'zod'
import type { AuditAction } from '../domain/audit.ts'
import type { ErrorCode } from '../domain/errors.ts'
import type { Access } from './authenticate.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body is JSON, and nobody but the handler parses it. */
    readonly keepsText?: boolean
  }
}

export interface RouteRow {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Parameters as `:name`; each has its words in `openapi-parameters.ts`. */
  readonly path: string
  readonly access: Access
  /** One line. */
  readonly summary: string
  /** What else people should know. */
  readonly description?: string
  readonly body?: z.ZodType
  /** In the place of `body`, where the handler checks the text itself and names better places. */
  readonly textBody?: z.ZodType
  /** A body that is right, for people to start from. */
  readonly example?: unknown
  readonly query?: z.ZodType
  readonly answers: Answers
  /** What it refuses beside what all rows of its kind do. */
  readonly refusals?: readonly ErrorCode[]
  /** Headers that it reads, of those that `openapi-parameters.ts` has words for. */
  readonly headers?: readonly string[]
  /** It is asked again and again: its answer has an `ETag`. */
  readonly isPolled?: boolean
  /** It changes something: so the audit log calls it. */
  readonly audit?: AuditAction
  /** It starts a deployment: an `Idempotency-Key` keeps a repeated request from starting another. */
  readonly isDeploying?: boolean
}

export interface Answer {
  /** One line. */
  readonly description: string
  /** By media type; null where there is no body. */
  readonly content: Readonly<Record<string, z.ZodType>> | null
  /** Name → what it says. */
  readonly headers?: Readonly<Record<string, string>>
}

/** By status. */
export type Answers = Readonly<Partial<Record<number, Answer>>>

/** What changes something has a name in the audit log, or does not compile. */
export type Audited =
  | { readonly method: 'GET'; readonly audit?: never }
  | { readonly method: Exclude<RouteRow['method'], 'GET'>; readonly audit: AuditAction }
