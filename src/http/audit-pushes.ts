/** Stands before the one who handles pushes, and writes each that arrives into the audit log. */
import type { ArrivedPush, AuditStore, PushHandler } from '../contracts.ts'
import { zeroOid } from '../domain/names.ts'
import type { RefCommand, RefReport } from '../domain/push.ts'
import { audited } from './audit.ts'

export function auditPushes(handler: PushHandler, audit: AuditStore): PushHandler {
  return {
    inspect: (push, tell) => handler.inspect(push, tell),
    receive: (push, tell, signal) =>
      audited(audit, toEntry(push), {
        work: () => handler.receive(push, tell, signal),
        describe: (reports) => ({ refusal: reports.some(isDeclined) ? 'declined' : null }),
      }),
    settle: (push) => handler.settle(push),
  }
}

function toEntry({ project, actor, commands, from }: ArrivedPush) {
  return {
    token: { id: from.tokenId, name: actor },
    action: 'push',
    projectId: project.id,
    object: commands.map(describe).join(' '),
    address: from.address,
    requestId: from.requestId,
  } as const
}

function describe({ ref, newOid }: RefCommand): string {
  return newOid === zeroOid ? `-${ref}` : `${ref}:${newOid}`
}

function isDeclined({ verdict }: RefReport): boolean {
  return verdict === 'decline'
}
