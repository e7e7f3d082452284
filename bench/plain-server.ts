/**
 * The other side of the comparisons, as a process of its own: one bare repository behind the same
 * joining of HTTP to git as ours, with the same guards and a password, and without any of what
 * Slipway does beside. Arguments: the repository, and the folder of its hooks.
 */
import { mkdir } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { limits } from '../src/config.ts'
import { GitExchange } from '../src/git/git-exchange.ts'
import { buildGitCommand, type GitCommand } from '../src/git/git-command.ts'
import { type GitRequest, parseGitPath } from '../src/git/git-path.ts'
import { flushPacket, renderPacket } from '../src/git/pkt-line.ts'
import { feedBody, readEncoding } from '../src/git/request-body.ts'
import { buildServiceCommand } from '../src/git/smart-http.ts'
import { runCommand } from '../src/machine/run-command.ts'

const [repositoryDir = '', hooksDir = ''] = process.argv.slice(2)
const place = { repositoryDir, hooksDir, limits }

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const call = parseGitPath(request.url ?? '')
  if (call === null) {
    response.writeHead(404).end()
    return
  }
  if (request.headers.authorization === undefined) {
    request.resume()
    response.writeHead(401, { 'www-authenticate': 'Basic realm="plain"' }).end()
    return
  }
  const command = withoutProcReceive(buildServiceCommand(call, null, place))
  const exchange = new GitExchange(command, response, { limits, push: null })
  const part = call.kind === 'rpc' ? 'result' : 'advertisement'
  response.setHeader('Content-Type', `application/x-${call.service}-${part}`)
  feed(call, request, exchange)
  const preface = renderPacket(`# service=${call.service}\n`) + flushPacket
  await exchange.run(call.kind === 'info-refs' ? preface : '')
}

function feed(call: GitRequest, request: IncomingMessage, exchange: GitExchange): void {
  if (call.kind === 'info-refs') {
    request.resume()
    exchange.input.end()
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
}

/** git would ask a hook for each ref, and plain repositories have none. */
function withoutProcReceive(command: GitCommand): GitCommand {
  const at = command.args.indexOf('receive.procReceiveRefs=refs')
  return { ...command, args: command.args.toSpliced(at - 1, 2) }
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
