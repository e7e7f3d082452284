/** One number a kind of failure. */
import { expect, test } from 'vitest'
import { type ErrorKind, errorTable } from '../../src/domain/error-table.ts'
import { exitCodeOfKind, exitCodeOfStatus } from '../../src/cli/exit-code.ts'
import { ServerProblem } from '../../src/cli/server-problem.ts'
import { toProblem } from '../../src/http/problem.ts'
import { isErrorCode, SlipwayError } from '../../src/domain/errors.ts'

const codes: Readonly<Record<ErrorKind, number>> = {
  bad_input: 2,
  unauthorised: 3,
  forbidden: 3,
  not_found: 4,
  conflict: 1,
  limit: 1,
  failed: 1,
  cancelled: 1,
  infrastructure: 5,
}

test.each(Object.entries(codes) as [ErrorKind, number][])('%s ends with %i', (kind, code) => {
  expect(exitCodeOfKind(kind)).toBe(code)
})

test.each(Object.keys(errorTable).filter(isErrorCode))(
  "the server's %s ends as its kind does",
  (code) => {
    const error = new SlipwayError(code)
    const { status, ...body } = toProblem(error, '')
    expect(new ServerProblem(status, body).exitCode).toBe(codes[error.kind])
  },
)

test.each([
  [400, 2],
  [401, 3],
  [403, 3],
  [404, 4],
  [405, 2],
  [409, 1],
  [410, 4],
  [413, 1],
  [415, 2],
  [422, 1],
  [429, 1],
  [500, 5],
  [502, 5],
  [503, 5],
  [504, 5],
])('the status %i of a code that is not known ends with %i', (status, code) => {
  expect(exitCodeOfStatus(status)).toBe(code)
  expect(new ServerProblem(status, { code: 'of_a_newer_server' }).exitCode).toBe(code)
})

test('a problem without any of its fields is told all the same', () => {
  const { message, hint, errors } = new ServerProblem(418, { errors: 'none', hint: 3 })
  expect({ message, hint, errors }).toEqual({
    message: 'The server answers 418.',
    hint: '',
    errors: [],
  })
})
