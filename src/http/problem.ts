/** Errors as `application/problem+json` (RFC 9457), the same for REST and for git. */
import type { Door } from '../domain/door-hints.ts'
import type { ErrorKind } from '../domain/error-table.ts'
import { type ErrorCode, SlipwayError } from '../domain/errors.ts'
import { InvalidSchema } from '../domain/schema/parse-schema.ts'

export interface FieldProblem {
  /** A JSON pointer (RFC 6901) into the body. */
  readonly pointer: string
  readonly detail: string
}

export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly hint: string
  readonly errors?: readonly FieldProblem[]
  /** Seconds, as in the header `Retry-After`. */
  readonly retry_after?: number
}

/** A body that is not as it should be; carries every mistake that was found. */
export class InvalidBody extends SlipwayError {
  readonly errors: readonly FieldProblem[]

  constructor(errors: readonly FieldProblem[]) {
    const [first] = errors
    super('invalid_body', { problem: first === undefined ? 'It is no JSON' : describe(first) })
    this.errors = errors
  }
}

/** One who asks too often, and when to ask again. */
export class TooManyRequests extends SlipwayError {
  readonly seconds: number

  constructor(seconds: number) {
    super('too_many_requests', { seconds })
    this.seconds = seconds
  }
}

/** What the core refused, with the field that it came from. */
export class RefusedField extends SlipwayError {
  readonly errors: readonly FieldProblem[]

  constructor(refusal: SlipwayError, pointer: string) {
    super(refusal.code, refusal.details, refusal)
    this.errors = [{ pointer, detail: refusal.message }]
  }
}

/** Does what checks a schema; its mistakes are those of the body, below `prefix`. */
export async function namingSchema<Value>(
  prefix: string,
  act: () => Promise<Value>,
): Promise<Value> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof InvalidSchema)) throw error
    const errors = error.problems.map(({ pointer, detail }) => {
      return { pointer: `${prefix}${pointer}`, detail }
    })
    const more = { pointer: prefix, detail: `has ${error.unlisted} more mistakes` }
    throw new InvalidBody(error.unlisted === 0 ? errors : [...errors, more])
  }
}

/** Does what may be refused; the refusals that are listed get the pointer of their field. */
export async function namingField<Value>(
  pointers: Partial<Record<ErrorCode, string>>,
  act: () => Promise<Value>,
): Promise<Value> {
  try {
    return await act()
  } catch (error) {
    const pointer = error instanceof SlipwayError ? pointers[error.code] : undefined
    throw error instanceof SlipwayError && pointer !== undefined
      ? new RefusedField(error, pointer)
      : error
  }
}

const statuses: Readonly<Record<ErrorKind, readonly [status: number, title: string]>> = {
  bad_input: [400, 'Bad Request'],
  unauthorised: [401, 'Unauthorized'],
  forbidden: [403, 'Forbidden'],
  not_found: [404, 'Not Found'],
  conflict: [409, 'Conflict'],
  limit: [413, 'Content Too Large'],
  failed: [422, 'Unprocessable Content'],
  cancelled: [409, 'Conflict'],
  infrastructure: [503, 'Service Unavailable'],
}

/** HTTP has a status of its own for these. */
const ownStatuses: Partial<Record<ErrorCode, readonly [status: number, title: string]>> = {
  internal: [500, 'Internal Server Error'],
  method_not_allowed: [405, 'Method Not Allowed'],
  method_unknown: [501, 'Not Implemented'],
  expectation_failed: [417, 'Expectation Failed'],
  too_many_requests: [429, 'Too Many Requests'],
  upgrade_required: [426, 'Upgrade Required'],
  schema_changed: [412, 'Precondition Failed'],
  media_type_unsupported: [415, 'Unsupported Media Type'],
  idempotency_key_reused: [422, 'Unprocessable Content'],
}

/** `reference` is how the operator finds an unexpected error in the log. */
export function toProblem(thrown: unknown, reference: string, door: Door = 'rest'): Problem {
  const error =
    thrown instanceof SlipwayError ? thrown : new SlipwayError('internal', { reference }, thrown)
  const [status, title] = ownStatuses[error.code] ?? statuses[error.kind]
  return {
    type: `urn:slipway:error:${error.code}`,
    title,
    status,
    detail: error.message,
    code: error.code,
    hint: error.hintAt(door),
    ...listErrors(error),
    ...(error instanceof TooManyRequests ? { retry_after: error.seconds } : {}),
  }
}

function listErrors(error: SlipwayError): Pick<Problem, 'errors'> {
  if (error instanceof InvalidBody || error instanceof RefusedField) return { errors: error.errors }
  // The line is that of a text which the body may not have been.
  if (!(error instanceof InvalidSchema)) return {}
  return { errors: error.problems.map(({ pointer, detail }) => ({ pointer, detail })) }
}

export function problemHeaders({
  status,
  retry_after: seconds = 5,
}: Problem): Readonly<Record<string, string>> {
  return {
    'content-type': 'application/problem+json; charset=utf-8',
    'cache-control': 'no-store',
    ...(status === 401 ? { 'www-authenticate': 'Basic realm="Slipway", charset="UTF-8"' } : {}),
    ...(status === 503 || status === 429 ? { 'retry-after': String(seconds) } : {}),
  }
}

function describe({ pointer, detail }: FieldProblem): string {
  return `${pointer === '' ? 'The body' : pointer}: ${detail}`
}
