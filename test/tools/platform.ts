/** A NoCode platform of the tests: Django and Django REST Framework in test/platform, as Debian has them. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { endGroup, runCommand, startProcess } from '../../src/machine/run-command.ts'
import { findFreePort } from './free-port.ts'
import { patienceMs } from './patience.ts'
import { until } from './until.ts'

export const platformDir = resolve(import.meta.dirname, '../platform')
// Django is where Debian's python looks, whichever other one is first on the PATH.
const python = '/usr/bin/python3'

export interface DeploymentServer {
  readonly url: string
  readonly token: string
}

/** A Project as the platform answers it. */
export interface PlatformProject {
  readonly id: string
  readonly schema_name: string
  readonly schema: Readonly<Record<string, unknown>> | null
  readonly frontend_url: string
  readonly deployment_status: string
  /** What the deployment server said when it refused. */
  readonly deployment_error: string
}

export interface PlatformAnswer {
  readonly status: number
  readonly body: Record<string, unknown>
}

export class Platform implements AsyncDisposable {
  readonly folder: string
  readonly port: number
  #environment: Readonly<Record<string, string>> = {}
  #process: ChildProcess | null = null
  /** Its log of requests and errors. */
  printed = ''

  constructor(folder: string, port: number) {
    this.folder = folder
    this.port = port
  }

  /** What BACKEND_URL of the deployment server is. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /**
   * Starts it; resolves when it serves. `schema` says whether it sends the schema of a new project
   * along, or waits until it is asked for it; `moment`, whether it tells of a project after the
   * transaction in which it was saved, or inside of it.
   */
  async start(
    slipway: DeploymentServer,
    {
      schema = 'push',
      moment = 'after',
    }: { readonly schema?: 'push' | 'pull'; readonly moment?: 'after' | 'inside' } = {},
  ): Promise<void> {
    this.#environment = {
      PLATFORM_DATA: this.folder,
      SLIPWAY_URL: slipway.url,
      SLIPWAY_TOKEN: slipway.token,
      SLIPWAY_SCHEMA: schema,
      SLIPWAY_MOMENT: moment,
      PYTHONUNBUFFERED: '1',
      LANG: 'C.UTF-8',
    }
    const words = ['serve', String(this.port), '--until-stdin-ends']
    const child = startProcess(this.#command(words), ['pipe', 'pipe', 'pipe'])
    this.#process = child
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.printed += text))
    }
    // What it prints of its start comes before it listens.
    await until(async () => {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`the platform has ended: ${this.printed}`)
      }
      return fetch(`${this.url}/api/auth/login/`).then(
        ({ ok }) => ok,
        () => false,
      )
    })
  }

  /** Saves a new Project, as its administrator does. The schema is that of the example by default. */
  async createProject(project: {
    readonly name: string
    readonly schema_name: string
    readonly framework?: 'react' | 'vue'
    readonly schema?: Readonly<Record<string, unknown>> | null
    readonly is_private?: boolean
  }): Promise<PlatformProject> {
    const body = { schema: await readExampleSchema(), ...project }
    const { id } = toProject(await this.ask('POST', '/projects/', body), 201)
    return this.readProject(id)
  }

  /** Saves a Project that is there. */
  async saveProject(
    id: string,
    changes: { readonly schema?: unknown; readonly name?: string; readonly is_private?: boolean },
  ): Promise<PlatformProject> {
    toProject(await this.ask('PATCH', `/projects/${id}/`, changes), 200)
    return this.readProject(id)
  }

  /** As it is once the signal has done its part, which is after the answer was made. */
  async readProject(id: string): Promise<PlatformProject> {
    return toProject(await this.ask('GET', `/projects/${id}/`), 200)
  }

  /** Fills the tables of the example's schema. */
  async seed(schemaName: string): Promise<void> {
    const { exitCode, stderr } = await runCommand({
      ...this.#command(['seed', schemaName]),
      timeoutMs: patienceMs,
    })
    if (exitCode !== 0) throw new Error(`no seeds: ${stderr}`)
  }

  /** One call of its REST as the administrator. */
  async ask(method: string, path: string, body?: unknown): Promise<PlatformAnswer> {
    const response = await fetch(`${this.url}/api/v1/runtime${path}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}`,
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const answer = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
    return { status: response.status, body: answer }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#process
    if (child !== null) {
      endGroup(child)
      if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
    }
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }

  #command(words: readonly string[]) {
    const args = [join(platformDir, 'manage.py'), ...words]
    return { program: python, args, cwd: this.folder, environment: this.#environment }
  }
}

/**
 * A platform whose address is known and that does not run yet: the deployment server and it have to
 * know each other.
 */
export async function preparePlatform(): Promise<Platform> {
  return new Platform(await mkdtemp(join(tmpdir(), 'slipway-platform-')), await findFreePort())
}

/** A shop, with every type of field. */
export async function readExampleSchema(): Promise<Record<string, unknown>> {
  const text = await readFile(join(platformDir, 'example/schema.json'), 'utf8')
  return JSON.parse(text) as Record<string, unknown>
}

function toProject({ status, body }: PlatformAnswer, wanted: number): PlatformProject {
  if (status !== wanted) throw new Error(`not saved: ${status} ${JSON.stringify(body)}`)
  return body as unknown as PlatformProject
}
