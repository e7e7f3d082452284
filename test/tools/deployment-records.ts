/** What a server has on record of a project's deployments, read from its database beside it. */
import { join } from 'node:path'
import type { StepRecord } from '../../src/contracts.ts'
import type { Deployment } from '../../src/domain/deployment.ts'
import type { ProjectSettings } from '../../src/domain/project.ts'
import type { SlipwayServer } from './slipway-server.ts'
import { openStores } from './store.ts'
import { until } from './until.ts'

/** One line a deployment, oldest first: `v3 cancelled replaced`, `v4 completed →v4`. */
export function readRecords(server: SlipwayServer, slug: string): readonly string[] {
  return readDeployments(server, slug).map(({ number, status, release, error }) =>
    [
      `v${number}`,
      status,
      ...(release === null ? [] : [`→v${release}`]),
      ...(error === null ? [] : [error.code]),
    ].join(' '),
  )
}

export function readDeployments(server: SlipwayServer, slug: string): readonly Deployment[] {
  return withStoresOf(server, ({ projects, deployments }) => {
    const project = projects.find(slug)
    if (project === null) return []
    return deployments.list(project.id, { limit: 1_000, before: null }).toReversed()
  })
}

/** The steps of a deployment in the order in which they began. */
export function readSteps(
  server: SlipwayServer,
  slug: string,
  number: number,
): readonly StepRecord[] {
  return withStoresOf(server, ({ projects, deployments }) => {
    const project = projects.find(slug)
    return project === null ? [] : deployments.steps({ projectId: project.id, number })
  })
}

/** What a project's settings page will do. */
export function changeSettings(
  server: SlipwayServer,
  slug: string,
  change: Partial<ProjectSettings>,
): void {
  withStoresOf(server, ({ projects }) => {
    const project = projects.find(slug)
    if (project === null) throw new Error(`no project ${slug}`)
    projects.update(project.id, { settings: { ...project.settings, ...change } })
  })
}

/** Asks until the newest deployments are as wanted. */
export async function untilRecords(
  server: SlipwayServer,
  slug: string,
  isWanted: (records: readonly string[]) => boolean,
): Promise<void> {
  await until(() => isWanted(readRecords(server, slug)))
}

function withStoresOf<Result>(
  server: SlipwayServer,
  work: (stores: ReturnType<typeof openStores>) => Result,
): Result {
  const stores = openStores(join(server.folder, 'data'))
  try {
    return work(stores)
  } finally {
    stores.database.close()
  }
}
