/**
 * Let's Encrypt's small test authority, and its name server, on this machine: strict, and it refuses
 * nonces now and then, as a real one may.
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLocalAuthority } from '../../src/certificates/local-authority.ts'
import { endGroup, startProcess } from '../../src/machine/run-command.ts'
import { findFreePort } from './free-port.ts'
import { until } from './until.ts'

export interface PebbleOptions {
  /** Where HTTP-01 is asked; the port of nginx, or of a server of the test. */
  readonly httpPort: number
  /** `address:port` of the name server that it asks; its own, where every name is 127.0.0.1. */
  readonly dnsServer?: string
}

export class Pebble implements AsyncDisposable {
  readonly directory: string
  /** Signs the authority's own address. */
  readonly rootFile: string
  readonly rootPem: string
  readonly dnsServer: string
  readonly folder: string
  readonly #managementUrl: string
  readonly #dnsManagementUrl: string
  readonly #processes: readonly ChildProcess[]

  constructor(parts: {
    directory: string
    rootPem: string
    folder: string
    dnsServer: string
    managementUrl: string
    dnsManagementUrl: string
    processes: readonly ChildProcess[]
  }) {
    this.directory = parts.directory
    this.rootPem = parts.rootPem
    this.folder = parts.folder
    this.rootFile = join(parts.folder, 'local-root.pem')
    this.dnsServer = parts.dnsServer
    this.#managementUrl = parts.managementUrl
    this.#dnsManagementUrl = parts.dnsManagementUrl
    this.#processes = parts.processes
  }

  /** The root that signs what it issues; another one at each start. */
  async issuingRoot(): Promise<string> {
    return (await get(`${this.#managementUrl}/roots/0`, this.rootPem)).body
  }

  /** One change of its name server, such as `set-txt` or `add-a`. */
  async changeDns(command: string, body: object): Promise<void> {
    const url = `${this.#dnsManagementUrl}/${command}`
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${command}: ${answer.status}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.#processes) endGroup(process)
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

export async function startPebble({ httpPort, dnsServer }: PebbleOptions): Promise<Pebble> {
  const folder = await mkdtemp(join(tmpdir(), 'pebble-'))
  const authority = await openLocalAuthority(folder, 'localhost')
  const pair = await authority.issue(['localhost'])
  await writeFile(join(folder, 'cert.pem'), pair.chain)
  await writeFile(join(folder, 'key.pem'), pair.key)
  const ports = await Promise.all(Array.from({ length: 5 }, () => findFreePort()))
  const [api = 0, management = 0, dns = 0, dnsManagement = 0, tls = 0] = ports
  await writeFile(
    join(folder, 'pebble.json'),
    JSON.stringify({
      pebble: {
        listenAddress: `127.0.0.1:${api}`,
        managementListenAddress: `127.0.0.1:${management}`,
        certificate: join(folder, 'cert.pem'),
        privateKey: join(folder, 'key.pem'),
        httpPort,
        tlsPort: tls,
        ocspResponderURL: '',
        externalAccountBindingRequired: false,
      },
    }),
  )
  const server = dnsServer ?? `127.0.0.1:${dns}`
  const nameServer = start('pebble-challtestsrv', [
    `-management=127.0.0.1:${dnsManagement}`,
    `-dns01=127.0.0.1:${dns}`,
    '-http01=',
    '-https01=',
    '-tlsalpn01=',
    '-defaultIPv4=127.0.0.1',
    '-defaultIPv6=',
  ])
  const pebble = start(
    'pebble',
    ['-strict', '-config', join(folder, 'pebble.json'), '-dnsserver', server],
    // One nonce of twenty: that six in a row are refused, which is given up, is next to never.
    { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '5', PEBBLE_AUTHZREUSE: '0' },
  )
  const started = new Pebble({
    directory: `https://localhost:${api}/dir`,
    rootPem: authority.root,
    folder,
    dnsServer: server,
    managementUrl: `https://localhost:${management}`,
    dnsManagementUrl: `http://127.0.0.1:${dnsManagement}`,
    processes: [nameServer, pebble],
  })
  await until(async () => {
    const answers = await Promise.allSettled([
      get(started.directory, authority.root),
      fetch(`http://127.0.0.1:${dnsManagement}/`),
    ])
    return answers.every(({ status }) => status === 'fulfilled')
  })
  return started
}

function start(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): ChildProcess {
  const child = startProcess({ program, args, environment }, ['ignore', 'ignore', 'ignore'])
  child.on('error', () => undefined)
  return child
}

async function get(url: string, ca: string): Promise<{ status: number; body: string }> {
  const asked = request(url, { ca, agent: false })
  asked.end()
  const [answer] = await once(asked, 'response')
  let body = ''
  for await (const chunk of answer) body += String(chunk)
  return { status: answer.statusCode, body }
}
