/**
 * The public entrance: the hosts by which nginx carries git, REST and WebSocket to the server, and
 * the secret by which the server knows what came through it. Any process of this machine can write
 * an X-Forwarded-For; only our nginx can read the secret.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { type ErrorDetails, type ErrorCode, SlipwayError } from '../domain/errors.ts'
import { type HostName, toHostName } from '../domain/names.ts'
import { Secret } from '../domain/secret.ts'
import { readTextIfAny, writeFileAtomically } from '../machine/files.ts'
import { makeFolder } from './site-folders.ts'

export interface Entrance {
  /** No project may have one of them. */
  readonly hosts: readonly HostName[]
  /** What nginx sends as `Slipway-Entrance`. */
  readonly secret: Secret
}

/** The secret outlives the server, as nginx does; it is in a file that only the operator can read. */
export async function openEntrance(config: Config): Promise<Entrance> {
  await makeFolder(config.dataDir)
  const path = join(config.dataDir, 'entrance-secret')
  const known = await readTextIfAny(path)
  const secret = isSecret(known) ? known : randomBytes(32).toString('hex')
  if (secret !== known) await writeFileAtomically(path, `${secret}\n`, 0o600)
  return { hosts: entranceHosts(config), secret: new Secret(secret) }
}

/**
 * `deploy.FRONTEND_DOMAIN`, and the host of SLIPWAY_PUBLIC_URL unless that leads to the server
 * itself. FRONTEND_DOMAIN is none of them: its `/api/` is the platform's.
 */
export function entranceHosts(config: Config): readonly HostName[] {
  const { frontendDomain, publicUrl, listen } = config
  // A port that is not known before the server listens: only tests have that.
  if (listen.port === 0) return []
  const { protocol, hostname, port } = new URL(publicUrl)
  const publicPort = Number(port === '' ? (protocol === 'https:' ? 443 : 80) : port)
  const publicHost = publicPort === listen.port ? null : toHostName(hostname)
  const names = [toHostName(`deploy.${frontendDomain}`), publicHost]
  const hosts = names.filter((name) => name !== null && name !== frontendDomain)
  return [...new Set(hosts)] as readonly HostName[]
}

/** What the template is filled with. */
export function entranceValues(config: Config, { hosts, secret }: Entrance): object {
  const text = secret.reveal()
  if (!isSecret(text)) throw new Error('no secret of the entrance')
  return {
    hosts,
    secret: text,
    upstream: upstreamOf(config.listen),
    silenceMaxSeconds: Math.ceil(config.limits.proxySilenceMaxMs / 1_000),
    away: answer('server_away', [503, 'Service Unavailable']),
    slow: answer('server_slow', [504, 'Gateway Timeout']),
    unreadable: answer('request_unreadable', [400, 'Bad Request'], {
      problem: 'it is no HTTP, or its address or its headers are too long',
    }),
  }
}

/** A server that listens on every address is reached by this machine's own. */
function upstreamOf({ host, port }: Config['listen']): string {
  const address = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  const name = address.includes(':') ? `[${address}]` : address
  if (!/^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])$/.test(name)) throw new Error(`no host: ${name}`)
  return `${name}:${port}`
}

/** An error of the table as nginx answers it, fit for single quotes. */
function answer(
  code: ErrorCode,
  [status, title]: readonly [status: number, title: string],
  details: ErrorDetails = {},
) {
  const { message: detail, hint } = new SlipwayError(code, details)
  const problem = { type: `urn:slipway:error:${code}`, title, status, detail, code, hint }
  return { problem: quote(JSON.stringify(problem)), text: quote(`${detail}\n${hint}`) }
}

/** nginx knows no way to say a dollar. */
function quote(text: string): string {
  if (text.includes('$')) throw new Error(`nginx would see a variable in: ${text}`)
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')
}

function isSecret(text: string | null): text is string {
  return text !== null && /^[0-9a-f]{64}$/.test(text)
}
