/**
 * The one class of errors that are told to somebody. Doors map the few kinds of the table to HTTP
 * statuses, exit codes and git's reasons.
 */
import { type Door, doorHints } from './door-hints.ts'
import { type ErrorKind, type ErrorRow, errorTable } from './error-table.ts'

export type ErrorCode = keyof typeof errorTable
const rows: Readonly<Record<ErrorCode, ErrorRow>> = errorTable

export type ErrorDetails = Readonly<Record<string, string | number>>

/** The one class of errors that are told to somebody. Anything else thrown is a defect. */
export class SlipwayError extends Error {
  override readonly name = 'SlipwayError'
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor(code: ErrorCode, details: ErrorDetails = {}, cause?: unknown) {
    super(fill(rows[code].message, details), cause === undefined ? undefined : { cause })
    this.code = code
    this.details = details
  }

  get kind(): ErrorKind {
    return rows[this.code].kind
  }

  get hint(): string {
    return fill(rows[this.code].hint, this.details)
  }

  /** What to do next for one who came by that door. */
  hintAt(door: Door): string {
    return fill(doorHints[door][this.code] ?? rows[this.code].hint, this.details)
  }
}

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorTable, text)
}

/** The same facts as plain data, for the database and the wire. */
export interface ErrorFacts {
  readonly code: ErrorCode
  readonly message: string
  readonly hint: string
}

/**
 * Makes facts of anything thrown; what is no SlipwayError is told as `internal`. Without a door they
 * are for everybody, as those that are kept.
 */
export function toErrorFacts(error: unknown, reference: string, door?: Door): ErrorFacts {
  const known =
    error instanceof SlipwayError ? error : new SlipwayError('internal', { reference }, error)
  const hint = door === undefined ? known.hint : known.hintAt(door)
  return { code: known.code, message: known.message, hint }
}

function fill(template: string, details: ErrorDetails): string {
  return template.replace(/\{([a-z_]+)\}/g, (whole, name: string) => String(details[name] ?? whole))
}
