/** Who asks, and whether they may: the only place that decides about access. */
import type { ProjectStore, Token, TokenScope, TokenStore } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'
import type { Project } from '../domain/project.ts'

/** What a route needs; `public` needs no token. */
export type Access = 'public' | TokenScope

const ranks: Readonly<Record<TokenScope, number>> = { read: 1, deploy: 2, admin: 3 }

/** Takes the header's token. Throws `token_missing` or `token_unknown`. */
export function authenticate(
  tokens: Pick<TokenStore, 'verify'>,
  authorization: string | undefined,
): Token {
  const secret = readSecret(authorization)
  if (secret === null) throw new SlipwayError('token_missing')
  const token = tokens.verify(secret)
  if (token === null) throw new SlipwayError('token_unknown')
  return token
}

/** Throws `token_foreign` or `token_scope`. Null stands for what belongs to no one project. */
export function authorise(token: Token, access: TokenScope, project: Project | null): void {
  if (token.projectId !== null && token.projectId !== project?.id) {
    throw new SlipwayError(project === null ? 'token_scope' : 'token_foreign', {
      scope: 'use its own project',
      needed: 'a token for all projects',
    })
  }
  if (ranks[token.scope] < ranks[access]) {
    throw new SlipwayError('token_scope', { scope: token.scope, needed: access })
  }
}

/** Throws `project_not_found`; only those who hold a valid token get to ask. */
export function findProject(projects: ProjectStore, idOrSlug: string): Project {
  const project = projects.find(idOrSlug)
  if (project === null)
    throw new SlipwayError('project_not_found', { project: idOrSlug.slice(0, 80) })
  return project
}

/** `Bearer <token>` (RFC 6750), or Basic (RFC 7617) with the token as password, as git sends it. */
function readSecret(authorization: string | undefined): string | null {
  const found = /^(Bearer|Basic) +([A-Za-z0-9._~+/=-]+) *$/i.exec(authorization ?? '')
  if (found === null) return null
  const [, scheme = '', credentials = ''] = found
  if (scheme.toLowerCase() === 'bearer') return credentials
  const pair = Buffer.from(credentials, 'base64').toString('utf8')
  return pair.includes(':') ? pair.slice(pair.indexOf(':') + 1) : null
}
