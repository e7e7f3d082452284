/**
 * A route is a row: method, path, the access it needs, its schemas and its handler. A row without
 * an access does not compile, and a path with `:project` is checked against the token's project.
 */
import assert from 'node:assert/strict'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { ProjectStore, Token, TokenStore } from '../contracts.ts'
import type { Project } from '../domain/project.ts'
import { type Access, authenticate, authorise, findProject } from './authenticate.ts'
import { InvalidBody } from './problem.ts'

interface RouteRow {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
}

export interface Asked<Body = undefined, Query = undefined> {
  readonly body: Body
  readonly query: Query
  readonly parameters: Readonly<Record<string, string>>
  readonly token: Token
  readonly reply: FastifyReply
}

/** A row for everybody. */
export interface PublicRoute extends RouteRow {
  readonly access: 'public'
  readonly handle: (reply: FastifyReply) => Promise<unknown>
}

/** A row that belongs to no one project. */
export interface GeneralRoute<Body extends z.ZodType, Query extends z.ZodType> extends RouteRow {
  readonly access: Exclude<Access, 'public'>
  readonly body?: Body
  readonly query?: Query
  readonly handle: (asked: Asked<z.output<Body>, z.output<Query>>) => Promise<unknown>
}

/** A row of one project: its path has `:project`, an id or a slug. */
export interface ProjectRoute<Body extends z.ZodType, Query extends z.ZodType> extends RouteRow {
  readonly access: Exclude<Access, 'public'>
  readonly body?: Body
  readonly query?: Query
  readonly handle: (
    project: Project,
    asked: Asked<z.output<Body>, z.output<Query>>,
  ) => Promise<unknown>
}

export interface RouteParts {
  readonly tokens: TokenStore
  readonly projects: ProjectStore
}

/** Adds the rows of one part of the API to the server. */
export class RouteTable {
  readonly #server: FastifyInstance
  readonly #parts: RouteParts

  constructor(server: FastifyInstance, parts: RouteParts) {
    this.#server = server
    this.#parts = parts
  }

  public(route: PublicRoute): void {
    this.#add(
      route,
      () => undefined,
      (_granted, { reply }) => route.handle(reply),
    )
  }

  general<Body extends z.ZodType, Query extends z.ZodType>(route: GeneralRoute<Body, Query>): void {
    const admit = (request: FastifyRequest): Token => {
      const token = authenticate(this.#parts.tokens, request.headers.authorization)
      authorise(token, route.access, null)
      return token
    }
    this.#add(route, admit, (token, call) => route.handle(readAsked(route, { ...call, token })))
  }

  project<Body extends z.ZodType, Query extends z.ZodType>(route: ProjectRoute<Body, Query>): void {
    const admit = (request: FastifyRequest): { token: Token; project: Project } => {
      const token = authenticate(this.#parts.tokens, request.headers.authorization)
      const project = findProject(this.#parts.projects, parametersOf(request)['project'] ?? '')
      authorise(token, route.access, project)
      return { token, project }
    }
    this.#add(route, admit, ({ token, project }, call) =>
      route.handle(project, readAsked(route, { ...call, token })),
    )
  }

  /** Nobody's body is read before `admit` has let the request in. */
  #add<Granted>(
    { method, path }: RouteRow,
    admit: (request: FastifyRequest) => Granted,
    handle: (granted: Granted, call: Call) => Promise<unknown>,
  ): void {
    const admitted = new WeakMap<FastifyRequest, { readonly granted: Granted }>()
    this.#server.route({
      method,
      url: path,
      onRequest: async (request) => {
        admitted.set(request, { granted: admit(request) })
      },
      handler: async (request, reply) => {
        const known = admitted.get(request)
        assert(known !== undefined, 'a request was let in by nobody')
        return handle(known.granted, { request, reply })
      },
    })
  }
}

interface Call {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

function readAsked<Body extends z.ZodType, Query extends z.ZodType>(
  route: { readonly body?: Body; readonly query?: Query },
  { request, reply, token }: Call & { readonly token: Token },
): Asked<z.output<Body>, z.output<Query>> {
  return {
    body: parse(route.body, request.body, ''),
    query: parse(route.query, request.query, '/query'),
    parameters: parametersOf(request),
    token,
    reply,
  }
}

/** Throws `invalid_body` with every mistake and its pointer. */
function parse<Schema extends z.ZodType>(
  schema: Schema | undefined,
  value: unknown,
  prefix: string,
): z.output<Schema> {
  if (schema === undefined) return undefined as z.output<Schema>
  const parsed = schema.safeParse(value, { error: describeIssue })
  if (parsed.success) return parsed.data
  throw new InvalidBody(
    parsed.error.issues.flatMap((issue) => {
      const pointer = [prefix, ...issue.path.map((key) => `/${escapePointer(String(key))}`)].join(
        '',
      )
      return issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => ({
            pointer: `${pointer}/${escapePointer(key)}`,
            detail: 'is no field here',
          }))
        : [{ pointer, detail: issue.message }]
    }),
  )
}

/** What a field has to be, where its schema says nothing of its own. */
function describeIssue({ code, input, expected }: z.core.$ZodRawIssue): string | undefined {
  if (code !== 'invalid_type') return undefined
  return input === undefined ? 'is missing' : `must be of the type ${String(expected)}`
}

function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}

function parametersOf(request: FastifyRequest): Readonly<Record<string, string>> {
  return request.params as Readonly<Record<string, string>>
}
