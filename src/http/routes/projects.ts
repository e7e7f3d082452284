/** Creating and reading projects, and the status that the platform polls. */
import { z } from 'zod'
import { type Config, limits } from '../../config.ts'
import type { DeploymentStore, EventLog, ProjectStore, Sites } from '../../contracts.ts'
import { type ProjectId, parseProjectId } from '../../domain/names.ts'
import { frameworks, type Project } from '../../domain/project.ts'
import type { ProjectWish } from '../../pipeline/create-project.ts'
import { presentProject, presentStatus, type ProjectState } from '../present.ts'
import type { RouteTable } from '../route.ts'

export interface ProjectRouteParts {
  readonly config: Config
  readonly projects: ProjectStore
  readonly deployments: DeploymentStore
  readonly events: EventLog
  readonly sites: Sites
  readonly createProject: (wish: ProjectWish) => Promise<Project>
}

const milestonesShown = 200

const name = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(200, 'must have at most 200 characters')
  .regex(/^[^\p{Cc}]*$/u, 'must not hold control characters')

const newProject = z.strictObject({
  name,
  schema_name: z.string().max(100, 'must have at most 100 characters').nullish(),
  id: z
    .union([z.string().max(80), z.int().positive()], 'must be a UUID or a positive integer')
    .nullish(),
  framework: z.enum(frameworks).nullish(),
  schema: z.undefined('apps are not generated from a schema by this version yet').optional(),
  settings: z.strictObject({ on_newer_push: z.enum(['finish', 'cancel']).optional() }).nullish(),
})

const page = z.object({
  limit: z.coerce.number().int().min(1).max(limits.pageSizeMax).default(50),
  cursor: z.string().max(80).optional(),
})

export function addProjectRoutes(table: RouteTable, parts: ProjectRouteParts): void {
  const { config, projects } = parts

  table.general({
    method: 'POST',
    path: '/api/v1/runtime/projects',
    access: 'admin',
    body: newProject,
    handle: async ({ body, reply }) => {
      const project = await parts.createProject({
        name: body.name,
        schemaName: body.schema_name ?? null,
        id: body.id === null || body.id === undefined ? null : String(body.id),
        framework: body.framework ?? null,
        settings:
          body.settings?.on_newer_push === undefined
            ? {}
            : { onNewerPush: body.settings.on_newer_push },
      })
      void reply.code(201).header('location', `/api/v1/runtime/projects/${project.id}/`)
      return presentProject(await readState(parts, project), config)
    },
  })

  table.general({
    method: 'GET',
    path: '/api/v1/runtime/projects',
    access: 'admin',
    query: page,
    handle: async ({ query: { limit, cursor } }) => {
      const after: ProjectId | null = cursor === undefined ? null : parseProjectId(cursor)
      const found = projects.list({ limit: limit + 1, after })
      const shown = found.slice(0, limit)
      const states = await Promise.all(shown.map((project) => readState(parts, project)))
      return {
        results: states.map((state) => presentProject(state, config)),
        next: found.length > limit ? (shown.at(-1)?.id ?? null) : null,
      }
    },
  })

  table.project({
    method: 'GET',
    path: '/api/v1/runtime/projects/:project',
    access: 'read',
    handle: async (project) => presentProject(await readState(parts, project), config),
  })

  table.project({
    method: 'GET',
    path: '/api/v1/runtime/projects/:project/deployment-status',
    access: 'read',
    handle: async (project) => {
      const milestones = parts.events.milestones(project.id, milestonesShown)
      return presentStatus(await readState(parts, project), milestones, config)
    },
  })
}

async function readState(
  { deployments, sites }: ProjectRouteParts,
  project: Project,
): Promise<ProjectState> {
  return {
    project,
    newest: deployments.newest(project.id),
    live: await sites.currentRelease(project.slug),
  }
}
