/**
 * The OpenAPI document of the API, made from the rows that serve it: what a row checks and answers
 * is what the document says. Pure.
 */
import { describeParameter, pathParameters } from './openapi-parameters.ts'
import { describeRefusals, refusalsOf } from './openapi-refusals.ts'
import { Schemas } from './openapi-schemas.ts'
import type { Answer, RouteRow } from './route-row.ts'
import { problemShape } from './shapes.ts'

export interface ApiInfo {
  /** Where the server is reached. */
  readonly url: string
}

export function renderOpenapi(rows: readonly RouteRow[], { url }: ApiInfo): object {
  const schemas = new Schemas()
  const paths: Record<string, Record<string, object>> = {}
  for (const row of rows) {
    const path = row.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [row.method.toLowerCase()]: renderOperation(row, schemas) }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Slipway',
      version: '1',
      summary: 'Projects, their deployments, logs, schemas, domains, variables and tokens.',
      description: introduction,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url }],
    tags: [...new Set(rows.map(tagOf))].map((name) => ({ name, description: tags[name] })),
    paths,
    components: {
      schemas: schemas.components,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A token, `slw_…`.' },
        password: {
          type: 'http',
          scheme: 'basic',
          description: 'Any user name with the token as password, as git sends it.',
        },
      },
    },
  }
}

const introduction = `Every path may end with a slash. Errors are \`application/problem+json\`
(RFC 9457) with a \`code\` and a \`hint\`; where a body or a query is wrong, \`errors\` names each
place by a JSON pointer. Answers may gain fields; a field that is not known has no meaning to you.`

const tags = {
  projects: 'What is deployed.',
  deployments: 'Runs of the pipeline, their logs, and what starts or ends one.',
  schemas: 'What generated apps are made from.',
  domains: "Names of a project's own, and what they need in their zones.",
  variables: 'What the builds of a project see in their environment.',
  tokens: 'Who may do what with a project.',
  webhooks: 'Who else is told what happened.',
  server: 'The server itself.',
} as const

function tagOf({ path }: RouteRow): keyof typeof tags {
  if (path.includes('/webhooks')) return 'webhooks'
  if (/schema|\/eject$/.test(path)) return 'schemas'
  if (!path.includes('/projects')) return 'server'
  if (/\/(deployments|deployment-status|redeploy|rollback|stream)/.test(path)) return 'deployments'
  if (path.includes('/domains')) return 'domains'
  if (path.includes('/env')) return 'variables'
  return path.includes('/tokens') ? 'tokens' : 'projects'
}

function renderOperation(row: RouteRow, schemas: Schemas): object {
  const { access } = row
  const body = row.body ?? row.textBody
  const notes = [
    row.description,
    access === 'public' ? undefined : `Needs a token with the scope \`${access}\`.`,
  ]
  return {
    operationId: nameOf(row),
    tags: [tagOf(row)],
    summary: row.summary,
    description: notes.filter((note) => note !== undefined).join('\n\n'),
    security: access === 'public' ? [] : [{ token: [] }, { password: [] }],
    parameters: renderParameters(row, schemas),
    ...(body && {
      requestBody: {
        required: !body.safeParse(undefined).success,
        content: {
          'application/json': {
            schema: schemas.render(body, 'input'),
            ...(row.example !== undefined && { example: row.example }),
          },
        },
      },
    }),
    responses: renderResponses(row, schemas),
  }
}

function renderParameters(row: RouteRow, schemas: Schemas): readonly object[] {
  const inPath = pathParameters(row.path).map((name) => describeParameter(name))
  const query = row.query === undefined ? {} : schemas.fields(row.query)
  const inQuery = Object.entries(query).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    ...(description !== undefined && { description }),
    schema,
  }))
  const inHeader = [
    ...(row.isDeploying === true ? [describeParameter('Idempotency-Key')] : []),
    ...(row.isPolled === true ? [describeParameter('If-None-Match')] : []),
    ...(row.headers ?? []).map((name) => describeParameter(name)),
  ]
  return [...inPath, ...inQuery, ...inHeader]
}

function renderResponses(row: RouteRow, schemas: Schemas): object {
  const problem = { schema: schemas.render(problemShape, 'output') }
  const refusals = [...describeRefusals(refusalsOf(row))].map(
    ([status, { description, examples }]) => [
      status,
      { description, content: { 'application/problem+json': { ...problem, examples } } },
    ],
  )
  return {
    ...Object.fromEntries(
      Object.entries(row.answers).map(([status, answer]) => [
        status,
        answer === undefined ? {} : renderAnswer(answer, row, schemas),
      ]),
    ),
    ...(row.isPolled === true && {
      304: {
        description: 'It is as it was when it had this `ETag`.',
        headers: renderHeaders(etag),
      },
    }),
    ...Object.fromEntries(refusals),
    default: {
      description: 'Anything else: the server can not do it now, or a limit is reached.',
      content: { 'application/problem+json': problem },
    },
  }
}

function renderAnswer(answer: Answer, row: RouteRow, schemas: Schemas): object {
  const { description, content } = answer
  const headers = {
    ...answer.headers,
    ...(row.isPolled === true && etag),
    ...(row.isDeploying === true && { 'Idempotent-Replayed': '`true` where it was kept.' }),
  }
  return {
    description,
    ...(Object.keys(headers).length > 0 && { headers: renderHeaders(headers) }),
    ...(content && {
      content: Object.fromEntries(
        Object.entries(content).map(([type, schema]) => [
          type,
          { schema: schemas.render(schema, 'output') },
        ]),
      ),
    }),
  }
}

const etag = { ETag: 'To be sent back as `If-None-Match`.' }

function renderHeaders(headers: Readonly<Record<string, string>>): object {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [
      name,
      { description, schema: { type: 'string' } },
    ]),
  )
}

/** `GET …/projects/:project/deployments/:number` → `getProjectsProjectDeploymentsNumber`. */
function nameOf({ method, path }: RouteRow): string {
  const words = path.replace('/api/v1/runtime', '').split(/[^A-Za-z0-9]+/)
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  return `${method.toLowerCase()}${name}`
}
