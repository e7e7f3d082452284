/**
 * The server's own log: lines of JSON on a stream, from which every secret has been taken. It is
 * taken out of the finished line, so no way of logging one leads around it.
 */
import { type Logger, pino } from 'pino'
import { redactSecrets } from '../domain/redact.ts'

export type { Logger }

export function createServerLog(destination: NodeJS.WritableStream): Logger {
  return pino({ base: null, hooks: { streamWrite: redactSecrets } }, destination)
}
