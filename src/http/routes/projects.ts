/** Creating, reading and deleting projects, and the status that the platform polls. */
import { z } from 'zod'
import { type Config, limits } from '../../config.ts'
import type { DeploymentStore, EventLog, ProjectStore, Sites } from '../../contracts.ts'
import { parseProjectId } from '../../domain/names.ts'
import { frameworks, type Project } from '../../domain/project.ts'
import type { ProjectWish } from '../../pipeline/create-project.ts'
import { presentProject, presentStatus, type ProjectState } from '../present.ts'
import { namingField } from '../problem.ts'
import type { RouteTable } from '../route.ts'
import { displayName } from './display-name.ts'

export interface ProjectRouteParts {
  readonly config: Config
  readonly projects: ProjectStore
  readonly deployments: DeploymentStore
  readonly events: EventLog
  readonly sites: Sites
  readonly createProject: (wish: ProjectWish) => Promise<Project>
  readonly deleteProject: (project: Project) => Promise<void>
}

const milestonesShown = 200

const newProject = z.strictObject({
  name: displayName(200),
  schema_name: z.string().max(100, 'must have at most 100 characters').nullish(),
  id: z.union([z.string().max(80), z.int()], 'must be a UUID or a positive integer').nullish(),
  framework: z.enum(frameworks).nullish(),
  schema: z.null('apps are not generated from a schema by this version yet').optional(),
  settings: z.strictObject({ on_newer_push: z.enum(['finish', 'cancel']).optional() }).nullish(),
})

const page = z.object({
  limit: z
    .stringFormat(
      'limit',
      (text) => /^[1-9][0-9]*$/.test(text) && Number(text) <= limits.pageSizeMax,
      {
        error: `must be a number from 1 to ${limits.pageSizeMax}`,
      },
    )
    .transform(Number)
    .default(50),
  cursor: z.string().max(80).optional(),
})

/** Which field it was that the core refused. */
const newProjectFields = {
  invalid_slug: '/schema_name',
  reserved_slug: '/schema_name',
  slug_taken: '/schema_name',
  invalid_project_id: '/id',
  project_id_taken: '/id',
} as const
const pageFields = {
  invalid_project_id: '/query/cursor',
  project_not_found: '/query/cursor',
} as const

export function addProjectRoutes(table: RouteTable, parts: ProjectRouteParts): void {
  const { config, projects } = parts

  table.general({
    method: 'POST',
    path: '/api/v1/runtime/projects',
    access: 'admin',
    body: newProject,
    handle: async ({ body, reply }) => {
      const project = await namingField(newProjectFields, () =>
        parts.createProject({
          name: body.name,
          schemaName: body.schema_name ?? null,
          id: body.id === null || body.id === undefined ? null : String(body.id),
          framework: body.framework ?? null,
          settings:
            body.settings?.on_newer_push === undefined
              ? {}
              : { onNewerPush: body.settings.on_newer_push },
        }),
      )
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
      const found = await namingField(pageFields, async () => {
        const after = cursor === undefined ? null : parseProjectId(cursor)
        return projects.list({ limit: limit + 1, after })
      })
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
    method: 'DELETE',
    path: '/api/v1/runtime/projects/:project',
    access: 'admin',
    handle: async (project, { reply }) => {
      await parts.deleteProject(project)
      void reply.code(204)
      return null
    },
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
