/**
 * What a path answers to the methods that none of its rows has: 405 with those that it has, and to
 * OPTIONS the same list without an error.
 */
import type { FastifyInstance } from 'fastify'
import { SlipwayError } from '../domain/errors.ts'

/** Of HTTP's, those that are known here at all. */
export const methods = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'] as const

/** Lets `addRoutes` add the rows, then fills the gaps that they leave. */
export function answerOtherMethods(server: FastifyInstance, addRoutes: () => void): void {
  const known = new Map<string, Set<string>>()
  server.addHook('onRoute', ({ url, method }) => {
    const found = known.get(url) ?? new Set(['OPTIONS'])
    for (const name of [method].flat()) found.add(name)
    known.set(url, found)
  })
  addRoutes()
  for (const [url, found] of Array.from(known)) {
    const allow = [...found].toSorted().join(', ')
    server.route({
      method: methods.filter((name) => name === 'OPTIONS' || !found.has(name)),
      url,
      // Before the body is read.
      onRequest: async ({ method }, reply) => {
        void reply.header('allow', allow)
        if (method === 'OPTIONS') return reply.code(204).send()
        throw new SlipwayError('method_not_allowed', { method })
      },
      handler: () => undefined,
    })
  }
}
