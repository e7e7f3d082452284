/**
 * What a row answers, and how it goes out: by the schema of its status, so that a field which no
 * schema declares never leaves the server.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Answer, RouteRow } from './route-row.ts'

const json = 'application/json'
export const jsonType = `${json}; charset=utf-8`

export interface Call {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

export function answerJson(
  description: string,
  schema: z.ZodType,
  headers?: Readonly<Record<string, string>>,
): Answer {
  return { description, content: { [json]: schema }, ...(headers && { headers }) }
}

export function answerNothing(description: string): Answer {
  return { description, content: null }
}

/** A handler that writes its answer itself, or answers a text, says here of which types it is. */
export function answerContent(
  description: string,
  content: Readonly<Record<string, z.ZodType>>,
): Answer {
  return { description, content }
}

/** What is sent: null where there is no body, or where the handler has written its answer itself. */
export type Rendered = { readonly type: string; readonly text: string } | null

/** Makes the text of an answer from what the handler made. */
export function renderAnswer(row: RouteRow, { reply }: Call, value: unknown): Rendered {
  if (reply.sent) return null
  const answer = row.answers[reply.statusCode]
  assert(answer !== undefined, `${row.method} ${row.path} promises no ${reply.statusCode}`)
  if (answer.content === null) return null
  const [[type, schema] = []] = Object.entries(answer.content)
  assert(type !== undefined && schema !== undefined, `${row.path} has an answer of no type`)
  const parsed = schema.parse(value)
  return type === json
    ? { type: jsonType, text: JSON.stringify(parsed) }
    : { type, text: String(parsed) }
}

export function sendAnswer(row: RouteRow, call: Call, rendered: Rendered): FastifyReply {
  const { reply } = call
  if (reply.sent) return reply
  if (rendered === null) return reply.send()
  const { type, text } = rendered
  void reply.type(type)
  return row.isPolled === true ? sendUnlessKnown(text, call) : reply.send(text)
}

/** 304 where the client has the same text already (RFC 9110, section 13.1.2). */
function sendUnlessKnown(text: string, { request, reply }: Call): FastifyReply {
  const tag = createHash('sha256').update(text).digest('base64url').slice(0, 22)
  // Weak, because a proxy may compress it on the way.
  void reply.header('etag', `W/"${tag}"`).header('cache-control', 'private, no-cache')
  if (!isKnown(request.headers['if-none-match'] ?? '', tag)) return reply.send(text)
  return reply.removeHeader('content-type').code(304).send()
}

function isKnown(ifNoneMatch: string, tag: string): boolean {
  return ifNoneMatch.split(',').some((one) => {
    const wanted = one.trim()
    return wanted === '*' || wanted.replace(/^W\//, '') === `"${tag}"`
  })
}
