/**
 * A small npm registry on 127.0.0.1: packuments and tarballs of the folders that it is given, packed
 * by npm itself. It can be told to be ill for some answers.
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findToolchain } from '../../src/build/toolchain.ts'
import { runCommand } from '../../src/machine/run-command.ts'
import { patienceMs } from './patience.ts'

export interface TestRegistry extends AsyncDisposable {
  readonly url: string
  /** Paths that were asked for, in order, ill answers included. */
  readonly asked: readonly string[]
  /** The next answers are 503. npm itself tries each file three times. */
  readonly failNext: (answers: number) => void
}

export const fixturePackages = ['harbour-bell', 'harbour-build'].map((name) =>
  join(import.meta.dirname, '../fixtures/packages', name),
)

export async function startRegistry(
  folders: readonly string[] = fixturePackages,
): Promise<TestRegistry> {
  const packages = new Map<string, Packed>()
  for (const folder of folders) {
    const packed = await pack(folder)
    packages.set(packed.name, packed)
  }
  let failuresLeft = 0
  const asked: string[] = []
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '/')
    asked.push(path)
    if (failuresLeft > 0) {
      failuresLeft -= 1
      sendJson(response, 503, { error: 'out for lunch' })
      return
    }
    const [, name = '', tarball] = /^\/((?:@[^/]+\/)?[^/]+)(?:\/-\/([^/]+)\.tgz)?$/.exec(path) ?? []
    const found = packages.get(name)
    if (found === undefined) sendJson(response, 404, { error: 'not found' })
    else if (tarball === undefined) sendJson(response, 200, packument(found, url))
    else response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(found.tarball)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  return {
    url,
    asked,
    failNext: (answers) => {
      failuresLeft = answers
    },
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

interface Packed {
  readonly name: string
  readonly version: string
  readonly packageJson: object
  readonly tarball: Buffer
}

async function pack(folder: string): Promise<Packed> {
  const { nodePath, npmFolder } = await findToolchain()
  const target = await mkdtemp(join(tmpdir(), 'slipway-pack-'))
  try {
    const { exitCode, stdout, stderr } = await runCommand({
      program: nodePath,
      args: [join(npmFolder, 'bin/npm-cli.js'), 'pack', folder, '--json', '--ignore-scripts'],
      cwd: target,
      timeoutMs: patienceMs,
    })
    if (exitCode !== 0) throw new Error(`npm pack ${folder}: ${stderr}`)
    const told = JSON.parse(stdout.toString('utf8')) as [{ filename: string }]
    const packageJson = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
      name: string
      version: string
    }
    const tarball = await readFile(join(target, told[0].filename))
    return { name: packageJson.name, version: packageJson.version, packageJson, tarball }
  } finally {
    await rm(target, { recursive: true })
  }
}

function packument({ name, version, packageJson, tarball }: Packed, url: string): object {
  const dist = {
    tarball: `${url}/${name}/-/${name.replace(/^.*\//, '')}-${version}.tgz`,
    integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
    shasum: createHash('sha1').update(tarball).digest('hex'),
  }
  return {
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { ...packageJson, dist } },
  }
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
