/**
 * git's smart HTTP (gitprotocol-http(5)): joins a request to `git upload-pack` or
 * `git receive-pack`, and the hooks of a push to the handler. Asks nobody who they are: the caller
 * has authenticated every request before it comes here, POST as well as GET.
 */
import { stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { PushHandler, PushOrigin } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'
import type { ProjectId } from '../domain/names.ts'
import type { Project } from '../domain/project.ts'
import { AbandonedObjects } from './abandoned-objects.ts'
import { buildGitCommand, type GitCommand, type GitLimits } from './git-command.ts'
import { GitExchange } from './git-exchange.ts'
import type { GitRequest } from './git-path.ts'
import { flushPacket, renderPacket } from './pkt-line.ts'
import { feedBody, readEncoding } from './request-body.ts'

export interface GitCall extends Pick<GitRequest, 'kind' | 'service'> {
  readonly project: Project
  readonly actor: string
  readonly from: PushOrigin
}

export interface GitTransportOptions {
  readonly repositories: { readonly pathOf: (projectId: ProjectId) => string }
  /** The absolute folder of the two hooks. */
  readonly hooksDir: string
  readonly handler: PushHandler
  readonly limits: GitLimits
}

export class GitTransport implements AsyncDisposable {
  readonly #options: GitTransportOptions
  readonly #abandoned = new AbandonedObjects()
  /** With the token that each was asked for with. */
  readonly #exchanges = new Map<GitExchange, string>()
  /** A request may have been let in a moment before, and start its git after. */
  readonly #revoked = new Set<string>()
  readonly #calls = new Set<Promise<void>>()
  #isStopping = false

  constructor(options: GitTransportOptions) {
    this.#options = options
  }

  /**
   * Answers one authenticated request, to its end. Rejects, with a response not yet begun, where
   * the server is stopping or git failed without a word; and with one that is over, where the
   * handler of a push met a defect.
   */
  async serve(request: IncomingMessage, response: ServerResponse, call: GitCall): Promise<void> {
    if (this.#isStopping) throw new SlipwayError('server_stopping')
    const serving = this.#serve(request, response, call)
    this.#calls.add(serving)
    try {
      await serving
    } finally {
      this.#calls.delete(serving)
    }
  }

  endRequestsOf(tokenId: string): void {
    this.#revoked.add(tokenId)
    for (const [exchange, owner] of this.#exchanges) {
      if (owner === tokenId) exchange.stop(new SlipwayError('token_revoked'))
    }
  }

  /** Ends what runs; a push that the handler has is waited for, within its time. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true
    for (const exchange of this.#exchanges.keys())
      exchange.stop(new SlipwayError('server_stopping'))
    const timer = setTimeout(() => {
      for (const exchange of this.#exchanges.keys()) exchange.kill()
    }, this.#options.limits.drainTimeoutMs)
    await Promise.allSettled(this.#calls)
    clearTimeout(timer)
  }

  async #serve(request: IncomingMessage, response: ServerResponse, call: GitCall): Promise<void> {
    const refusal = refuseRequest(request, call)
    if (refusal !== null) {
      refuse(request, response, refusal)
      return
    }
    const repositoryDir = this.#options.repositories.pathOf(call.project.id)
    if (!(await isFolder(repositoryDir))) {
      refuse(request, response, { status: 404, text: 'This project has no repository yet.' })
      return
    }
    if (isPush(call)) {
      await this.#abandoned.around(repositoryDir, () =>
        this.#exchange(request, response, { call, repositoryDir }),
      )
    } else await this.#exchange(request, response, { call, repositoryDir })
  }

  async #exchange(
    request: IncomingMessage,
    response: ServerResponse,
    { call, repositoryDir }: { readonly call: GitCall; readonly repositoryDir: string },
  ): Promise<void> {
    if (this.#revoked.has(call.from.tokenId)) throw new SlipwayError('token_revoked')
    const { handler, hooksDir, limits } = this.#options
    const { project, actor, from } = call
    const protocol = readProtocol(request, call)
    const command = buildServiceCommand(call, protocol, { repositoryDir, hooksDir, limits })
    const pusher = { project, actor, from, repositoryDir, limits }
    const exchange = new GitExchange(command, response, {
      limits,
      push: isPush(call) ? { handler, pusher } : null,
    })
    this.#exchanges.set(exchange, call.from.tokenId)
    response.setHeader(
      'Content-Type',
      contentType(call, call.kind === 'rpc' ? 'result' : 'advertisement'),
    )
    response.setHeader('Cache-Control', 'no-cache, max-age=0, must-revalidate')
    response.setHeader('Pragma', 'no-cache')
    response.setHeader('Expires', 'Fri, 01 Jan 1980 00:00:00 GMT')
    // The lines of a deployment are to be seen when they are told.
    response.setHeader('X-Accel-Buffering', 'no')
    if (call.kind === 'info-refs') {
      request.resume()
      exchange.input.end()
    } else {
      feedBody(request, exchange.input, {
        encoding: readEncoding(request) ?? 'identity',
        bytesMax: isPush(call)
          ? limits.pushBytesMax + limits.fetchRequestBytesMax
          : limits.fetchRequestBytesMax,
        packetBytesMax: limits.fetchRequestBytesMax,
        onProblem: (problem) => {
          exchange.kill()
          refuse(request, response, bodyProblems[problem])
        },
      })
    }
    try {
      await exchange.run(call.kind === 'info-refs' ? renderPreface(call, protocol) : '')
    } finally {
      this.#exchanges.delete(exchange)
    }
  }
}

/** The command that serves one request. */
export function buildServiceCommand(
  call: Pick<GitCall, 'kind' | 'service'>,
  protocol: string | null,
  place: Parameters<typeof buildGitCommand>[0],
): GitCommand {
  const words = [
    call.service.slice('git-'.length),
    ...(call.service === 'git-upload-pack' ? ['--strict'] : []),
    '--stateless-rpc',
    ...(call.kind === 'info-refs' ? ['--http-backend-info-refs'] : []),
    place.repositoryDir,
  ]
  return buildGitCommand(place, words, {
    ...(protocol === null ? {} : { GIT_PROTOCOL: protocol }),
    ...(isPush(call) ? { SLIPWAY_PUSH: '1' } : {}),
  })
}

interface Refusal {
  readonly status: number
  readonly text: string
}

const bodyProblems = {
  not_gzip: { status: 400, text: 'The body is not what its Content-Encoding says.' },
  too_large: { status: 413, text: 'The request is larger than any that git makes here.' },
} as const

function refuseRequest(request: IncomingMessage, call: GitCall): Refusal | null {
  if (request.method !== (call.kind === 'rpc' ? 'POST' : 'GET')) {
    return { status: 405, text: 'git asks for this in another way.' }
  }
  if (call.kind === 'info-refs') return null
  const expected = contentType(call, 'request')
  if (request.headers['content-type'] !== expected) {
    return { status: 415, text: `The Content-Type must be ${expected}.` }
  }
  return readEncoding(request) === null
    ? { status: 415, text: 'The Content-Encoding must be gzip, or none.' }
    : null
}

/** git shows the text of such an answer to its user. */
function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  request.resume()
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.writeHead(refusal.status, { 'Content-Type': 'text/plain; charset=utf-8' })
  response.end(`${refusal.text}\n`)
}

function contentType(call: GitCall, part: 'request' | 'result' | 'advertisement'): string {
  return `application/x-${call.service}-${part}`
}

function isPush(call: Pick<GitCall, 'kind' | 'service'>): boolean {
  return call.kind === 'rpc' && call.service === 'git-receive-pack'
}

/** git asks for version 2 of upload-pack only; the header becomes a variable of the environment. */
function readProtocol(request: IncomingMessage, call: GitCall): string | null {
  const given = request.headers['git-protocol']
  if (call.service !== 'git-upload-pack' || typeof given !== 'string') return null
  return /^[a-z0-9=.:_-]{1,100}$/.test(given) ? given : null
}

function renderPreface(call: GitCall, protocol: string | null): string {
  if (protocol?.split(':').includes('version=2') === true) return ''
  return renderPacket(`# service=${call.service}\n`) + flushPacket
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
