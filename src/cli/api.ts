/** The server's REST, as any client has it: a path in, JSON out, and its errors as they are told. */
import type { IncomingMessage } from 'node:http'
import { SlipwayError } from '../domain/errors.ts'
import type { Secret } from '../domain/secret.ts'
import { sendRequest, toUnreachable } from './http-request.ts'
import { isRecord, type Json, parseJson, readText } from './json.ts'
import { ServerProblem } from './server-problem.ts'

export interface Target {
  /** Without a slash at the end. */
  readonly url: string
  readonly token: Secret
}

const answerBytesMax = 64 * 1024 ** 2
const pageSize = 100
const attemptsMax = 3

export class Api {
  readonly target: Target

  constructor(target: Target) {
    this.target = target
  }

  get(path: string): Promise<Json> {
    return this.#call('GET', path)
  }

  post(path: string, body: Json): Promise<Json> {
    return this.#call('POST', path, body)
  }

  put(path: string, body: Json): Promise<Json> {
    return this.#call('PUT', path, body)
  }

  delete(path: string): Promise<Json> {
    return this.#call('DELETE', path)
  }

  /** A body as it came, which is JSON. */
  async getText(path: string): Promise<string> {
    const response = await this.#send('GET', path)
    const text = await this.#read(response)
    this.#parse(response, text)
    return text
  }

  /**
   * A POST that deploys; it may be sent again, since its key lets the server do it once. Answers the
   * body, and the number of the deployment that was made.
   */
  async deploy(path: string, body: Json): Promise<{ readonly answer: Json; number: number }> {
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const sent = { method: 'POST', headers, body: JSON.stringify(body) }
    const { answer, number } = await this.#deploy(path, sent)
    if (number === null) throw this.#foreign()
    return { answer, number }
  }

  /** Puts JSON, as it stands. The number is null where nothing had to be deployed. */
  putText(path: string, text: string): Promise<{ readonly answer: Json; number: number | null }> {
    return this.#deploy(path, { method: 'PUT', headers: {}, body: text })
  }

  async #deploy(
    path: string,
    { method, headers, body }: { method: string; headers: Record<string, string>; body: string },
  ): Promise<{ readonly answer: Json; number: number | null }> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const response = await this.#send(method, path, { headers, body })
        const answer = this.#parse(response, await this.#read(response))
        const place = /\/deployments\/(\d+)\/?$/.exec(response.headers.location ?? '')
        return { answer, number: place === null ? null : Number(place[1]) }
      } catch (error) {
        const isAway = error instanceof SlipwayError && error.code === 'server_unreachable'
        if (!isAway || attempt === attemptsMax) throw error
        await new Promise((resume) => setTimeout(resume, 250 * 2 ** attempt))
      }
    }
  }

  /** All results of a list, or the first `limit`, page by page. */
  async list(path: string, limit = Infinity): Promise<readonly Json[]> {
    const results: Json[] = []
    let cursor: string | null = null
    do {
      const query = new URLSearchParams({
        limit: String(Math.min(limit - results.length, pageSize)),
      })
      if (cursor !== null) query.set('cursor', cursor)
      const page = await this.get(`${path}?${query.toString()}`)
      if (!Array.isArray(page['results'])) throw this.#foreign()
      results.push(...page['results'].filter(isRecord))
      const next = page['next']
      cursor = typeof next === 'string' || typeof next === 'number' ? String(next) : null
    } while (cursor !== null && results.length < limit)
    return results.slice(0, limit)
  }

  /** An answer that is read as it comes. */
  async open(path: string, accept: string): Promise<IncomingMessage> {
    const response = await this.#send('GET', path, { headers: { accept } })
    if (response.statusCode !== 200) this.#refuse(response, await this.#read(response))
    return response
  }

  async #call(method: string, path: string, body?: Json): Promise<Json> {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const response = await this.#send(method, path, sent)
    return this.#parse(response, await this.#read(response))
  }

  #parse(response: IncomingMessage, text: string): Json {
    if (!isDone(response)) this.#refuse(response, text)
    if (text === '') return {}
    const answer = parseJson(text)
    if (!isRecord(answer)) throw this.#foreign()
    return answer
  }

  #send(
    method: string,
    path: string,
    { headers = {}, body }: { headers?: Readonly<Record<string, string>>; body?: string } = {},
  ): Promise<IncomingMessage> {
    return sendRequest({
      method,
      url: new URL(`${this.target.url}/api/v1/runtime${path}`),
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${this.target.token.reveal()}`,
        'user-agent': 'slipway-cli',
        ...(body === undefined ? {} : describeBody(body)),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    })
  }

  async #read(response: IncomingMessage): Promise<string> {
    const parts: Buffer[] = []
    let bytes = 0
    try {
      for await (const part of response as AsyncIterable<Buffer>) {
        bytes += part.length
        if (bytes > answerBytesMax) throw new Error('its answer has no end')
        parts.push(part)
      }
    } catch (error) {
      throw toUnreachable(new URL(this.target.url), error)
    }
    return Buffer.concat(parts).toString('utf8')
  }

  #refuse(response: IncomingMessage, text: string): never {
    const status = response.statusCode ?? 0
    const body = parseJson(text)
    if (isRecord(body) && readText(body, 'detail') !== null) throw new ServerProblem(status, body)
    // What stands in front of the server answers for it in words of its own.
    if (status >= 500) {
      throw new SlipwayError('server_unreachable', {
        url: this.target.url,
        problem: `something in front of it answers ${status}`,
      })
    }
    throw this.#foreign(response.headers.location)
  }

  #foreign(location?: string): SlipwayError {
    const problem = location === undefined ? '' : ` It sends to ${location.slice(0, 200)}.`
    return new SlipwayError('server_foreign', { url: this.target.url, problem })
  }
}

function describeBody(body: string): Readonly<Record<string, string>> {
  return {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
  }
}

function isDone(response: IncomingMessage): boolean {
  const status = response.statusCode ?? 0
  return status >= 200 && status < 300
}

/** The path of a project, whatever was typed as its name. */
export function projectPath(project: string, rest = ''): string {
  return `/projects/${encodeURIComponent(project)}/${rest}`
}
