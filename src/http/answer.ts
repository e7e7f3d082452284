/**
 * What a row answers, and how it goes out: by the schema of its status, so that a field which no
 * schema declares never leaves the server.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Answer, RouteRow } from './route-row.ts'

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

/** Sends what the handler made, unless it has written its answer itself. */
export function sendAnswer(
  row: RouteRow,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  value: unknown,
): FastifyReply {
  if (reply.sent) return reply
  const answer = row.answers[reply.statusCode]
  assert(answer !== undefined, `${row.method} ${row.path} promises no ${reply.statusCode}`)
  if (answer.content === null) return reply.send()
  const [[type, schema] = []] = Object.entries(answer.content)
  assert(type !== undefined && schema !== undefined, `${row.path} has an answer of no type`)
  const parsed = schema.parse(value)
  if (type !== json) return reply.type(type).send(parsed)
  const text = JSON.stringify(parsed)
  void reply.type('application/json; charset=utf-8')
  return row.isPolled === true ? sendUnlessKnown(text, { request, reply }) : reply.send(text)
}

const json = 'application/json'

/** 304 where the client has the same text already (RFC 9110, section 13.1.2). */
function sendUnlessKnown(
  text: string,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): FastifyReply {
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
