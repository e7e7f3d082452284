/**
 * Tokens: 256 random bits that are shown once. Only their SHA-256 is kept; it is enough, because a
 * value of that size can't be guessed, and it can be looked up: how long that takes tells nothing
 * of a token but of its digest, which nobody can choose.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { limits } from '../config.ts'
import type { TokenStore } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'
import { Secret } from '../domain/secret.ts'
import type { Database } from './database.ts'
import { type TokenRow, toToken } from './rows.ts'

export function createTokenStore(database: Database, now: () => number = Date.now): TokenStore {
  const statements = prepareStatements(database)
  const revokeListeners: ((tokenId: string) => void)[] = []

  const noteUse = (id: string): void => {
    try {
      database.write(() => statements.noteUse.run(now(), id))
    } catch (error) {
      // A full disk must not lock out those who come to see why.
      if (!(error instanceof SlipwayError)) throw error
    }
  }

  return {
    create: ({ projectId, scope, name, expiresAt }) => {
      const secret = `slw_${randomBytes(32).toString('base64url')}`
      const row: TokenRow = {
        id: randomUUID(),
        project_id: projectId,
        scope,
        name,
        created_at: now(),
        expires_at: expiresAt?.getTime() ?? null,
        last_used_at: null,
      }
      database.write(() => {
        // Without a project a token is for all of them: one that has gone must not become that.
        const project = projectId === null ? null : statements.project.get(projectId)
        if (project === undefined) throw new SlipwayError('project_gone')
        const { project_id: _projectId, last_used_at: _lastUsedAt, ...kept } = row
        statements.insert.run({ ...kept, project: project?.key ?? null, sha256: hash(secret) })
      })
      return { token: toToken(row), secret: new Secret(secret) }
    },

    verify: (secret) => {
      if (!/^slw_[A-Za-z0-9_-]{43}$/.test(secret)) return null
      const row = statements.find.get(hash(secret))
      if (row === undefined) return null
      if (row.expires_at !== null && row.expires_at <= now()) return null
      if ((row.last_used_at ?? 0) <= now() - limits.tokenUseResolutionMs) noteUse(row.id)
      return toToken(row)
    },

    list: (projectId, { limit, after }) => {
      const place = after === null ? beforeAll : statements.place.get(after, projectId)
      if (place === undefined) throw new SlipwayError('token_not_found', { id: after ?? '' })
      return statements.list.all({ ...place, project: projectId, limit }).map(toToken)
    },

    revoke: (projectId, tokenId) => {
      const wasThere = database.write(() => statements.revoke.run(tokenId, projectId).changes > 0)
      if (wasThere) for (const listener of revokeListeners) listener(tokenId)
      return wasThere
    },

    onRevoke: (listener) => {
      revokeListeners.push(listener)
    },
  }
}

function hash(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

interface Place {
  readonly created_at: number
  readonly id: string
}

const beforeAll: Place = { created_at: Number.MIN_SAFE_INTEGER, id: '' }

interface InsertRow extends Omit<TokenRow, 'project_id' | 'last_used_at'> {
  readonly project: number | null
  readonly sha256: Buffer
}

const selectTokens = `
  SELECT tokens.id, projects.id AS project_id, scope, tokens.name, tokens.created_at, expires_at,
    last_used_at
  FROM tokens LEFT JOIN projects ON projects.key = tokens.project`

function prepareStatements(database: Database) {
  return {
    project: database.prepare<[string], { key: number }>('SELECT key FROM projects WHERE id = ?'),
    insert: database.prepare<InsertRow>(
      `INSERT INTO tokens (id, project, scope, name, secret_sha256, created_at, expires_at)
       VALUES (@id, @project, @scope, @name, @sha256, @created_at, @expires_at)`,
    ),
    find: database.prepare<[Buffer], TokenRow>(`${selectTokens} WHERE secret_sha256 = ?`),
    noteUse: database.prepare<[number, string]>('UPDATE tokens SET last_used_at = ? WHERE id = ?'),
    place: database.prepare<[string, string], Place>(
      `SELECT created_at, id FROM tokens
       WHERE id = ? AND project = (SELECT key FROM projects WHERE id = ?)`,
    ),
    list: database.prepare<Place & { project: string; limit: number }, TokenRow>(
      `${selectTokens} WHERE tokens.project = (SELECT key FROM projects WHERE id = @project)
         AND (tokens.created_at, tokens.id) > (@created_at, @id)
       ORDER BY tokens.created_at, tokens.id LIMIT @limit`,
    ),
    revoke: database.prepare<[string, string]>(
      `DELETE FROM tokens WHERE id = ? AND project = (SELECT key FROM projects WHERE id = ?)`,
    ),
  }
}
