/** What a project takes of the server, beside what it may. */
import { z } from 'zod'
import { type Config, limits } from '../../config.ts'
import type { DeploymentStore, Sites, UsageMeter, VariableStore } from '../../contracts.ts'
import { answerJson } from '../answer.ts'
import type { RouteTable } from '../route.ts'
import { buildsUseShape } from '../shapes.ts'

export interface UsageParts {
  readonly config: Pick<Config, 'storageQuotaBytes' | 'keepReleases'>
  readonly deployments: Pick<DeploymentStore, 'count' | 'usedSince'>
  readonly variables: Pick<VariableStore, 'list'>
  readonly sites: Pick<Sites, 'listReleases'>
  readonly usage: UsageMeter
}

const buildsShownDays = 30
const bytes = z.int().describe('Bytes on the disk.')

const usageShape = z
  .object({
    storage: z
      .object({ bytes, bytes_max: bytes, repository_bytes: bytes, site_bytes: bytes })
      .describe('The repository, and the releases with their assets.'),
    cache: z
      .object({ bytes, bytes_max: bytes })
      .describe('Packages that are kept for the next install; the least used go by themselves.'),
    releases: z.object({ count: z.int(), kept: z.int().describe('Beside those that are pinned.') }),
    variables: z.object({ count: z.int(), count_max: z.int() }),
    deployments: z
      .object({
        queued: z.int(),
        in_progress: z.int(),
        completed: z.int(),
        failed: z.int(),
        cancelled: z.int(),
      })
      .describe('Of all times, by status.'),
    builds: buildsUseShape.describe(`Of the last ${buildsShownDays} days.`),
  })
  .meta({ id: 'Usage' })

export function addUsageRoutes(table: RouteTable, parts: UsageParts): void {
  const { config, deployments, variables, sites, usage } = parts
  table.project({
    method: 'GET',
    path: '/api/v1/runtime/projects/:project/usage',
    access: 'read',
    summary: 'What a project takes, beside its limits, and its deployments by status.',
    answers: { 200: answerJson('As it is now.', usageShape) },
    handle: async ({ id, slug }): Promise<z.input<typeof usageShape>> => {
      const [repositoryBytes, siteBytes, cacheBytes, releases] = await Promise.all([
        usage.repository(id),
        usage.site(slug),
        usage.cache(id),
        sites.listReleases(slug),
      ])
      const since = new Date(Date.now() - buildsShownDays * 86_400_000)
      const { cpuMs, memoryPeakBytes } = deployments.usedSince(id, since)
      return {
        storage: {
          bytes: repositoryBytes + siteBytes,
          bytes_max: config.storageQuotaBytes,
          repository_bytes: repositoryBytes,
          site_bytes: siteBytes,
        },
        cache: { bytes: cacheBytes, bytes_max: limits.installCacheBytesMax },
        releases: { count: releases.length, kept: config.keepReleases },
        variables: { count: variables.list(id).length, count_max: limits.variablesMax },
        deployments: deployments.count(id),
        builds: { cpu_seconds: cpuMs / 1_000, peak_memory_bytes: memoryPeakBytes },
      }
    },
  })
}
