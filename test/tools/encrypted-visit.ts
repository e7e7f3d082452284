/** Visits by https, as curl and openssl make them: with a root that is trusted and nothing else. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { patienceMs } from './patience.ts'

const run = promisify(execFile)

export interface EncryptedVisit {
  /** 0 where the handshake failed or the connection was closed. */
  readonly status: number
  readonly httpVersion: string
  readonly headers: string
  readonly body: string
}

/** `url` has the real host; it is looked for on this machine. */
export async function visitEncrypted(
  url: string,
  options: {
    readonly rootFile: string
    readonly words?: readonly string[]
    /** Of this machine, such as `[::1]`. */
    readonly address?: string
  },
): Promise<EncryptedVisit> {
  const way = `::${options.address ?? '127.0.0.1'}:`
  const seconds = String(patienceMs / 1_000)
  const words = ['--silent', '--include', '--connect-to', way, '--max-time', seconds]
  const trust = ['--cacert', options.rootFile]
  const args = [...words, ...trust, ...(options.words ?? []), '--', url]
  const { stdout } = await run('curl', args, { maxBuffer: 32 * 1024 ** 2 }).catch(
    (error: unknown) => ({ stdout: String((error as { stdout?: string }).stdout ?? '') }),
  )
  const [headers = '', ...body] = stdout.split('\r\n\r\n')
  const found = /^HTTP\/([0-9.]+) ([0-9]{3})/.exec(headers)
  return {
    status: Number(found?.[2] ?? 0),
    httpVersion: found?.[1] ?? '',
    headers: headers.toLowerCase(),
    body: body.join('\r\n\r\n'),
  }
}

/** What `openssl s_client` prints of a handshake, also of one that failed. */
export async function shakeHands(
  port: number,
  host: string | null,
  words: readonly string[] = [],
): Promise<string> {
  const name = host === null ? ['-noservername'] : ['-servername', host]
  const args = ['s_client', '-connect', `127.0.0.1:${port}`, ...name, ...words]
  const child = run('openssl', args, { timeout: patienceMs })
  child.child.stdin?.end()
  return child.then(
    ({ stdout, stderr }) => stdout + stderr,
    (error: unknown) => {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
      return stdout + stderr
    },
  )
}
