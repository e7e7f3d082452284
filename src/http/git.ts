/** The door of the git remote: finds the project, asks for the token, hands over to git's room. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GitRequest, GitTransport, ProjectStore } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'
import type { Admission } from './admission.ts'
import { authorise, findProject } from './authenticate.ts'
import { clientAddress, requestIdOf } from './client-address.ts'
import { type Problem, problemHeaders, toProblem } from './problem.ts'
import { noteRoute } from './request-end.ts'

export interface GitDoorParts {
  readonly transport: GitTransport
  /** Null where the URL is none of git's. */
  readonly parse: (url: string) => GitRequest | null
  readonly projects: ProjectStore
  readonly admission: Admission
  readonly logError: (message: string, error: unknown) => void
}

/** True where the request was git's; then it is answered. */
export type GitDoor = (request: IncomingMessage, response: ServerResponse) => boolean

export function createGitDoor(parts: GitDoorParts): GitDoor {
  return (request, response) => {
    const url = request.url ?? '/'
    const git = parts.parse(url)
    if (git === null && !/^\/[^/?]*\.git(?:\/|\?|$)/.test(url)) return false
    noteRoute(request, routeOf(git))
    void answer(parts, git, { request, response })
    return true
  }
}

async function answer(
  { transport, projects, admission, logError }: GitDoorParts,
  git: GitRequest | null,
  { request, response }: { request: IncomingMessage; response: ServerResponse },
): Promise<void> {
  try {
    const token = admission.admit(request, 'git', git?.kind === 'info-refs' ? exchangesSpared : 0)
    if (git === null) {
      throw new SlipwayError('route_not_found', { path: (request.url ?? '/').slice(0, 120) })
    }
    const project = findProject(projects, git.slug)
    authorise(token, git.service === 'git-receive-pack' ? 'deploy' : 'read', project)
    const { kind, service } = git
    await transport.serve(request, response, {
      kind,
      service,
      project,
      actor: token.name,
      from: {
        tokenId: token.id,
        address: clientAddress(request),
        requestId: requestIdOf(request),
      },
    })
  } catch (error) {
    const reference = `request ${requestIdOf(request)}`
    if (!(error instanceof SlipwayError)) logError(`${reference} of git failed`, error)
    refuse(response, toProblem(error, reference, 'git'))
    request.resume()
  }
}

/** git tells its user what refuses a first request, and not what refuses the one after it. */
const exchangesSpared = 20

function routeOf(git: GitRequest | null): string {
  if (git === null) return '/:project.git'
  return `/:project.git/${git.kind === 'rpc' ? git.service : `info/refs?service=${git.service}`}`
}

/** As plain text, which git shows to its user line by line, and problem+json it does not. */
function refuse(response: ServerResponse, problem: Problem): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const headers = { ...problemHeaders(problem), 'content-type': 'text/plain; charset=utf-8' }
  response.writeHead(problem.status, headers)
  response.end(`${problem.detail}\n${problem.hint}\n`)
}
