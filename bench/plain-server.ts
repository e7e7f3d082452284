/**
 * The other side of the comparisons, as a process of its own: one bare repository behind a password,
 * served without anything of what Slipway does beside. Arguments: the repository, the folder of its
 * hooks, and the transport: `ours` asks our two hooks and lets every ref move; `bare` joins the
 * request to git in the same way and asks nobody.
 */
import { mkdir } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { limits } from '../src/config.ts'
import { parseProjectId, parseSlug } from '../src/domain/names.ts'
import { defaultProjectSettings, type Project } from '../src/domain/project.ts'
import { GitExchange } from '../src/git/git-exchange.ts'
import { buildGitCommand } from '../src/git/git-command.ts'
import { type GitRequest, parseGitPath } from '../src/git/git-path.ts'
import { flushPacket, renderPacket } from '../src/git/pkt-line.ts'
import { feedBody, readEncoding } from '../src/git/request-body.ts'
import { buildServiceCommand, GitTransport } from '../src/git/smart-http.ts'
import { runCommand } from '../src/machine/run-command.ts'

const [repositoryDir = '', hooksDir = '', kind = ''] = process.argv.slice(2)
const place = { repositoryDir, hooksDir, limits }
const project: Project = {
  id: parseProjectId('1'),
  slug: parseSlug('plain'),
  name: 'plain',
  schemaName: null,
  framework: null,
  productionBranch: 'main',
  settings: defaultProjectSettings,
  createdAt: new Date(),
}
const transport = new GitTransport({
  repositories: { pathOf: () => repositoryDir },
  hooksDir,
  handler: {
    inspect: () => Promise.resolve(),
    receive: ({ commands }) =>
      Promise.resolve(commands.map(({ ref }) => ({ ref, verdict: 'move' as const }))),
    settle: () => Promise.resolve(),
  },
  limits,
})

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const call = parseGitPath(request.url ?? '')
  if (call === null) {
    response.writeHead(404).end()
  } else if (request.headers.authorization === undefined) {
    request.resume()
    response.writeHead(401, { 'www-authenticate': 'Basic realm="plain"' }).end()
  } else if (kind === 'ours') {
    await transport.serve(request, response, {
      ...call,
      project,
      actor: 'bench',
      from: { tokenId: 'its token', address: '127.0.0.1', requestId: 'r' },
    })
  } else await joinToGit(request, response, call)
}

async function joinToGit(
  request: IncomingMessage,
  response: ServerResponse,
  call: GitRequest,
): Promise<void> {
  const command = buildServiceCommand(call, null, place)
  // git would ask a hook for each ref, and this repository has none that answers.
  const at = command.args.indexOf('receive.procReceiveRefs=refs')
  const exchange = new GitExchange(
    { ...command, args: command.args.toSpliced(at - 1, 2) },
    response,
    { limits, push: null },
  )
  const part = call.kind === 'rpc' ? 'result' : 'advertisement'
  response.setHeader('Content-Type', `application/x-${call.service}-${part}`)
  if (call.kind === 'info-refs') {
    request.resume()
    exchange.input.end()
    await exchange.run(renderPacket(`# service=${call.service}\n`) + flushPacket)
    return
  }
  feedBody(request, exchange.input, {
    encoding: readEncoding(request) ?? 'identity',
    bytesMax: limits.pushBytesMax,
    packetBytesMax: limits.fetchRequestBytesMax,
    onProblem: () => {
      exchange.kill()
    },
  })
  await exchange.run('')
}

await mkdir(repositoryDir, { recursive: true })
const words = ['init', '--quiet', '--bare', '--initial-branch=main', repositoryDir]
const made = await runCommand({ ...buildGitCommand(place, words), timeoutMs: 60_000 })
if (made.exitCode !== 0) throw new Error(made.stderr)
const server = createServer((request, response) => {
  serve(request, response).catch((error: unknown) => {
    console.error(error)
    response.destroy()
  })
})
server.listen(0, '127.0.0.1', () => {
  console.log((server.address() as AddressInfo).port)
})
