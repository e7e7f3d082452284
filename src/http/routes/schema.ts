/** The schema that an app is made from, and the source of the app that was made from it. */
import { z } from 'zod'
import { type Config, remoteUrl } from '../../config.ts'
import type { Repositories } from '../../contracts.ts'
import { SlipwayError } from '../../domain/errors.ts'
import type { Project } from '../../domain/project.ts'
import { schemaJsonSchema } from '../../domain/schema/json-schema.ts'
import { schemaFile } from '../../domain/schema/schema-file.ts'
import type { Ejected } from '../../pipeline/eject-app.ts'
import { readSchemaFile, type SchemaPut, type SchemaWish } from '../../pipeline/put-schema.ts'
import { answerContent, answerJson, answerNothing, jsonType } from '../answer.ts'
import { placeOf } from '../present.ts'
import { namingField, namingSchema } from '../problem.ts'
import { showStatus, type StateParts } from '../project-state.ts'
import type { RouteTable } from '../route.ts'
import { statusShape } from '../shapes.ts'

export interface SchemaRouteParts extends StateParts {
  readonly config: Config
  readonly repositories: Repositories
  readonly putSchema: (project: Project, wish: SchemaWish) => Promise<SchemaPut>
  readonly ejectApp: (
    project: Project,
    wish: { readonly branch: string; readonly actor: string },
  ) => Promise<Ejected>
}

const putShape = statusShape
  .extend({
    outcome: z
      .enum(['committed', 'unchanged'])
      .describe('`unchanged`: it was there already, so there is no commit and no deployment.'),
    commit: z.string().describe('What the production branch is now.'),
  })
  .meta({ id: 'SchemaPut' })

const example = {
  framework: 'react',
  locale: 'fr',
  tables: {
    customers: {
      display_name: 'Clients',
      fields: [
        { name: 'email', type: 'email', label: 'E-mail', required: true, max_length: 254 },
        {
          name: 'status',
          type: 'choice',
          choices: [
            ['new', 'Nouveau'],
            ['won', 'Gagné'],
          ],
        },
      ],
    },
  },
}

export function addSchemaRoutes(table: RouteTable, parts: SchemaRouteParts): void {
  const path = '/api/v1/runtime/projects/:project/schema'

  table.project({
    method: 'GET',
    path,
    access: 'read',
    summary: 'The schema.json of the production branch, byte for byte.',
    headers: ['If-None-Match'],
    answers: {
      200: {
        ...answerContent('As it was committed.', { 'application/json': schemaFile }),
        headers: { ETag: 'Its git blob: to be sent back as `If-None-Match` or `If-Match`.' },
      },
      304: {
        ...answerNothing('It is as it was when it had this `ETag`.'),
        headers: { ETag: 'The same.' },
      },
    },
    refusals: ['schema_not_found'],
    handle: async (project, { request, reply }) => {
      const file = await readSchemaFile(parts.repositories, project)
      if (file === null) {
        throw new SlipwayError('schema_not_found', { branch: project.productionBranch })
      }
      void reply.header('etag', `"${file.blob}"`).header('cache-control', 'private, no-cache')
      const known = readTags(request.headers['if-none-match'])
      if (known.includes(file.blob) || known.includes('*')) await reply.code(304).send()
      else await reply.type(jsonType).send(file.bytes)
    },
  })

  table.project({
    method: 'PUT',
    path,
    access: 'deploy',
    audit: 'schema.put',
    summary: 'Commits a schema.json to the production branch and deploys the app made from it.',
    description:
      'It is committed as it is sent. What says the same as before is neither committed nor ' +
      'deployed: then the answer is 200.',
    textBody: schemaFile,
    example,
    headers: ['If-Match'],
    answers: {
      202: answerJson('It is queued; the body is the status that is polled.', putShape, {
        Location: 'The deployment.',
      }),
      200: answerJson('Nothing changed.', putShape, { ETag: 'Of the schema.' }),
    },
    refusals: ['schema_of_source', 'schema_changed'],
    isDeploying: true,
    handle: async (project, { bytes, token, request, reply }) => {
      const put = await namingSchema('', () =>
        parts.putSchema(project, {
          bytes,
          actor: token.name,
          accept: ({ blob }) => {
            refuseChanged(request.headers['if-match'], blob)
          },
        }),
      )
      const { running, commit, blob } = put
      // What becomes of it is on record: nobody waits here.
      running?.done.catch(() => undefined)
      void reply.code(running === null ? 200 : 202).header('etag', `"${blob}"`)
      if (running !== null) void reply.header('location', placeOf(running.deployment))
      const outcome = running === null ? 'unchanged' : 'committed'
      return { ...(await showStatus(parts, project)), outcome, commit }
    },
  })

  addEjectRoute(table, parts)
  addSchemaOfSchemas(table)
}

const ejectBody = z
  .strictObject({
    branch: z
      .string()
      .min(1, 'must have at least 1 character')
      .max(100, 'must have at most 100 characters')
      .default('ejected')
      .describe('Where it goes; what is there is replaced, and stays in the history.'),
  })
  .prefault({})

function addEjectRoute(table: RouteTable, parts: SchemaRouteParts): void {
  table.project({
    method: 'POST',
    path: '/api/v1/runtime/projects/:project/eject',
    access: 'deploy',
    audit: 'project.eject',
    summary: 'Commits the source of a generated app to a branch, to be taken over.',
    description:
      'A Vite project that builds by `npm ci && npm run build`. Nothing is deployed; pushed to ' +
      'the production branch, it is an app like any other.',
    body: ejectBody,
    example: { branch: 'ejected' },
    answers: {
      200: answerJson(
        'It is on the branch.',
        z
          .object({
            branch: z.string(),
            commit: z.string(),
            git_url: z.string(),
            files: z.int(),
          })
          .meta({ id: 'Ejected' }),
      ),
    },
    refusals: ['schema_not_found', 'schema_of_source', 'eject_onto_production', 'ref_name_refused'],
    handle: async (project, { body: { branch }, token }) => {
      const ejected = await namingField(
        { ref_name_refused: '/branch', eject_onto_production: '/branch' },
        () => parts.ejectApp(project, { branch, actor: token.name }),
      )
      return { ...ejected, git_url: remoteUrl(parts.config, project.slug) }
    },
  })
}

function addSchemaOfSchemas(table: RouteTable): void {
  let document: object | null = null
  table.public({
    method: 'GET',
    path: '/app-schema.json',
    access: 'public',
    summary: 'What may stand in a schema.json, as JSON Schema: for editors and other programs.',
    answers: { 200: answerJson('JSON Schema 2020-12.', z.looseObject({ $schema: z.string() })) },
    handle: () => Promise.resolve((document ??= schemaJsonSchema())),
  })
}

/** Throws `schema_changed` where the one who asks has another in mind (RFC 9110, section 13.1.1). */
function refuseChanged(ifMatch: string | undefined, current: string | null): void {
  if (ifMatch === undefined) return
  const wanted = readTags(ifMatch)
  const isMeant = current !== null && (wanted.includes(current) || wanted.includes('*'))
  if (!isMeant) throw new SlipwayError('schema_changed')
}

/** A proxy that compresses makes a tag weak, and the blob is the same. */
function readTags(header: string | undefined): readonly string[] {
  return (header ?? '').split(',').map((tag) => tag.trim().replace(/^(?:W\/)?"(.*)"$/, '$1'))
}
