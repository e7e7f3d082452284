/**
 * A route is a row: method, path, the access it needs, its schemas and its handler. A row without
 * an access does not compile, and a path with `:project` is checked against the token's project.
 */
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
    this.#add(route, (_request, reply) => route.handle(reply))
  }

  general<Body extends z.ZodType, Query extends z.ZodType>(route: GeneralRoute<Body, Query>): void {
    this.#add(route, (request, reply) => {
      const token = authenticate(this.#parts.tokens, request.headers.authorization)
      authorise(token, route.access, null)
      return route.handle(readAsked(route, { request, reply, token }))
    })
  }

  project<Body extends z.ZodType, Query extends z.ZodType>(route: ProjectRoute<Body, Query>): void {
    this.#add(route, (request, reply) => {
      const token = authenticate(this.#parts.tokens, request.headers.authorization)
      const project = findProject(this.#parts.projects, parametersOf(request)['project'] ?? '')
      authorise(token, route.access, project)
      return route.handle(project, readAsked(route, { request, reply, token }))
    })
  }

  #add(
    { method, path }: RouteRow,
    handler: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
  ): void {
    this.#server.route({
      method,
      url: path,
      handler: async (request, reply) => handler(request, reply),
    })
  }
}

function readAsked<Body extends z.ZodType, Query extends z.ZodType>(
  route: { readonly body?: Body; readonly query?: Query },
  { request, reply, token }: { request: FastifyRequest; reply: FastifyReply; token: Token },
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
  const parsed = schema.safeParse(value)
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

function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}

function parametersOf(request: FastifyRequest): Readonly<Record<string, string>> {
  return request.params as Readonly<Record<string, string>>
}
