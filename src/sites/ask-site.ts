/**
 * Asks the nginx on this machine for a page, as a visitor of the host would: also by https, where a
 * visitor is sent there.
 */
import { type IncomingMessage, request } from 'node:http'
import { request as requestEncrypted } from 'node:https'
import type { Config } from '../config.ts'
import type { SiteAnswer } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'

export interface Question {
  /** The Host header. */
  readonly host: string
  readonly path: string
  readonly signal: AbortSignal
}

/** Throws `nginx_unreachable`, or the signal's reason where that ended it. */
export async function askSite(config: Config, question: Question): Promise<SiteAnswer> {
  const { httpPort } = config.nginx
  const timeout = AbortSignal.timeout(config.limits.nginxTimeoutMs)
  try {
    return await ask(config, { ...question, signal: AbortSignal.any([question.signal, timeout]) })
  } catch (error) {
    question.signal.throwIfAborted()
    const problem = timeout.aborted
      ? `no answer in ${config.limits.nginxTimeoutMs / 1000} s`
      : error instanceof Error
        ? error.message
        : String(error)
    throw new SlipwayError(
      'nginx_unreachable',
      { address: `127.0.0.1:${httpPort}`, problem },
      error,
    )
  }
}

async function ask(config: Config, question: Question): Promise<SiteAnswer> {
  const plain = await send(config, question, false)
  const sentTo = URL.parse(plain.location)
  const isUpgrade = sentTo?.protocol === 'https:' && sentTo.hostname === question.host
  return isUpgrade ? send(config, question, true) : plain
}

interface PlacedAnswer extends SiteAnswer {
  readonly location: string
}

function send(config: Config, question: Question, isEncrypted: boolean): Promise<PlacedAnswer> {
  const { host, path, signal } = question
  const { httpPort, httpsPort } = config.nginx
  const bytesMax = config.limits.outputFileBytesMax
  // More than `_headers` can ask for. Browsers take as much.
  const maxHeaderSize = 256 * 1024
  const address = { host: '127.0.0.1', path, agent: false, signal, maxHeaderSize } as const
  const headers = { host, accept: acceptFor(path), 'accept-encoding': 'identity' }
  const plain = { ...address, port: httpPort, headers }
  // Whether the certificate is good is looked after where it comes from.
  const encrypted = { ...address, port: httpsPort, headers, servername: host }
  return new Promise((resolve, reject) => {
    const onAnswer = (answer: IncomingMessage): void => {
      const parts: Buffer[] = []
      let bytes = 0
      answer.on('data', (part: Buffer) => {
        bytes += part.length
        if (bytes > bytesMax) asking.destroy(new Error(`more than ${bytesMax} bytes`))
        else parts.push(part)
      })
      answer.on('error', reject)
      answer.on('end', () => {
        resolve({
          status: answer.statusCode ?? 0,
          contentType: answer.headers['content-type'] ?? '',
          headers: answer.headers,
          location: answer.headers.location ?? '',
          body: Buffer.concat(parts),
        })
      })
    }
    const asking = isEncrypted
      ? requestEncrypted({ ...encrypted, rejectUnauthorized: false }, onAnswer)
      : request(plain, onAnswer)
    asking.on('error', reject)
    asking.end()
  })
}

/** As a browser asks for a page, and for what a page loads. */
function acceptFor(path: string): string {
  const isPage = !/\.[a-z0-9]*[a-z][a-z0-9]*$/i.test(path) || /\.html?$/i.test(path)
  return isPage ? 'text/html,application/xhtml+xml,*/*;q=0.8' : '*/*'
}
