/**
 * Reads schemas from the platform, at BACKEND_URL. Goes nowhere else, whatever it is told there, and
 * takes no more than a schema may have.
 */
import type { Config } from '../config.ts'
import type { SchemaSource } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'

export interface SchemaSourceLimits {
  readonly platformTimeoutMs: number
  readonly schemaBytesMax: number
}

const redirectsMax = 3

export function createSchemaSource(
  { backendUrl }: Pick<Config, 'backendUrl'>,
  { platformTimeoutMs, schemaBytesMax }: SchemaSourceLimits,
): SchemaSource {
  return {
    read: async (projectId, signal) => {
      const url = `${backendUrl}/api/v1/runtime/projects/${projectId}/schema/`
      const limit = AbortSignal.timeout(platformTimeoutMs)
      try {
        const response = await follow(url, AbortSignal.any([signal, limit]))
        return await readBody(url, response, schemaBytesMax)
      } catch (error) {
        signal.throwIfAborted()
        if (error instanceof SlipwayError) throw error
        const problem = limit.aborted
          ? `no whole answer in ${platformTimeoutMs / 1_000} s`
          : explain(error)
        throw new SlipwayError('platform_unreachable', { url, problem }, error)
      }
    },
  }
}

/** A platform may want another form of the address; another place is none of its business. */
async function follow(asked: string, signal: AbortSignal): Promise<Response> {
  let url = asked
  for (let redirects = 0; redirects <= redirectsMax; redirects += 1) {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { accept: 'application/json', 'user-agent': 'slipway' },
      signal,
    })
    if (response.status < 300 || response.status > 399) return response
    await response.body?.cancel()
    const next = URL.parse(response.headers.get('location') ?? '', url)
    if (next === null || next.origin !== new URL(asked).origin) {
      throw unfit(asked, `leads elsewhere (HTTP ${response.status})`)
    }
    url = next.href
  }
  throw unfit(asked, 'leads around in a circle')
}

async function readBody(url: string, response: Response, bytesMax: number): Promise<Buffer> {
  const { status, body } = response
  if (status !== 200) {
    await body?.cancel()
    if (status === 404 || status === 410) throw new SlipwayError('platform_without_schema', { url })
    const isPassing = status >= 500 || status === 429
    throw isPassing
      ? new SlipwayError('platform_unreachable', { url, problem: `HTTP ${status}` })
      : unfit(url, `answers HTTP ${status}`)
  }
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += part.length
    if (bytes > bytesMax) throw unfit(url, `sends more than ${bytesMax.toLocaleString('en')} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function unfit(url: string, problem: string): SlipwayError {
  return new SlipwayError('platform_answer_unfit', { url, problem })
}

/** `fetch` says only that it failed; the reason is below. */
function explain(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code !== '') return code
  return cause instanceof Error ? cause.message : 'the connection failed'
}
