/** The whole server as a process of its own, as an operator starts it, for the stories. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { endGroup, startProcess } from '../../src/machine/run-command.ts'
import { findFreePort } from './free-port.ts'
import { commitFiles, git, type GitOutcome, makeWorkingCopy, runGit } from './git-client.ts'
import { PushInProgress } from './push-in-progress.ts'
import { readTree } from './read-tree.ts'
import { asNavigation, type Answer, visit } from './site-lab.ts'
import { until } from './until.ts'

const projectDir = resolve(import.meta.dirname, '../..')

export interface ServerOptions {
  /** Settings beside or instead of those of the test. */
  readonly settings?: Readonly<Record<string, string>>
  /** What is no setting: the operator's npm configuration and proxies. */
  readonly environment?: Readonly<Record<string, string>>
  /** What is in the folders before the server starts for the first time. */
  readonly fill?: (places: { readonly dataDir: string; readonly wwwRoot: string }) => Promise<void>
}

/** All that a push could change of a project, to be compared before and after. */
export interface Snapshot {
  readonly refs: string
  /** Its site's folder on disk: each file's hash and each link's target by path. */
  readonly site: Readonly<Record<string, string>>
  readonly page: Answer
}

export interface RestAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

export class SlipwayServer implements AsyncDisposable {
  readonly folder: string
  readonly httpPort: number
  readonly listenPort: number
  readonly settings: Readonly<Record<string, string>>
  readonly #environment: Readonly<Record<string, string>>
  /** Everything that the server printed, as one text. */
  printed = ''
  #process: ChildProcess | null = null

  constructor(folder: string, ports: { http: number; listen: number }, options: ServerOptions) {
    this.folder = folder
    this.httpPort = ports.http
    this.listenPort = ports.listen
    this.#environment = { ...npmEnvironment(), ...options.environment }
    this.settings = {
      FRONTEND_DOMAIN: 'localhost',
      FRONTEND_BUILD_ROOT: join(folder, 'builds'),
      NGINX_WWW_ROOT: join(folder, 'www'),
      NGINX_MODE: 'managed',
      NGINX_HTTP_PORT: String(ports.http),
      SLIPWAY_DATA: join(folder, 'data'),
      SLIPWAY_LISTEN: `127.0.0.1:${ports.listen}`,
      SLIPWAY_PUBLIC_URL: `http://127.0.0.1:${ports.listen}`,
      ACME_DIRECTORY: 'off',
      // Nobody answers there, and nobody elsewhere is asked.
      DOMAIN_RESOLVERS: '127.0.0.1:9',
      // Tests ask all from one address, as often as they can.
      SLIPWAY_RATE_LIMITS: 'off',
      ...options.settings,
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.listenPort}`
  }

  /** The public entrance, by the nginx of the server. */
  get entranceUrl(): string {
    return `http://deploy.localhost:${this.httpPort}`
  }

  get pid(): number {
    const pid = this.#process?.pid
    if (pid === undefined) throw new Error('the server does not run')
    return pid
  }

  get dataDir(): string {
    return this.settings['SLIPWAY_DATA'] ?? ''
  }

  get wwwRoot(): string {
    return this.settings['NGINX_WWW_ROOT'] ?? ''
  }

