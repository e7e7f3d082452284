/**
 * A server of projects' repositories for the tests of git: the real transport and hooks, behind an
 * HTTP server without authentication, with a handler that does what the test says.
 */
import { mkdir, readdir, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { limits } from '../../src/config.ts'
import type { PushHandler } from '../../src/contracts.ts'
import { parseProjectId, parseSlug } from '../../src/domain/names.ts'
import { defaultProjectSettings, type Project } from '../../src/domain/project.ts'
import type { RefReport } from '../../src/domain/push.ts'
import type { GitLimits } from '../../src/git/git-command.ts'
import { parseGitPath } from '../../src/git/git-path.ts'
import { GitRepositories } from '../../src/git/repositories.ts'
import { GitTransport } from '../../src/git/smart-http.ts'
import { runCommand } from '../../src/machine/run-command.ts'
import { makeTemporaryFolder } from './git-client.ts'
import { patienceMs } from './patience.ts'
import { until } from './until.ts'

export const hooksDir = resolve(import.meta.dirname, '../../hooks')

export class GitServer implements AsyncDisposable {
  readonly dir: string
  readonly repositories: GitRepositories
  readonly transport: GitTransport
  /** What `serve` rejected with. */
  readonly problems: unknown[] = []
  /** Requests as they came: method and URL, and the headers that matter to git. */
  readonly requests: { url: string; encoding: string | undefined; chunked: boolean }[] = []
  readonly #http: Server
  readonly #serving = new Set<Promise<void>>()
  readonly #clientGone = Promise.withResolvers<void>()
  readonly #projects = new Map<string, Project>()

  constructor(dir: string, handler: PushHandler, given: Partial<GitLimits>) {
    this.dir = dir
    const options = { hooksDir, limits: { ...limits, ...given } }
    this.repositories = new GitRepositories({ ...options, dataDir: dir, buildUser: null })
    this.transport = new GitTransport({ ...options, repositories: this.repositories, handler })
    this.#http = createServer((request, response) => {
      const { 'content-encoding': encoding, 'transfer-encoding': transfer } = request.headers
      this.requests.push({ url: request.url ?? '', encoding, chunked: transfer === 'chunked' })
      const asked = parseGitPath(request.url ?? '')
      const project = this.#projects.get(asked?.slug ?? '')
      if (asked === null || project === undefined) {
        response.writeHead(404).end()
        return
      }
      response.on('close', () => {
        if (!response.writableFinished) this.#clientGone.resolve()
      })
      const serving = this.transport
        .serve(request, response, {
          ...asked,
          project,
          actor: 'test',
          from: { tokenId: 'its token', address: '127.0.0.1', requestId: 'r' },
        })
        .catch((error: unknown) => {
          this.problems.push(error)
          if (!response.headersSent) response.writeHead(500).end()
        })
        .finally(() => this.#serving.delete(serving))
      this.#serving.add(serving)
    })
  }

  async listen(): Promise<void> {
    await new Promise<void>((listening) => {
      this.#http.listen(0, '127.0.0.1', listening)
    })
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port
  }

  async addProject(slug = 'shop'): Promise<Project> {
    const project: Project = {
      id: parseProjectId(String(this.#projects.size + 1)),
      slug: parseSlug(slug),
      name: slug,
      schemaName: null,
      framework: null,
      productionBranch: 'main',
      settings: defaultProjectSettings,
      createdAt: new Date(),
    }
    this.#projects.set(slug, project)
    await this.repositories.create(project)
    return project
  }

  remote(slug = 'shop'): string {
    return `http://127.0.0.1:${this.port}/${slug}.git`
  }

  /** When every request that came is answered to its end. */
  async idle(): Promise<void> {
    while (this.#serving.size > 0) await Promise.all(this.#serving)
  }

  /** When the first client has gone before its answer was whole. */
  async clientGone(): Promise<void> {
    await this.#clientGone.promise
  }

  /** Folders of pushes that are not over or were not swept. */
  async quarantines(project: Project): Promise<readonly string[]> {
    const names = await readdir(`${this.repositories.pathOf(project.id)}/objects`)
    return names.filter((name) => name.includes('incoming-'))
  }

  /** Resolves when no process of it is left: an answer may be read a moment before git has ended. */
  async untilQuiet(): Promise<void> {
    await until(async () => (await this.processes()).length === 0)
  }

  /** The processes, anybody's, that name this server's folder on their command line. */
  async processes(): Promise<readonly string[]> {
    const { stdout } = await runCommand({
      program: 'ps',
      args: ['-eo', 'stat=,pid=,args='],
      timeoutMs: patienceMs,
    })
    return stdout
      .toString()
      .split('\n')
      .filter((line) => line.includes(this.dir) && !line.startsWith('Z'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.transport[Symbol.asyncDispose]()
    this.#http.closeAllConnections()
    await new Promise((closed) => this.#http.close(closed))
    await rm(this.dir, { recursive: true, force: true, maxRetries: 5 })
  }
}

export async function startGitServer(
  handler: PushHandler = new ScriptedHandler(),
  given: Partial<GitLimits> = {},
): Promise<GitServer> {
  const dir = await makeTemporaryFolder('git')
  await mkdir(`${dir}/repos`)
  const server = new GitServer(dir, handler, given)
  await server.listen()
  return server
}

/** Lets every ref move, makes none of `refs/redeploy/` and `refs/rollback/`, and remembers. */
export class ScriptedHandler implements PushHandler {
  readonly calls: string[] = []
  readonly inspected: Parameters<PushHandler['inspect']>[0][] = []
  readonly received: Parameters<PushHandler['receive']>[0][] = []
  readonly #script: Partial<PushHandler>

  constructor(script: Partial<PushHandler> = {}) {
    this.#script = script
  }

  readonly inspect: PushHandler['inspect'] = async (push, tell) => {
    this.calls.push('inspect')
    this.inspected.push(push)
    await this.#script.inspect?.(push, tell)
  }

  readonly receive: PushHandler['receive'] = async (push, tell, signal) => {
    this.calls.push('receive')
    this.received.push(push)
    return (await this.#script.receive?.(push, tell, signal)) ?? moveAll(push)
  }

  readonly settle: PushHandler['settle'] = async (push) => {
    this.calls.push('settle')
    await this.#script.settle?.(push)
  }
}

export function moveAll(push: Parameters<PushHandler['receive']>[0]): readonly RefReport[] {
  return push.commands.map(({ ref }) => ({
    ref,
    verdict: /^refs\/(?:redeploy|rollback)\//.test(ref) ? 'done' : 'move',
  }))
}
