/** The tokens of a project; a secret is shown once, in the answer that makes it. */
import { z } from 'zod'
import type { Token, TokenStore } from '../../contracts.ts'
import { SlipwayError } from '../../domain/errors.ts'
import type { RouteTable } from '../route.ts'
import { displayName } from './display-name.ts'

const newToken = z.strictObject({
  name: displayName(100),
  scope: z.enum(['deploy', 'read']).default('deploy'),
  expires_at: z.iso
    .datetime({ offset: true, error: 'must be an ISO 8601 time with Z or an offset' })
    .transform((text) => new Date(text))
    .refine((date) => date.getTime() > Date.now(), 'must be in the future')
    .nullish(),
})

export function addTokenRoutes(table: RouteTable, tokens: TokenStore): void {
  const path = '/api/v1/runtime/projects/:project/tokens'

  table.project({
    method: 'POST',
    path,
    access: 'admin',
    body: newToken,
    handle: (project, { body, reply }) => {
      const { token, secret } = tokens.create({
        projectId: project.id,
        scope: body.scope,
        name: body.name,
        expiresAt: body.expires_at ?? null,
      })
      void reply.code(201).header('cache-control', 'no-store')
      return Promise.resolve({ ...presentToken(token), secret: secret.reveal() })
    },
  })

  table.project({
    method: 'GET',
    path,
    access: 'admin',
    handle: (project) =>
      Promise.resolve({ results: tokens.list(project.id).map(presentToken), next: null }),
  })

  table.project({
    method: 'DELETE',
    path: `${path}/:token`,
    access: 'admin',
    handle: (project, { parameters, reply }) => {
      const id = parameters['token'] ?? ''
      if (!tokens.revoke(project.id, id)) {
        throw new SlipwayError('token_not_found', { id: id.slice(0, 80) })
      }
      void reply.code(204)
      return Promise.resolve(null)
    },
  })
}

function presentToken(token: Token) {
  return {
    id: token.id,
    name: token.name,
    scope: token.scope,
    created_at: token.createdAt.toISOString(),
    expires_at: token.expiresAt?.toISOString() ?? null,
  }
}
