/** Sites in a temporary folder, with a real nginx of their own in front, and a visitor. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Config, readConfig } from '../../src/config.ts'
import type { ReleaseSource, ReleaseSummary, Sites } from '../../src/contracts.ts'
import { type HostName, parseSlug, projectHost, type Slug } from '../../src/domain/names.ts'
import type { SiteAddress } from '../../src/domain/project.ts'
import { createSites } from '../../src/sites/sites.ts'
import { createNginx, type SitesNginx } from '../../src/sites/start-nginx.ts'
import { findFreePort } from './free-port.ts'

export { findFreePort } from './free-port.ts'

export type Files = Readonly<Record<string, string | Buffer>>

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface SiteLab extends AsyncDisposable {
  readonly folder: string
  readonly config: Config
  readonly nginx: SitesNginx
  readonly sites: Sites
  readonly slug: Slug
  readonly host: HostName
  /** Writes files into a new folder, as a build would leave them. */
  readonly write: (files: Files) => Promise<string>
  readonly publish: (
    number: number,
    from: string | Files | ReleaseSource,
    how?: boolean | PublishOptions,
  ) => Promise<ReleaseSummary>
  /** Publishes, links the host and the sub-directory and makes it live. */
  readonly deploy: (number: number, files: Files, how?: boolean | PublishOptions) => Promise<void>
  readonly get: (path: string, headers?: Readonly<Record<string, string>>) => Promise<Answer>
  /** The same below `/apps/mon-app` of FRONTEND_DOMAIN. */
  readonly getBelow: SiteLab['get']
  /** The same of FRONTEND_DOMAIN itself. */
  readonly getDomain: SiteLab['get']
}

/** `true` alone stands for `{ spa: true }`. */
export interface PublishOptions {
  readonly spa?: boolean
  readonly address?: SiteAddress
  readonly subdirectoryPage?: string
  readonly store?: readonly string[]
}

export interface SiteLabOptions {
  readonly environment?: Readonly<Record<string, string>>
  readonly limits?: Partial<Record<keyof Config['limits'], number>>
  readonly now?: () => Date
  /** Replaces the folder of the sites. */
  readonly wwwRoot?: string
}

/** What browsers say of a navigation. */
export const asNavigation = {
  accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'sec-fetch-dest': 'document',
}
export const asScript = { accept: '*/*', 'sec-fetch-dest': 'script' }

/** nginx is not started; `startSiteLab` does that too. */
export async function openSiteLab(options: SiteLabOptions = {}): Promise<SiteLab> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-sites-'))
  await chmod(folder, 0o755)
  const config = await readLabConfig(folder, options)
  const nginx = createNginx(config, null)
  const { now } = options
  const sites = createSites({ config, nginx, ...(now === undefined ? {} : { now }) })
  const slug = parseSlug('mon-app')
  const host = projectHost(slug, config.frontendDomain)
  let written = 0
  const write = async (files: Files): Promise<string> => {
    const dir = join(folder, `output-${(written += 1)}`)
    for (const [path, data] of Object.entries(files)) {
      await mkdir(dirname(join(dir, path)), { recursive: true })
      await writeFile(join(dir, path), data)
    }
    return dir
  }
  const publish: SiteLab['publish'] = async (number, from, how = false) => {
    const { spa = false, store = [], ...address } = typeof how === 'boolean' ? { spa: how } : how
    return sites.publish({
      slug,
      number,
      from:
        typeof from === 'string'
          ? { dir: from }
          : isSource(from)
            ? from
            : { dir: await write(from) },
      outputName: 'dist',
      spaFallback: spa,
      ...address,
      manifest: { commit: 'c0ffee', store },
      signal: new AbortController().signal,
    })
  }
  const ask =
    (of: string, below = ''): SiteLab['get'] =>
    (path, headers) =>
      visit(config.nginx.httpPort, { path: below + path, headers: { host: of, ...headers } })
  return {
    folder,
    config,
    nginx,
    sites,
    slug,
    host,
    write,
    publish,
    deploy: async (number, files, how) => {
      await publish(number, files, how)
      await sites.activate(slug, number)
      await sites.linkHost(slug, host)
      await sites.linkSubdirectory(slug)
    },
    get: ask(host),
    getBelow: ask(config.frontendDomain, `/apps/${slug}`),
    getDomain: ask(config.frontendDomain),
    [Symbol.asyncDispose]: async () => {
      await nginx.stop()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

export async function startSiteLab(options: SiteLabOptions = {}): Promise<SiteLab> {
  const lab = await openSiteLab(options)
  try {
    await lab.nginx.apply()
  } catch (error) {
    await lab[Symbol.asyncDispose]()
    throw error
  }
  return lab
}

function isSource(from: Files | ReleaseSource): from is ReleaseSource {
  return 'files' in from && Array.isArray(from.files)
}

/** One request on a connection of its own, unless an agent keeps some. */
export function visit(
  port: number,
  question: {
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
    readonly agent?: Agent
    readonly method?: string
    readonly localAddress?: string
  },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { agent = false, ...rest } = question
    const asking = request({ hostname: '127.0.0.1', port, agent, ...rest }, (answer) => {
      const parts: Buffer[] = []
      answer.on('data', (part: Buffer) => parts.push(part))
      answer.on('error', reject)
      answer.on('end', () => {
        const body = Buffer.concat(parts).toString('utf8')
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body })
      })
    })
    asking.on('error', reject)
    asking.end()
  })
}

async function readLabConfig(folder: string, options: SiteLabOptions): Promise<Config> {
  const config = readConfig(
    {
      FRONTEND_DOMAIN: 'apps.test',
      SLIPWAY_DATA: join(folder, 'data'),
      NGINX_WWW_ROOT: options.wwwRoot ?? join(folder, 'www'),
      NGINX_SITES_DIR: join(folder, 'etc', 'sites-available'),
      NGINX_MODE: 'managed',
      NGINX_HTTP_PORT: String(await findFreePort()),
      BACKEND_URL: 'http://127.0.0.1:9',
      ACME_DIRECTORY: 'off',
      ...options.environment,
    },
    2,
  )
  // Limits are constants to the code; only a test has others.
  const limits = { ...config.limits, ...options.limits } as unknown as Config['limits']
  return { ...config, limits }
}
