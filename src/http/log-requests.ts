/** One line a request in the server's log. What asks every few seconds is there at `debug` only. */
import type { Logger } from 'pino'
import type { OnRequestEnd, RequestEnd } from './request-end.ts'

export function createRequestLog(logger: Pick<Logger, 'info' | 'warn' | 'debug'>): OnRequestEnd {
  return (end) => {
    logger[levelOf(end)](end, 'request')
  }
}

function levelOf({ route, status }: RequestEnd): 'info' | 'warn' | 'debug' {
  if (status >= 500) return 'warn'
  const isProbe = ['/healthz', '/readyz', '/metrics'].includes(route ?? '')
  return isProbe && status < 400 ? 'debug' : 'info'
}
