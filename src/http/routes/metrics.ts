/**
 * `/metrics` for Prometheus. Whoever asks on this machine itself, past our nginx, gets it without a
 * token, as a Prometheus beside the server does; anybody else shows a token of all projects.
 */
import { z } from 'zod'
import type { TokenStore } from '../../contracts.ts'
import { answerContent } from '../answer.ts'
import { authenticate, authorise } from '../authenticate.ts'
import { isLocal } from '../client-address.ts'
import { type Metrics, metricsType } from '../metrics.ts'
import { noteToken } from '../request-end.ts'
import type { RouteTable } from '../route.ts'

export interface MetricsRouteParts {
  readonly metrics: Pick<Metrics, 'text'>
  readonly tokens: TokenStore
}

export function addMetricsRoutes(table: RouteTable, { metrics, tokens }: MetricsRouteParts): void {
  table.public({
    method: 'GET',
    path: '/metrics',
    access: 'public',
    summary: 'Figures for Prometheus.',
    description:
      'Without a token on the machine itself, past the public entrance; by an admin token from elsewhere.',
    answers: {
      200: answerContent('The text format of Prometheus.', { [metricsType]: z.string() }),
    },
    refusals: ['token_missing', 'token_unknown', 'token_scope'],
    handle: async (reply) => {
      const { raw } = reply.request
      if (!isLocal(raw)) {
        const token = authenticate(tokens, raw.headers.authorization)
        noteToken(raw, token)
        authorise(token, 'admin', null)
      }
      void reply.header('cache-control', 'no-store')
      return metrics.text()
    },
  })
}
