/** Whether the server lives, and whether it can do its work. */
import assert from 'node:assert/strict'
import { z } from 'zod'
import type { ProjectStore, Sites } from '../../contracts.ts'
import { answerJson } from '../answer.ts'
import type { RouteTable } from '../route.ts'

export interface HealthParts {
  readonly projects: ProjectStore
  readonly sites: Sites
  /** Throws where builds can't be isolated. */
  readonly checkSandbox: () => Promise<void>
}

const readiness = z
  .object({
    status: z.enum(['ready', 'not ready']),
    checks: z.object({ database: z.boolean(), nginx: z.boolean(), sandbox: z.boolean() }),
  })
  .meta({ id: 'Readiness' })

export function addHealthRoutes(table: RouteTable, parts: HealthParts): void {
  const checkAll = shareRunning(async () => ({
    database: await succeeds(() => Promise.resolve(parts.projects.list({ limit: 1, after: null }))),
    nginx: await succeeds(async () => {
      assert(await parts.sites.isServing())
    }),
    sandbox: await succeeds(parts.checkSandbox),
  }))

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
    answers: {
      200: answerJson('Everything works.', readiness),
      503: answerJson('Something does not: `checks` says what.', readiness),
    },
    handle: async (reply) => {
      const checks = await checkAll()
      const isReady = Object.values(checks).every(Boolean)
      void reply.code(isReady ? 200 : 503).header('cache-control', 'no-store')
      return { status: isReady ? 'ready' : 'not ready', checks }
    },
  })
}

/** Whoever asks while a check runs gets its answer: everybody may ask, as often as they like. */
function shareRunning<Value>(check: () => Promise<Value>): () => Promise<Value> {
  let running: Promise<Value> | null = null
  return () => {
    running ??= check().finally(() => {
      running = null
    })
    return running
  }
}

async function succeeds(check: () => Promise<unknown>): Promise<boolean> {
  try {
    await check()
    return true
  } catch {
    return false
  }
}
