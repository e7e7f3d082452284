/** Creating, reading, changing and deleting projects, and the status that the platform polls. */
import { z } from 'zod'
import type { ProjectStore } from '../../contracts.ts'
import { parseProjectId } from '../../domain/names.ts'
import { type Framework, frameworks, type Project, siteAddresses } from '../../domain/project.ts'
import type { ProjectWish } from '../../pipeline/create-project.ts'
import { answerJson, answerNothing } from '../answer.ts'
import { pageOf, pageQuery, toPage } from '../paging.ts'
import { presentProject } from '../present.ts'
import { InvalidBody, namingField, namingSchema } from '../problem.ts'
import { readState, showStatus, type StateParts } from '../project-state.ts'
import type { RouteTable } from '../route.ts'
import { projectShape, statusShape } from '../shapes.ts'
import { displayName } from './display-name.ts'

export interface ProjectRouteParts extends StateParts {
  readonly projects: ProjectStore
  readonly createProject: (wish: ProjectWish) => Promise<Project>
  readonly deleteProject: (project: Project) => Promise<void>
}

const newProject = z.strictObject({
  name: displayName(200),
  schema_name: z
    .string()
    .max(100, 'must have at most 100 characters')
    .nullish()
    .describe('Makes the slug: `mon_app` is at `mon-app.…`. Without it the name does.'),
  id: z
    .union([z.string().max(80), z.int()], 'must be a UUID or a positive integer')
    .nullish()
    .describe("The platform's own id: a UUID or a positive integer."),
  framework: z.enum(frameworks).nullish(),
  schema: z
    .record(z.string(), z.unknown(), 'must be an object: what a schema.json holds')
    .nullish()
    .meta({ anyOf: [{ $ref: '#/$defs/Schema' }, { type: 'null' }] })
    .describe('The app is made from it, and is the first deployment.'),
  settings: z
    .strictObject({
      address: z.enum(siteAddresses).optional(),
      on_newer_push: z.enum(['finish', 'cancel']).optional(),
    })
    .nullish(),
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
  const show = async (project: Project) => presentProject(await readState(parts, project), config)

  table.general({
    method: 'POST',
    path: '/api/v1/runtime/projects',
    access: 'admin',
    audit: 'project.create',
    summary: 'Creates a project, with its repository and its app, or a welcome page.',
    body: newProject,
    example: { name: 'My app', schema_name: 'my_app_12345', framework: 'react' },
    answers: {
      201: answerJson('It can be pushed to; its app, or a welcome page, is queued.', projectShape, {
        Location: 'The project.',
      }),
    },
    refusals: [
      'invalid_slug',
      'reserved_slug',
      'invalid_project_id',
      'slug_taken',
      'project_id_taken',
    ],
    isDeploying: true,
    handle: async ({ body, token, reply }) => {
      const { schema = null } = body
      refuseContradiction(body.framework ?? null, schema)
      const create = (): Promise<Project> =>
        parts.createProject({
          name: body.name,
          schemaName: body.schema_name ?? null,
          id: body.id === null || body.id === undefined ? null : String(body.id),
          framework: body.framework ?? null,
          schema: schema === null ? null : renderSchemaFile(schema),
          actor: token.name,
          settings: {
            ...(body.settings?.address && { address: body.settings.address }),
            ...(body.settings?.on_newer_push && { onNewerPush: body.settings.on_newer_push }),
          },
        })
      const project = await namingSchema('/schema', () => namingField(newProjectFields, create))
      void reply.code(201).header('location', `/api/v1/runtime/projects/${project.id}/`)
      return show(project)
    },
  })

  table.general({
    method: 'GET',
    path: '/api/v1/runtime/projects',
    access: 'admin',
    summary: 'All projects, oldest first.',
    query: pageQuery,
    answers: { 200: answerJson('One page of them.', pageOf(projectShape)) },
    refusals: ['invalid_project_id', 'project_not_found'],
    handle: async ({ query: { limit, cursor } }) => {
      const found = await namingField(pageFields, async () => {
        const after = cursor === undefined ? null : parseProjectId(cursor)
        return projects.list({ limit: limit + 1, after })
      })
      const page = toPage(found, limit, { show, cursor: ({ id }) => id })
      return { ...page, results: await Promise.all(page.results) }
    },
  })

  table.project({
    method: 'GET',
    path: '/api/v1/runtime/projects/:project',
    access: 'read',
    summary: 'One project.',
    answers: { 200: answerJson('The project.', projectShape) },
    isPolled: true,
    handle: show,
  })

  table.project({
    method: 'DELETE',
    path: '/api/v1/runtime/projects/:project',
    access: 'admin',
    audit: 'project.delete',
    summary: 'Deletes a project with its site, its repository and its tokens.',
    description: 'What runs for it is ended.',
    answers: { 204: answerNothing('It is gone.') },
    handle: async (project, { reply }) => {
      await parts.deleteProject(project)
      void reply.code(204)
    },
  })

  table.project({
    method: 'GET',
    path: '/api/v1/runtime/projects/:project/deployment-status',
    access: 'read',
    summary: 'Status, live URL, newest deployment and its log, as the platform polls it.',
    answers: { 200: answerJson('The status.', statusShape) },
    isPolled: true,
    handle: (project) => showStatus(parts, project),
  })
}

/** As a person would write the file. */
function renderSchemaFile(schema: Readonly<Record<string, unknown>>): Buffer {
  return Buffer.from(`${JSON.stringify(schema, null, 2)}\n`)
}

/** Both are sent by the same hand: one of them is a mistake. */
function refuseContradiction(
  framework: Framework | null,
  schema: Readonly<Record<string, unknown>> | null,
): void {
  const other = schema?.['framework'] ?? framework
  if (framework === null || other === framework) return
  const detail = `must be ${JSON.stringify(framework)}, as "framework" beside the schema says`
  throw new InvalidBody([{ pointer: '/schema/framework', detail }])
}
