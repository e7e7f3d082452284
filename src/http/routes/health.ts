/** Whether the server lives, and whether it can do its work. */
import { z } from 'zod'
import { answerJson } from '../answer.ts'
import type { Readiness } from '../readiness.ts'
import type { RouteTable } from '../route.ts'

const readiness = z
  .object({
    status: z.enum(['ready', 'not ready']),
    checks: z.object({
      database: z.boolean(),
      nginx: z.boolean(),
      sandbox: z.boolean(),
      disk: z.boolean(),
      accepting: z.boolean(),
    }),
  })
  .meta({ id: 'Readiness' })

export function addHealthRoutes(table: RouteTable, readReadiness: () => Promise<Readiness>): void {
  table.public({
    method: 'GET',
    path: '/healthz',
    access: 'public',
    summary: 'The server lives.',
    answers: { 200: answerJson('It does.', z.object({ status: z.literal('ok') })) },
    handle: () => Promise.resolve({ status: 'ok' }),
  })

  table.public({
    method: 'GET',
    path: '/readyz',
    access: 'public',
    summary: 'Whether the server can do its work.',
    description:
      'The database can be written, nginx answers with our configuration, builds can be isolated, no disk is nearly full, and the server is not about to stop.',
    answers: {
      200: answerJson('Everything works.', readiness),
      503: answerJson('Something does not: `checks` says what.', readiness),
    },
    handle: async (reply) => {
      const checks = await readReadiness()
      const isReady = Object.values(checks).every(Boolean)
      void reply.code(isReady ? 200 : 503).header('cache-control', 'no-store')
      return { status: isReady ? 'ready' : 'not ready', checks }
    },
  })
}
