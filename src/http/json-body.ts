/**
 * Bodies are JSON and nothing else. Of a key that stands twice in an object the last one counts, as
 * everywhere in JavaScript; a key that would reach an object's prototype is refused.
 */
import type { FastifyInstance } from 'fastify'
import { InvalidBody } from './problem.ts'

/** Takes `application/json` of any charset's name as UTF-8 (RFC 8259, section 8.1). */
export function readJsonBodies(
  server: Pick<FastifyInstance, 'removeAllContentTypeParsers' | 'addContentTypeParser'>,
): void {
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, parseJson(String(text)))
    } catch (error) {
      done(error as Error)
    }
  })
}

/** An empty body is no body: some clients name the type of what they do not send. */
function parseJson(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text, refusePrototype)
  } catch (error) {
    if (error instanceof InvalidBody) throw error
    const detail = error instanceof RangeError ? 'is nested too deeply' : 'is no valid JSON'
    throw new InvalidBody([{ pointer: '', detail }])
  }
}

function refusePrototype(key: string, value: unknown): unknown {
  if (key !== '__proto__') return value
  throw new InvalidBody([{ pointer: '', detail: 'must not hold the key "__proto__"' }])
}