  /** Starts the process; resolves when it serves. */
  async start(): Promise<void> {
    const environment = { ...this.#environment, ...this.settings }
    const child = startProcess(
      {
        program: process.execPath,
        args: [join(projectDir, 'src/main.ts'), 'serve'],
        cwd: this.folder,
        environment,
      },
      ['ignore', 'pipe', 'pipe'],
    )
    this.#process = child
    const { promise, resolve: isServing, reject } = Promise.withResolvers<void>()
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) throw new Error('no pipes')
      createInterface({ input: stream }).on('line', (line) => {
        this.printed += `${line}\n`
        if (line.includes('admin token is in')) isServing()
      })
    }
    child.once('close', (code) => {
      reject(new Error(`the server ended with ${code}: ${this.printed}`))
    })
    await promise
  }

  /** Ends the process by a signal and waits for its end; answers the exit code. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    const child = this.#process
    if (child === null || child.exitCode !== null || child.signalCode !== null) return null
    // Its last words may come after its end.
    const closed = once(child, 'close')
    child.kill(signal)
    const [code] = (await closed) as [number | null]
    return code
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGTERM')
    if (this.#process !== null) endGroup(this.#process)
    const pid = await readFile(join(this.dataDir, 'nginx/nginx.pid'), 'utf8').catch(() => '')
    try {
      if (/^\d+$/.test(pid.trim())) process.kill(Number(pid), 'SIGTERM')
    } catch {
      // A test has ended it.
    }
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }

  async adminToken(): Promise<string> {
    return (await readFile(join(this.dataDir, 'admin-token'), 'utf8')).trim()
  }

  /** One REST call as the operator, or with the token that is given (null: none). */
  async rest(
    method: string,
    path: string,
    {
      body,
      token,
      headers,
    }: {
      body?: unknown
      token?: string | null
      headers?: Readonly<Record<string, string>>
    } = {},
  ): Promise<RestAnswer> {
    const secret = token === undefined ? await this.adminToken() : token
    const response = await fetch(`${this.url}/api/v1/runtime${path}`, {
      method,
      headers: {
        ...(secret === null ? {} : { authorization: `Bearer ${secret}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const parsed = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
    return { status: response.status, headers: response.headers, body: parsed }
  }

  /** Creates a project and waits until its welcome page is live and nothing of it goes on. */
  async createProject(slug: string): Promise<void> {
    const { status, body } = await this.rest('POST', '/projects/', {
      body: { name: slug, schema_name: slug },
    })
    if (status !== 201) throw new Error(`no project: ${JSON.stringify(body)}\n${this.printed}`)
    await this.untilStatus(slug, 'deployed')
    // Whoever pushed sooner would be told that one is ahead of them.
    await until(async () => !(await this.leftBuilds()).includes(`${slug}-v1`))
  }

  /** Asks until the project's status is the wanted one; fails when it is another final one. */
  async untilStatus(slug: string, wanted: string): Promise<Record<string, unknown>> {
    for (;;) {
      const { body } = await this.rest('GET', `/projects/${slug}/deployment-status`)
      if (body['status'] === wanted) return body
      if (body['status'] !== 'deploying') throw new Error(`unexpected: ${JSON.stringify(body)}`)
      await new Promise((resume) => setTimeout(resume, 20))
    }
  }

  /** The git remote of a project with a token in it. */
  async remote(slug: string, token?: string): Promise<string> {
    const secret = token ?? (await this.adminToken())
    return `http://x:${secret}@127.0.0.1:${this.listenPort}/${slug}.git`
  }

  /** A project that is live, and a working copy whose `deploy` is its remote. */
  async createWorkingCopy(
    slug: string,
    files?: Readonly<Record<string, string | Buffer>>,
  ): Promise<WorkingCopy> {
    await this.createProject(slug)
    const dir = await mkdtemp(join(this.folder, `${slug}-`))
    await makeWorkingCopy(dir, files)
    await git(dir, ['remote', 'add', 'deploy', await this.remote(slug)])
    return new WorkingCopy(dir)
  }

  /** What another person gets who clones the project. */
  async clone(slug: string): Promise<WorkingCopy> {
    const dir = await mkdtemp(join(this.folder, `${slug}-clone-`))
    await git(dir, ['clone', '--quiet', '--origin=deploy', await this.remote(slug), '.'])
    return new WorkingCopy(dir)
  }

  /** The refs of a project as any client is told them. */
  async refs(slug: string): Promise<string> {
    return git(this.folder, ['ls-remote', await this.remote(slug)])
  }

  async snapshot(slug: string): Promise<Snapshot> {
    const page = await this.visit(slug)
    const { date: _date, ...headers } = page.headers
    return {
      refs: await this.refs(slug),
      site: await readTree(join(this.wwwRoot, slug)),
      page: { ...page, headers },
    }
  }

  /** The releases on disk; those that a push made old go a moment after it has returned. */
  async releases(slug: string): Promise<readonly string[]> {
    return (await readdir(join(this.wwwRoot, slug, 'releases'))).toSorted()
  }

  /** Workspaces of builds that are there now; one that went live is removed a moment after it did. */
  async leftBuilds(): Promise<readonly string[]> {
    const names = await readdir(this.settings['FRONTEND_BUILD_ROOT'] ?? '')
    return names.filter((name) => !name.startsWith('.'))
  }

  async untilBuildsAreGone(): Promise<void> {
    await until(async () => (await this.leftBuilds()).length === 0)
  }

  /** Where a file that a build sees as `/app/<path>` lies. */
  pathInBuild(slug: string, number: number, path: string): string {
    return join(this.settings['FRONTEND_BUILD_ROOT'] ?? '', `${slug}-v${number}`, 'app', path)
  }

  /** What a visitor's browser gets from a site. */
  visit(
    slug: string,
    path = '/',
    headers: Readonly<Record<string, string>> = asNavigation,
  ): Promise<Answer> {
    return visit(this.httpPort, { path, headers: { ...headers, host: `${slug}.localhost` } })
  }
}

/** What a pusher has on their own machine. */
export class WorkingCopy {
  readonly dir: string

  constructor(dir: string) {
    this.dir = dir
  }

  commit(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
    return commitFiles(this.dir, files)
  }

  /** `git push deploy …`; never throws: the outcome is what stories are about. */
  push(...args: readonly string[]): Promise<GitOutcome> {
    return runGit(this.dir, ['push', 'deploy', ...(args.length === 0 ? ['main'] : args)])
  }

  /** A push that is watched while it goes on. */
  startPush(...args: readonly string[]): PushInProgress {
    return new PushInProgress(this.dir, ['push', 'deploy', ...args])
  }

  /** Takes all files away and commits others. */
  async replaceAll(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
    await git(this.dir, ['rm', '-rq', '--ignore-unmatch', '.'])
    return commitFiles(this.dir, files)
  }

  git(...args: readonly string[]): Promise<string> {
    return git(this.dir, args)
  }
}

/** Starts a server in a new folder; nginx, builds and data are all below it. */
export async function startSlipwayServer(options: ServerOptions = {}): Promise<SlipwayServer> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-story-'))
  // The build user and nginx's workers have to pass through.
  await chmod(folder, 0o755)
  const ports = { http: await findFreePort(), listen: await findFreePort() }
  const server = new SlipwayServer(folder, ports, options)
  try {
    await options.fill?.(server)
    await server.start()
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
  return server
}

/** The tests install through the same registry as the one who runs them. */
function npmEnvironment(): Record<string, string> {
  const isMeant = /^(npm_config_(registry|cafile|proxy|https_proxy)|https?_proxy|no_proxy|HOME)$/i
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => isMeant.test(entry[0]) && entry[1] !== undefined,
    ),
  )
}
