/**
 * Holds a running server against the OpenAPI document that it serves: every answer must be one that
 * the document promises, in its words; and what was promised and never seen is told.
 */
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { expect } from 'vitest'
import { z } from 'zod'
import { ask, expectProblem, type RawAnswer } from './raw-request.ts'
import type { SlipwayServer } from './slipway-server.ts'

type JsonSchema = Readonly<Record<string, unknown>>

export interface Media {
  readonly schema: JsonSchema
  readonly example?: unknown
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>
}

export interface Response {
  readonly description: string
  readonly headers?: Readonly<Record<string, unknown>>
  readonly content?: Readonly<Record<string, Media>>
}

export interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly security: readonly object[]
  readonly parameters: readonly { readonly name: string; readonly in: string }[]
  readonly requestBody?: {
    readonly required: boolean
    readonly content: Readonly<Record<string, Media>>
  }
  readonly responses: Readonly<Record<string, Response>>
}

export interface OpenapiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> }
}

export interface ApiCall {
  /** Of another server than the one whose document it is. */
  readonly serverUrl?: string
  readonly query?: string
  /** By the names in the path. */
  readonly path?: Readonly<Record<string, string | number>>
  /** The operator's where none is given; null: none. */
  readonly token?: string | null
  /** As JSON, or as it stands where it is a text. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface ApiAnswer extends RawAnswer {
  readonly body: Readonly<Record<string, unknown>>
}

export class ApiContract {
  readonly document: OpenapiDocument
  readonly #server: SlipwayServer
  readonly #adminToken: string
  readonly #seen = new Set<string>()

  private constructor(server: SlipwayServer, document: OpenapiDocument, adminToken: string) {
    this.#server = server
    this.document = document
    this.#adminToken = adminToken
  }

  static async read(server: SlipwayServer): Promise<ApiContract> {
    const { text } = await ask(`${server.url}/openapi.json`, { token: null })
    return new ApiContract(server, JSON.parse(text) as OpenapiDocument, await server.adminToken())
  }

  /** `GET /api/…/projects/{project}` and so on, each with what it promises. */
  get operations(): readonly (readonly [name: string, operation: Operation])[] {
    return Object.entries(this.document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
      ),
    )
  }

  /** Asks, and holds the answer against the document. `name` is as in `operations`. */
  async call(name: string, call: ApiCall = {}): Promise<ApiAnswer> {
    const operation = this.#find(name)
    const answer = await ask(this.#urlOf(name, call), this.#requestOf(name, call))
    const promised = operation.responses[String(answer.status)]
    expect(promised, `${name} promises no ${answer.status}: ${answer.text}`).toBeDefined()
    if (promised === undefined) throw new Error('not promised')
    for (const header of Object.keys(promised.headers ?? {})) {
      // It says that an answer came again.
      if (header !== 'Idempotent-Replayed') {
        expect(answer.headers.get(header), `${name}: ${header}`).not.toBeNull()
      }
    }
    const body = this.#readBody(name, promised, answer)
    this.#seen.add(`${name} ${answer.status}`)
    return { ...answer, body: body as ApiAnswer['body'] }
  }

  /** Asks for a WebSocket, and lets go of it as soon as it is there. */
  async upgrade(name: string, call: ApiCall = {}): Promise<void> {
    const request = httpRequest(this.#urlOf(name, call), {
      headers: {
        authorization: `Bearer ${this.#adminToken}`,
        connection: 'upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'AQIDBAUGBwgJCgsMDQ4PEA==',
      },
    })
    request.end()
    const [{ statusCode }, socket] = (await once(request, 'upgrade')) as [IncomingMessage, Socket]
    socket.destroy()
    this.#seen.add(`${name} ${statusCode ?? ''}`)
  }

  /** What is promised and was never answered to anybody. */
  unseen(): readonly string[] {
    return this.operations.flatMap(([name, { responses }]) =>
      Object.keys(responses)
        .filter((status) => status !== 'default')
        .map((status) => `${name} ${status}`)
        .filter((promise) => !this.#seen.has(promise)),
    )
  }

  /** Throws where the value is not as the schema of the document says. */
  check(schema: JsonSchema, value: unknown): void {
    const text = JSON.stringify({ ...schema, $defs: this.document.components.schemas })
    const whole = JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/')) as JsonSchema
    z.fromJSONSchema(whole as Parameters<typeof z.fromJSONSchema>[0]).parse(value)
  }

  #find(name: string): Operation {
    const found = this.operations.find(([known]) => known === name)
    if (found === undefined) throw new Error(`the document has no ${name}`)
    return found[1]
  }

  #urlOf(name: string, { path = {}, query = '', serverUrl = this.#server.url }: ApiCall): string {
    const [, template = ''] = name.split(' ')
    const filled = template.replace(/\{(\w+)\}/g, (_all, key: string) => String(path[key] ?? key))
    return `${serverUrl}${filled}${query}`
  }

  #requestOf(name: string, { token = this.#adminToken, body, headers }: ApiCall) {
    const [method = 'GET'] = name.split(' ')
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return {
      method,
      token,
      ...(body === undefined ? {} : { body: text }),
      ...(headers && { headers }),
    }
  }

  #readBody(name: string, { content }: Response, answer: RawAnswer): unknown {
    if (content === undefined) {
      expect(answer.text, name).toBe('')
      return {}
    }
    const type = (answer.headers.get('content-type') ?? '').replace(/;.*/, '')
    const media = Object.entries(content).find(([known]) => known.replace(/;.*/, '') === type)?.[1]
    if (media === undefined) throw new Error(`${name} promises no ${type}`)
    if (type === 'text/plain') return {}
    if (type === 'application/x-ndjson') {
      for (const line of answer.text.split('\n').filter((text) => text !== '')) {
        this.check(media.schema, JSON.parse(line))
      }
      return {}
    }
    const body: unknown = JSON.parse(answer.text)
    this.check(media.schema, body)
    if (type === 'application/problem+json') {
      const { code } = expectProblem(answer)
      expect(Object.keys(media.examples ?? {}), name).toContain(code)
    }
    return body
  }
}
