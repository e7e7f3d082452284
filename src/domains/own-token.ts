/**
 * Whether an address leads to this very server, asked as a visitor of a host would ask: for a text
 * that nobody else can know. Only where the text comes back is known what the owner's DNS means,
 * whatever stands in between. The path is ours and fixed, nothing is followed, and of what
 * answers no more is told than its status.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { limits } from '../config.ts'
import type { HostName } from '../domain/names.ts'
import { hasErrorCode, writeFileAtomically } from '../machine/files.ts'

export interface Question {
  readonly host: HostName
  /** IPv4 or IPv6. */
  readonly address: string
  readonly signal: AbortSignal
}

/** `other`: something else answers there. `silent`: nothing does, as seen from here. */
export interface Answer {
  readonly outcome: 'ours' | 'other' | 'silent'
  /** `HTTP 404`, or why there was no answer. */
  readonly said: string
}

export interface OwnToken extends AsyncDisposable {
  readonly ask: (question: Question) => Promise<Answer>
}

/** Below `/.well-known/acme-challenge/` on every host, until it is disposed of. */
export async function showOwnToken(parts: {
  readonly challengesDir: string
  readonly port: number
}): Promise<OwnToken> {
  const name = `slipway-${randomBytes(16).toString('hex')}`
  const text = randomBytes(16).toString('hex')
  const file = join(parts.challengesDir, name)
  await mkdir(parts.challengesDir, { recursive: true, mode: 0o755 })
  await writeFileAtomically(file, text, 0o644)
  return {
    ask: (question) => ask(question, { ...parts, name, text }),
    [Symbol.asyncDispose]: () => rm(file, { force: true }),
  }
}

async function ask(
  { host, address, signal }: Question,
  { port, name, text }: { readonly port: number; readonly name: string; readonly text: string },
): Promise<Answer> {
  const timeLimit = AbortSignal.timeout(limits.domainAnswerTimeoutMs)
  const asked = request({
    host: address,
    port,
    path: `/.well-known/acme-challenge/${name}`,
    headers: { host, 'user-agent': 'slipway', accept: '*/*' },
    agent: false,
    signal: AbortSignal.any([signal, timeLimit]),
  })
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  asked.on('response', resolve).on('error', reject).end()
  try {
    const response = await promise
    const isOurs = response.statusCode === 200 && (await readText(response)) === text
    asked.destroy()
    return { outcome: isOurs ? 'ours' : 'other', said: `HTTP ${response.statusCode ?? 0}` }
  } catch (error) {
    signal.throwIfAborted()
    if (timeLimit.aborted) return { outcome: 'silent', said: 'no answer in time' }
    return { outcome: isOfConnecting(error) ? 'silent' : 'other', said: describe(error) }
  }
}

async function readText(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of response.setEncoding('latin1') as AsyncIterable<string>) {
    text += part
    if (text.length > limits.domainAnswerBytesMax) break
  }
  return text
}

/** Nobody was met. What hangs up, or speaks another language, is somebody. */
function isOfConnecting(error: unknown): boolean {
  return hasErrorCode(error, ...errorsOfConnecting)
}

const errorsOfConnecting = [
  'ECONNREFUSED',
  'ETIMEDOUT',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'EADDRNOTAVAIL',
  'EACCES',
  'EPERM',
  'EINVAL',
]

function describe(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null
  return typeof code === 'string' ? code : 'no HTTP'
}
