/** Which pages in browsers may follow: those that this server, or its public address, has sent. */
import type { IncomingMessage } from 'node:http'
import { SlipwayError } from '../../domain/errors.ts'

/** Programs send no `Origin`. Throws `origin_refused`. */
export function refuseForeignOrigin({ headers }: IncomingMessage, publicUrl: string): void {
  const { origin, host } = headers
  if (origin === undefined) return
  const found = URL.parse(origin)?.host
  if (found !== undefined && (found === host || found === URL.parse(publicUrl)?.host)) return
  throw new SlipwayError('origin_refused', { origin: origin.slice(0, 120) })
}
