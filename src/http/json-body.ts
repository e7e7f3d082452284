/**
 * Bodies are JSON in UTF-8 and nothing else. What JavaScript would take in silence is refused: a
 * key that stands twice in an object, one that would reach its prototype, bytes that are no text.
 */
import type { FastifyInstance } from 'fastify'
import { limits } from '../config.ts'
import { InvalidBody } from './problem.ts'
import { toPointer } from './read-fields.ts'

/** Takes `application/json` of any charset's name as UTF-8 (RFC 8259, section 8.1). */
export function readJsonBodies(
  server: Pick<FastifyInstance, 'removeAllContentTypeParsers' | 'addContentTypeParser'>,
): void {
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      const encoding = request.headers['content-encoding'] ?? 'identity'
      if (encoding.toLowerCase() !== 'identity') refuse('must not be compressed')
      const bytes = Buffer.from(body)
      done(null, request.routeOptions.config.keepsText === true ? bytes : parseJson(bytes))
    } catch (error) {
      done(error as Error)
    }
  })
}

/** An empty body is no body: some clients name the type of what they do not send. */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  const text = decode(bytes)
  const value = parse(text)
  const mistake = findMistake(text)
  if (mistake !== null) throw new InvalidBody([mistake])
  return value
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return refuse('is no valid JSON')
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return refuse('is no valid UTF-8')
  }
}

/** An object or an array that is open: where we are in it, and the keys that it has. */
interface Level {
  readonly keys: Set<string> | null
  place: string | number
  /** The text that was read last; a colon makes it a key. */
  text: string
}

/** Reads the marks of JSON only, and relies on a text that is valid: so it reads it once. */
function findMistake(text: string): { pointer: string; detail: string } | null {
  const open: Level[] = []
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:,]/gs)) {
    const level = open.at(-1)
    if (token === '{' || token === '[') {
      if (open.length >= limits.jsonDepthMax) return { pointer: '', detail: 'is nested too deeply' }
      open.push({ keys: token === '{' ? new Set() : null, place: token === '{' ? '' : 0, text: '' })
    } else if (token === '}' || token === ']') open.pop()
    else if (level === undefined) continue
    else if (token === ',') level.place = level.keys === null ? Number(level.place) + 1 : ''
    else if (token !== ':') level.text = token
    else if (level.keys !== null) {
      const key = String(JSON.parse(level.text))
      if (key === '__proto__') {
        return {
          pointer: pointerTo(open.slice(0, -1)),
          detail: 'must not hold the key "__proto__"',
        }
      }
      level.place = key
      if (level.keys.has(key)) return { pointer: pointerTo(open), detail: 'stands twice' }
      level.keys.add(key)
    }
  }
  return null
}

function pointerTo(open: readonly Level[]): string {
  return toPointer(open.map(({ place }) => place))
}

function refuse(detail: string): never {
  throw new InvalidBody([{ pointer: '', detail }])
}
