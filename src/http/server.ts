/**
 * The HTTP server: git's requests go to git before any framework reads them, all others to the
 * routes. The one place where an error of REST becomes an answer and, if unexpected, a log line.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fastify, type FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { limits } from '../config.ts'
import { SlipwayError } from '../domain/errors.ts'
import type { GitDoor } from './git.ts'
import { InvalidBody, problemHeaders, toProblem } from './problem.ts'

export interface HttpServer extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number }
}

export interface HttpServerParts {
  readonly gitDoor: GitDoor
  readonly addRoutes: (server: FastifyInstance) => void
  readonly logger: Logger
}

/** Listens when it resolves; port 0 takes a free one. Disposing ends every connection. */
export async function startHttpServer(
  parts: HttpServerParts,
  listen: { readonly host: string; readonly port: number },
): Promise<HttpServer> {
  const server = buildServer(parts)
  parts.addRoutes(server)
  await server.listen({ ...listen })
  const { port } = server.server.address() as AddressInfo
  return {
    address: { host: listen.host, port },
    [Symbol.asyncDispose]: async () => {
      server.server.closeAllConnections()
      await server.close()
    },
  }
}

function buildServer({ gitDoor, logger }: HttpServerParts): FastifyInstance {
  const server = fastify({
    loggerInstance: logger,
    disableRequestLogging: true,
    bodyLimit: limits.bodyBytesMax,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
    serverFactory: (handle) => createNodeServer(gitDoor, handle),
  })
  server.setNotFoundHandler((request) => {
    throw new SlipwayError('route_not_found', { path: request.url.slice(0, 120) })
  })
  server.setErrorHandler((thrown, request, reply) => {
    const error = translate(thrown)
    if (!(error instanceof SlipwayError)) request.log.error({ err: error }, 'a request failed')
    const problem = toProblem(error, `request ${request.id}`)
    return reply.code(problem.status).headers(problemHeaders(problem)).send(JSON.stringify(problem))
  })
  return server as unknown as FastifyInstance
}

function createNodeServer(gitDoor: GitDoor, handle: Parameters<typeof createServer>[1]): Server {
  const server = createServer((request, response) => {
    if (!gitDoor(request, response)) handle?.(request, response)
  })
  // A push may send for as long as it likes; its own limits are in git's room.
  server.requestTimeout = 0
  server.headersTimeout = 30_000
  return server
}

/** The framework's own refusals, told as ours are. */
function translate(thrown: unknown): unknown {
  if (thrown instanceof SlipwayError || !(thrown instanceof Error)) return thrown
  const code = 'code' in thrown ? thrown.code : ''
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new SlipwayError('payload_too_large', { bytes_max: limits.bodyBytesMax })
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new InvalidBody([{ pointer: '', detail: 'must be sent as application/json' }])
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new InvalidBody([{ pointer: '', detail: 'must not be empty' }])
    default:
      return 'statusCode' in thrown && thrown.statusCode === 400
        ? new InvalidBody([{ pointer: '', detail: thrown.message }])
        : thrown
  }
}
