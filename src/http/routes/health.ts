/** Whether the server lives, and whether it can do its work. */
import type { ProjectStore, Sites } from '../../contracts.ts'
import type { RouteTable } from '../route.ts'

export interface HealthParts {
  readonly projects: ProjectStore
  readonly sites: Sites
  /** Throws where builds can't be isolated. */
  readonly checkSandbox: () => Promise<void>
}

export function addHealthRoutes(table: RouteTable, parts: HealthParts): void {
  table.public({
    method: 'GET',
    path: '/healthz',
    access: 'public',
    handle: () => Promise.resolve({ status: 'ok' }),
  })

  table.public({
    method: 'GET',
    path: '/readyz',
    access: 'public',
    handle: async (reply) => {
      const checks = {
        database: await succeeds(() =>
          Promise.resolve(parts.projects.list({ limit: 1, after: null })),
        ),
        nginx: await parts.sites.isServing(),
        sandbox: await succeeds(parts.checkSandbox),
      }
      const isReady = Object.values(checks).every(Boolean)
      void reply.code(isReady ? 200 : 503).header('cache-control', 'no-store')
      return { status: isReady ? 'ready' : 'not ready', checks }
    },
  })
}

async function succeeds(check: () => Promise<unknown>): Promise<boolean> {
  try {
    await check()
    return true
  } catch {
    return false
  }
}
