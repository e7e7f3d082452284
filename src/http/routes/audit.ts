/** The audit log: who changed what, from where, and what became of it. */
import type { z } from 'zod'
import type { AuditEntry, AuditStore } from '../../contracts.ts'
import { answerJson } from '../answer.ts'
import { numberedPageQuery, pageOf, toPage } from '../paging.ts'
import type { RouteTable } from '../route.ts'
import { auditShape } from '../shapes.ts'

export function addAuditRoutes(table: RouteTable, audit: Pick<AuditStore, 'list'>): void {
  table.general({
    method: 'GET',
    path: '/api/v1/runtime/audit',
    access: 'admin',
    summary: 'Who changed what, the newest first.',
    query: numberedPageQuery,
    answers: { 200: answerJson('One page of it.', pageOf(auditShape)) },
    handle: ({ query: { limit, cursor } }) =>
      Promise.resolve(
        toPage(audit.list({ limit: limit + 1, before: cursor ?? null }), limit, {
          show: presentEntry,
          cursor: ({ id }) => String(id),
        }),
      ),
  })
}

function presentEntry(entry: AuditEntry): z.input<typeof auditShape> {
  return {
    id: entry.id,
    at: entry.at.toISOString(),
    token: entry.token,
    action: entry.action,
    project_id: entry.projectId,
    object: entry.object,
    address: entry.address,
    request_id: entry.requestId,
    outcome: entry.outcome,
  }
}
