/**
 * The audit log: written before a change is made, and again when it is known what became of it. No
 * entry is ever changed after that, or removed. What looks like a secret is taken out of the texts.
 */
import type { AuditEntry, AuditStore } from '../contracts.ts'
import { auditActions } from '../domain/audit.ts'
import type { ProjectId } from '../domain/names.ts'
import { redactSecrets } from '../domain/redact.ts'
import type { Database } from './database.ts'
import { oneOf } from './rows.ts'

export function createAuditStore(database: Database, now: () => number = Date.now): AuditStore {
  const statements = prepareStatements(database)
  return {
    begin: ({ token, action, projectId, object, address, requestId }) =>
      database.write(() => {
        const { lastInsertRowid } = statements.begin.run({
          at: now(),
          token_id: token.id,
          token_name: redactSecrets(token.name),
          action,
          project_id: projectId,
          object: clean(object),
          address,
          request_id: requestId,
        })
        return Number(lastInsertRowid)
      }),
    finish: (id, { outcome, projectId, object }) => {
      database.write(() => {
        statements.finish.run({
          id,
          outcome,
          project_id: projectId ?? null,
          object: clean(object ?? null),
        })
      })
    },
    list: ({ limit, before }) =>
      statements.list.all({ limit, before: before ?? Number.MAX_SAFE_INTEGER }).map(toEntry),
  }
}

const objectLengthMax = 500

function clean(object: string | null): string | null {
  return object === null ? null : redactSecrets(object).slice(0, objectLengthMax)
}

interface AuditRow {
  readonly id: number
  readonly at: number
  readonly token_id: string
  readonly token_name: string
  readonly action: string
  readonly project_id: string | null
  readonly object: string | null
  readonly address: string
  readonly request_id: string
  readonly outcome: string | null
}

function toEntry(row: AuditRow): AuditEntry {
  return {
    id: row.id,
    at: new Date(row.at),
    token: { id: row.token_id, name: row.token_name },
    action: oneOf(auditActions, row.action),
    projectId: row.project_id as ProjectId | null,
    object: row.object,
    address: row.address,
    requestId: row.request_id,
    outcome: row.outcome,
  }
}

function prepareStatements(database: Database) {
  return {
    begin: database.prepare<Omit<AuditRow, 'id' | 'outcome'>>(
      `INSERT INTO audit (at, token_id, token_name, action, project_id, object, address, request_id)
       VALUES (@at, @token_id, @token_name, @action, @project_id, @object, @address, @request_id)`,
    ),
    finish: database.prepare<Pick<AuditRow, 'id' | 'outcome' | 'project_id' | 'object'>>(
      `UPDATE audit SET outcome = @outcome, project_id = coalesce(project_id, @project_id),
         object = coalesce(object, @object)
       WHERE id = @id AND outcome IS NULL`,
    ),
    list: database.prepare<{ limit: number; before: number }, AuditRow>(
      'SELECT * FROM audit WHERE id < @before ORDER BY id DESC LIMIT @limit',
    ),
  }
}
