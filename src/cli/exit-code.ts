/** What the command ends with: one number a kind of failure, the same for every command. */
import type { ErrorKind } from '../domain/error-table.ts'

export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  notAuthorised: 3,
  notFound: 4,
  outOfReach: 5,
  /** 128 and the number of SIGINT, as a shell has it. */
  interrupted: 130,
} as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

export function exitCodeOfKind(kind: ErrorKind): ExitCode {
  switch (kind) {
    case 'bad_input':
      return exitCodes.usage
    case 'unauthorised':
    case 'forbidden':
      return exitCodes.notAuthorised
    case 'not_found':
      return exitCodes.notFound
    case 'infrastructure':
      return exitCodes.outOfReach
    case 'conflict':
    case 'limit':
    case 'failed':
    case 'cancelled':
      return exitCodes.failed
  }
}

/** For an error whose code this program does not know: a newer server's, or a proxy's. */
export function exitCodeOfStatus(status: number): ExitCode {
  if (status === 401 || status === 403) return exitCodes.notAuthorised
  if (status === 404 || status === 410) return exitCodes.notFound
  if (status === 409 || status === 413 || status === 422 || status === 429) return exitCodes.failed
  if (status >= 400 && status < 500) return exitCodes.usage
  return exitCodes.outOfReach
}
