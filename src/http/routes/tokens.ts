/** The tokens of a project; a secret is shown once, in the answer that makes it. */
import { z } from 'zod'
import { type Token, tokenScopes, type TokenStore } from '../../contracts.ts'
import { SlipwayError } from '../../domain/errors.ts'
import { answerJson, answerNothing } from '../answer.ts'
import { pageOf, pageQuery, toPage } from '../paging.ts'
import { namingField } from '../problem.ts'
import type { RouteTable } from '../route.ts'
import { newTokenShape, tokenShape } from '../shapes.ts'
import { displayName } from './display-name.ts'

const newToken = z.strictObject({
  name: displayName(100).describe('Shown as the one who deployed.'),
  scope: z
    .enum(tokenScopes)
    .default('deploy')
    .describe('`read` looks and clones, `deploy` pushes too, `admin` changes the project too.'),
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
    audit: 'token.create',
    summary: 'Makes a token for this project.',
    body: newToken,
    example: { name: 'CI', scope: 'deploy', expires_at: '2099-01-01T00:00:00Z' },
    answers: { 201: answerJson('The token with its `secret`, shown this once.', newTokenShape) },
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
    summary: 'The tokens of this project, oldest first, without their secrets.',
    query: pageQuery,
    answers: { 200: answerJson('One page of them.', pageOf(tokenShape)) },
    refusals: ['token_not_found'],
    handle: async (project, { query: { limit, cursor } }) => {
      const page = { limit: limit + 1, after: cursor ?? null }
      const found = await namingField({ token_not_found: '/query/cursor' }, async () =>
        tokens.list(project.id, page),
      )
      return toPage(found, limit, { show: presentToken, cursor: ({ id }) => id })
    },
  })

  table.project({
    method: 'DELETE',
    path: `${path}/:token`,
    access: 'admin',
    audit: 'token.revoke',
    summary: 'Revokes a token at once.',
    answers: { 204: answerNothing('It is good for nothing from now on.') },
    refusals: ['token_not_found'],
    handle: (project, { parameters, reply }) => {
      const id = parameters['token'] ?? ''
      if (!tokens.revoke(project.id, id)) {
        throw new SlipwayError('token_not_found', { id: id.slice(0, 80) })
      }
      void reply.code(204)
      return Promise.resolve()
    },
  })
}

function presentToken(token: Token): z.input<typeof tokenShape> {
  return {
    id: token.id,
    name: token.name,
    scope: token.scope,
    created_at: token.createdAt.toISOString(),
    expires_at: token.expiresAt?.toISOString() ?? null,
    last_used_at: token.lastUsedAt?.toISOString() ?? null,
  }
}
