/** What went wrong at a certificate authority (RFC 8555, section 6.7), with what to do about it. */

export interface AcmeFacts {
  /** Without its `urn:ietf:params:acme:error:`; `network` where nobody answered. */
  readonly type: string
  readonly detail: string
  readonly retryAfterMs: number | null
}

export class AcmeError extends Error {
  override readonly name = 'AcmeError'
  readonly type: string
  readonly retryAfterMs: number | null

  constructor({ type, detail, retryAfterMs }: AcmeFacts, cause?: unknown) {
    super(explain(type, detail), cause === undefined ? undefined : { cause })
    this.type = type
    this.retryAfterMs = retryAfterMs
  }
}

/** The last part of an error's type, and its words; of a body that was parsed or was not yet. */
export function readProblem(body: unknown): Pick<AcmeFacts, 'type' | 'detail'> {
  const { type, detail } = toRecord(typeof body === 'string' ? parseIfJson(body) : body)
  return {
    type: typeof type === 'string' ? (type.split(':').at(-1) ?? 'unknown') : 'unknown',
    detail: typeof detail === 'string' ? detail.slice(0, 500) : '',
  }
}

/** `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3); null where it is neither. */
export function readRetryAfterMs(header: unknown, nowMs: number): number | null {
  if (typeof header !== 'string') return null
  if (/^[0-9]{1,9}$/.test(header)) return Number(header) * 1_000
  const at = Date.parse(header)
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs)
}

const explanations: Readonly<Record<string, string>> = {
  caa: 'a CAA record of the domain forbids this authority; add one that names it, or remove them',
  connection:
    'the authority could not reach the host on port 80; open it, and let A and AAAA lead here',
  dns: 'the authority found no fitting DNS record; look at the A, AAAA and TXT records of the name',
  network: 'the certificate authority does not answer',
  rateLimited: 'the certificate authority has a limit that was reached',
  rejectedIdentifier: 'the certificate authority signs no certificate for this name',
  serverInternal: 'the certificate authority has a fault of its own',
  tls: 'the authority was sent on to an https address that does not work',
  unauthorized:
    'the authority found another answer than ours at the host; do its records lead here?',
}

function explain(type: string, detail: string): string {
  const words = explanations[type]
  if (words === undefined) return `the certificate authority says ${detail === '' ? type : detail}`
  return detail === '' ? words : `${words} (${detail})`
}

function parseIfJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function toRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
