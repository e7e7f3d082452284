/**
 * A route is a row: method, path, the access it needs, what it takes, what it answers and its
 * handler. The rows alone make the server's routes and its OpenAPI document. A row without an
 * access does not compile, and a path with `:project` is checked against the token's project.
 */
import assert from 'node:assert/strict'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { AnswerStore, AuditStore, ProjectStore, Token } from '../contracts.ts'
import type { Project } from '../domain/project.ts'
import { type Call, renderAnswer, sendAnswer } from './answer.ts'
import type { Admission, Door } from './admission.ts'
import { auditRequest } from './audit-request.ts'
import { type Access, authorise, findProject } from './authenticate.ts'
import { parseField } from './read-fields.ts'
import { RepeatedRequests } from './repeated-requests.ts'
import type { Audited, RouteRow } from './route-row.ts'
import { isStreamUpgrade } from './stream/upgrade.ts'

export interface Asked<Body = undefined, Query = undefined> {
  readonly body: Body
  readonly query: Query
  /** The body as it was sent, where the row has a `textBody`. */
  readonly bytes: Buffer
  readonly parameters: Readonly<Record<string, string>>
  readonly token: Token
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** A row for everybody. */
export interface PublicRoute extends RouteRow {
  readonly access: 'public'
  readonly handle: (reply: FastifyReply) => Promise<unknown>
}

interface TokenRoute<Body extends z.ZodType, Query extends z.ZodType> extends RouteRow {
  readonly access: Exclude<Access, 'public'>
  readonly body?: Body
  readonly query?: Query
}

/** A row that belongs to no one project. */
export interface GeneralRoute<Body extends z.ZodType, Query extends z.ZodType> extends TokenRoute<
  Body,
  Query
> {
  readonly handle: (asked: Asked<z.output<Body>, z.output<Query>>) => Promise<unknown>
}

/** A row of one project: its path has `:project`, an id or a slug. */
export interface ProjectRoute<Body extends z.ZodType, Query extends z.ZodType> extends TokenRoute<
  Body,
  Query
> {
  readonly handle: (
    project: Project,
    asked: Asked<z.output<Body>, z.output<Query>>,
  ) => Promise<unknown>
}

export interface RouteParts {
  readonly admission: Admission
  readonly projects: ProjectStore
  readonly answers: AnswerStore
  readonly audit: AuditStore
}

/** Adds the rows of one part of the API to the server, and keeps what they say of themselves. */
export class RouteTable {
  readonly rows: RouteRow[] = []
  readonly #server: FastifyInstance
  readonly #parts: RouteParts
  readonly #repeated: RepeatedRequests

  constructor(server: FastifyInstance, parts: RouteParts) {
    this.#server = server
    this.#parts = parts
    this.#repeated = new RepeatedRequests(parts.answers)
  }

  public(route: PublicRoute & Audited): void {
    this.#add(
      route,
      () => ({ token: null }),
      (_granted, { reply }) => route.handle(reply),
    )
  }

  general<Body extends z.ZodType, Query extends z.ZodType>(
    route: GeneralRoute<Body, Query> & Audited,
  ): void {
    const admit = (request: FastifyRequest): { token: Token } => {
      const token = this.#parts.admission.admit(request.raw, doorOf(request))
      authorise(token, route.access, null)
      return { token }
    }
    this.#add(route, admit, ({ token }, call) => route.handle(readAsked(route, { ...call, token })))
  }

  project<Body extends z.ZodType, Query extends z.ZodType>(
    route: ProjectRoute<Body, Query> & Audited,
  ): void {
    const admit = (request: FastifyRequest): { token: Token; project: Project } => {
      const token = this.#parts.admission.admit(request.raw, doorOf(request))
      const project = findProject(this.#parts.projects, parametersOf(request)['project'] ?? '')
      authorise(token, route.access, project)
      return { token, project }
    }
    this.#add(route, admit, ({ token, project }, call) =>
      route.handle(project, readAsked(route, { ...call, token })),
    )
  }

  /** Nobody's body is read before `admit` has let the request in. */
  #add<Granted extends { readonly token: Token | null; readonly project?: Project }>(
    row: RouteRow,
    admit: (request: FastifyRequest) => Granted,
    handle: (granted: Granted, call: Call) => Promise<unknown>,
  ): void {
    this.rows.push(row)
    const admitted = new WeakMap<FastifyRequest, { readonly granted: Granted }>()
    this.#server.route({
      method: row.method,
      url: row.path,
      config: { keepsText: row.textBody !== undefined },
      onRequest: async (request) => {
        admitted.set(request, { granted: admit(request) })
      },
      handler: async (request, reply) => {
        const known = admitted.get(request)
        assert(known !== undefined, 'a request was let in by nobody')
        const { granted } = known
        const call = { request, reply }
        const answer = async () => {
          const work = (): Promise<unknown> => handle(granted, call)
          return renderAnswer(
            row,
            call,
            await auditRequest(this.#parts.audit, { row, call, granted }, work),
          )
        }
        const rendered =
          row.isDeploying === true && granted.token !== null
            ? await this.#repeated.answerOnce(call, granted.token, answer)
            : await answer()
        return sendAnswer(row, call, rendered)
      },
    })
  }
}

function readAsked<Body extends z.ZodType, Query extends z.ZodType>(
  route: { readonly body?: Body; readonly query?: Query },
  call: Call & { readonly token: Token },
): Asked<z.output<Body>, z.output<Query>> {
  return {
    ...call,
    body: parseField(route.body, call.request.body, ''),
    query: parseField(route.query, call.request.query, '/query'),
    bytes: Buffer.isBuffer(call.request.body) ? call.request.body : Buffer.alloc(0),
    parameters: parametersOf(call.request),
  }
}

function doorOf({ raw }: FastifyRequest): Door {
  return isStreamUpgrade(raw) ? 'stream' : 'rest'
}

function parametersOf(request: FastifyRequest): Readonly<Record<string, string>> {
  return request.params as Readonly<Record<string, string>>
}
