/** Asks the nginx on this machine for a page, as a visitor of the host would. */
import { request } from 'node:http'
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

function ask(config: Config, { host, path, signal }: Question): Promise<SiteAnswer> {
  const bytesMax = config.limits.outputFileBytesMax
  return new Promise((resolve, reject) => {
    const asking = request(
      {
        host: '127.0.0.1',
        port: config.nginx.httpPort,
        path,
        agent: false,
        signal,
        headers: { host, accept: acceptFor(path), 'accept-encoding': 'identity' },
      },
      (answer) => {
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
            body: Buffer.concat(parts),
          })
        })
      },
    )
    asking.on('error', reject)
    asking.end()
  })
}

/** As a browser asks for a page, and for what a page loads. */
function acceptFor(path: string): string {
  const isPage = !/\.[a-z0-9]*[a-z][a-z0-9]*$/i.test(path) || /\.html?$/i.test(path)
  return isPage ? 'text/html,application/xhtml+xml,*/*;q=0.8' : '*/*'
}
