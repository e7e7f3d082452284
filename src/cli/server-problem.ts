/** An error that the server told, as it came: problem+json (RFC 9457). */
import { errorTable } from '../domain/error-table.ts'
import { isErrorCode } from '../domain/errors.ts'
import { type ExitCode, exitCodeOfKind, exitCodeOfStatus } from './exit-code.ts'
import { isRecord, readText } from './json.ts'

export interface FieldProblem {
  readonly pointer: string
  readonly detail: string
}

export class ServerProblem extends Error {
  override readonly name = 'ServerProblem'
  readonly status: number
  readonly code: string
  readonly hint: string
  readonly errors: readonly FieldProblem[]

  constructor(status: number, body: Readonly<Record<string, unknown>>) {
    super(readText(body, 'detail') ?? readText(body, 'title') ?? `The server answers ${status}.`)
    this.status = status
    this.code = readText(body, 'code') ?? ''
    this.hint = readText(body, 'hint') ?? ''
    this.errors = readFields(body['errors'])
  }

  get exitCode(): ExitCode {
    return isErrorCode(this.code)
      ? exitCodeOfKind(errorTable[this.code].kind)
      : exitCodeOfStatus(this.status)
  }
}

function readFields(errors: unknown): readonly FieldProblem[] {
  if (!Array.isArray(errors)) return []
  return errors.filter(isRecord).map((field) => ({
    pointer: readText(field, 'pointer') ?? '',
    detail: readText(field, 'detail') ?? '',
  }))
}
