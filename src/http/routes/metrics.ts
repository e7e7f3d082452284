/**
 * `/metrics` for Prometheus. Whoever asks on this machine itself, past our nginx, gets it without a
 * token, as a Prometheus beside the server does; anybody else shows a token of all projects.
 */
import { z } from 'zod'
import type { Admission } from '../admission.ts'
import { answerContent } from '../answer.ts'
import { authorise } from '../authenticate.ts'
import { isLocal } from '../client-address.ts'
import { type Metrics, metricsType } from '../metrics.ts'
import type { RouteTable } from '../route.ts'

export interface MetricsRouteParts {
  readonly metrics: Pick<Metrics, 'text'>
  readonly admission: Admission
}

export function addMetricsRoutes(
  table: RouteTable,
  { metrics, admission }: MetricsRouteParts,
): void {
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
    refusals: ['token_missing', 'token_unknown', 'token_scope', 'too_many_requests'],
    handle: async (reply) => {
      const { raw } = reply.request
      if (!isLocal(raw)) authorise(admission.admit(raw, 'rest'), 'admin', null)
      void reply.header('cache-control', 'no-store')
      return metrics.text()
    },
  })
}
