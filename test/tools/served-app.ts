/**
 * A generated app in front of a real backend: its pages and files as a host serves them, under the
 * strictest policy that it needs, and `/api/` of the platform in test/platform on the same origin.
 */
import { once } from 'node:events'
import { createServer, request as ask, type IncomingMessage, type Server } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { GeneratedApp } from '../../src/contracts/generate.ts'
import type { Framework } from '../../src/domain/project.ts'
import { readSchema, type GeneratorLab } from './generator-lab.ts'
import { type Platform, preparePlatform, readExampleSchema } from './platform.ts'

export interface ServedApp extends AsyncDisposable {
  /** Without a slash at the end. */
  readonly url: string
  readonly platform: Platform
  readonly projectId: string
}

/** Where the app is served a second time, as below FRONTEND_DOMAIN. */
export const subdirectory = '/apps/shop/'

export interface ServedAppOptions {
  readonly framework: Framework
  /** What stands in `schema.json`; the platform's example, with its rows, by default. */
  readonly schema?: Readonly<Record<string, unknown>>
  readonly isPrivate?: boolean
}

export async function serveApp(lab: GeneratorLab, options: ServedAppOptions): Promise<ServedApp> {
  const platform = await preparePlatform()
  // Nobody is there: the project is saved all the same.
  await platform.start({ url: 'http://127.0.0.1:9', token: 'none' })
  const schema = options.schema ?? (await readExampleSchema())
  const project = await platform.createProject({
    name: 'Maison Delorme',
    schema_name: 'shop',
    schema,
    is_private: options.isPrivate ?? false,
  })
  if (options.schema === undefined) await platform.seed('shop')
  const app = await lab.generate({
    schema: readSchema({ ...schema, framework: options.framework }),
    identity: { projectId: project.id, slug: 'shop', name: 'Maison Delorme' },
  })
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/api/') === true) passOn(request, response, platform.port)
    else answer(app, request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    platform,
    projectId: project.id,
    [Symbol.asyncDispose]: async () => {
      await close(server)
      await platform[Symbol.asyncDispose]()
    },
  }
}

const policy = [
  "default-src 'self'",
  // The preview of a picture that is not sent yet.
  "img-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
].join('; ')

const types: Readonly<Record<string, string>> = {
  js: 'text/javascript',
  css: 'text/css',
  svg: 'image/svg+xml',
}

function answer(app: GeneratedApp, { url = '' }: IncomingMessage, response: ServerResponse): void {
  const name = /^\/_s\/([^/?]+)$/.exec(url)?.[1]
  const file = app.storeFiles.find((each) => each.name === name)
  if (file !== undefined) {
    const type = types[file.name.split('.').at(-1) ?? ''] ?? 'application/octet-stream'
    response.writeHead(200, { 'content-type': type }).end(file.bytes)
  } else if (url.startsWith('/_s/')) {
    response.writeHead(404).end()
  } else {
    const page = url.startsWith(subdirectory) ? app.subdirectoryPage : app.rootPage
    response
      .writeHead(200, { 'content-type': 'text/html', 'content-security-policy': policy })
      .end(page)
  }
}

/** The host stays what the browser asked for: the backend's links and its check of origins are by it. */
function passOn(request: IncomingMessage, response: ServerResponse, port: number): void {
  const { method, url, headers } = request
  const passed = ask({ host: '127.0.0.1', port, method, path: url, headers }, (answered) => {
    response.writeHead(answered.statusCode ?? 502, answered.headers)
    answered.pipe(response)
  })
  passed.on('error', () => {
    if (!response.headersSent) response.writeHead(502)
    response.end()
  })
  request.pipe(passed)
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((closed) => server.close(closed))
}
