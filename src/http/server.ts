/**
 * The HTTP server: git's requests go to git before any framework reads them, all others to the
 * routes. The one place where an error of REST becomes an answer and, if unexpected, a log line.
 */
import type { AddressInfo } from 'node:net'
import { fastify, type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify'
import type { Logger } from 'pino'
import { limits } from '../config.ts'
import { SlipwayError } from '../domain/errors.ts'
import { requestIdOf } from './client-address.ts'
import { readJsonBodies } from './json-body.ts'
import { answerOtherMethods } from './other-methods.ts'
import { InvalidBody, problemHeaders, toProblem } from './problem.ts'
import { noteRoute } from './request-end.ts'
import { createSockets, refuseUnreadable, type SocketParts } from './sockets.ts'

export interface HttpServer extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number }
}

export interface HttpServerParts extends SocketParts {
  readonly addRoutes: (server: FastifyInstance) => void
  readonly logger: Logger
}

/** Listens when it resolves; port 0 takes a free one. Disposing ends every connection. */
export async function startHttpServer(
  parts: HttpServerParts,
  listen: { readonly host: string; readonly port: number },
): Promise<HttpServer> {
  const server = buildServer(parts)
  answerOtherMethods(server, () => {
    parts.addRoutes(server)
  })
  try {
    await server.listen({ ...listen })
  } catch (error) {
    throw toListenError(error, listen)
  }
  const { port } = server.server.address() as AddressInfo
  return {
    address: { host: listen.host, port },
    [Symbol.asyncDispose]: async () => {
      server.server.closeAllConnections()
      await server.close()
    },
  }
}

function buildServer(parts: HttpServerParts): FastifyInstance {
  const server = fastify({
    // Who asked for what is told at the request's end; here stands what went wrong.
    loggerInstance: parts.logger.child({}, { level: 'warn' }),
    genReqId: requestIdOf,
    bodyLimit: limits.bodyBytesMax,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
    serverFactory: (handle) => createSockets(parts, handle),
    clientErrorHandler: refuseUnreadable,
    frameworkErrors: (_error, request, reply) => {
      void refuse(reply as FastifyReply, notFound(request.url), request.id)
    },
  })
  server.addHook('onRequest', async ({ raw, routeOptions }) => {
    if (routeOptions.url !== undefined) noteRoute(raw, routeOptions.url)
  })
  readJsonBodies(server)
  server.setNotFoundHandler((request) => {
    throw notFound(request.url)
  })
  server.setErrorHandler((thrown, request, reply) => {
    const error = translate(thrown)
    if (!(error instanceof SlipwayError))
      request.log.error({ err: error, requestId: request.id }, 'a request failed')
    // Closed at once, the answer would be lost to a client that still sends; what it sends goes
    // nowhere, and not for long.
    reply.removeHeader('connection')
    return refuse(reply as FastifyReply, error, request.id)
  })
  return server as unknown as FastifyInstance
}

function refuse(reply: FastifyReply, error: unknown, requestId: string): FastifyReply {
  const problem = toProblem(error, `request ${requestId}`)
  return reply.code(problem.status).headers(problemHeaders(problem)).send(JSON.stringify(problem))
}

function notFound(url: string): SlipwayError {
  return new SlipwayError('route_not_found', { path: url.slice(0, 120) })
}

/** The framework's own refusals, told as ours are. */
function translate(thrown: unknown): unknown {
  if (thrown instanceof SlipwayError || !isFrameworkError(thrown)) return thrown
  switch (thrown.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new SlipwayError('payload_too_large', { bytes_max: limits.bodyBytesMax })
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new SlipwayError('media_type_unsupported')
    default:
      return thrown.statusCode === 400
        ? new InvalidBody([{ pointer: '', detail: thrown.message }])
        : thrown
  }
}

function isFrameworkError(thrown: unknown): thrown is FastifyError {
  return thrown instanceof Error && 'code' in thrown && 'statusCode' in thrown
}

/** What the operator can mend is told by the setting's name. */
function toListenError(
  error: unknown,
  { host, port }: { readonly host: string; readonly port: number },
): unknown {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program listens there already',
    EADDRNOTAVAIL: 'this machine has no such address',
    ENOTFOUND: 'this machine knows no such host',
    EACCES: 'this user may not listen there',
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const expected = reasons[code]
  if (expected === undefined) return error
  return new SlipwayError(
    'config_invalid',
    { name: 'SLIPWAY_LISTEN', value: `${host}:${port}`, expected },
    error,
  )
}
