/** What the audit log says of a request by REST: names only, and nothing of a body. */
import type { AuditStore, Token } from '../contracts.ts'
import { parseProjectId } from '../domain/names.ts'
import type { Project } from '../domain/project.ts'
import type { Call } from './answer.ts'
import { audited, type AuditResult } from './audit.ts'
import { clientAddress, requestIdOf } from './client-address.ts'
import type { RouteRow } from './route-row.ts'

/** Does the work of a row; one that changes something is written down. */
export async function auditRequest(
  audit: AuditStore,
  asked: {
    readonly row: RouteRow
    readonly call: Call
    readonly granted: { readonly token: Token | null; readonly project?: Project }
  },
  work: () => Promise<unknown>,
): Promise<unknown> {
  const { row, call, granted } = asked
  const { token, project } = granted
  if (row.audit === undefined || token === null) return work()
  const { raw } = call.request
  return audited(
    audit,
    {
      token,
      action: row.audit,
      projectId: project?.id ?? null,
      object: nameInPath(call),
      address: clientAddress(raw),
      requestId: requestIdOf(raw),
    },
    { work, describe: (value) => describe(row, call, value) },
  )
}

function describe({ audit }: RouteRow, { reply }: Call, value: unknown): AuditResult {
  const object = nameOfMade(reply.getHeader('location'), value)
  if (object === null) return { refusal: null }
  return audit === 'project.create'
    ? { refusal: null, object, projectId: parseProjectId(object) }
    : { refusal: null, object }
}

/** `…/tokens/:token` → the token's id. */
function nameInPath({ request }: Call): string | null {
  const { project: _project, ...named } = request.params as Readonly<Record<string, string>>
  return Object.values(named)[0] ?? null
}

function nameOfMade(location: unknown, value: unknown): string | null {
  if (typeof location === 'string') return /([^/]+)\/?$/.exec(location)?.[1] ?? null
  if (typeof value !== 'object' || value === null) return null
  const names: Readonly<Record<string, unknown>> = { ...value }
  const name = names['id'] ?? names['host'] ?? names['branch']
  return typeof name === 'string' ? name : null
}
