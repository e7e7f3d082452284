/** What the audit log tells of: every way to change something from outside. */

export const auditActions = [
  'project.create',
  'project.update',
  'project.delete',
  'project.eject',
  'schema.put',
  'token.create',
  'token.revoke',
  'env.set',
  'env.unset',
  'domain.add',
  'domain.remove',
  'domain.check',
  'deployment.redeploy',
  'deployment.rollback',
  'deployment.cancel',
  'webhook.create',
  'webhook.delete',
  'push',
] as const
export type AuditAction = (typeof auditActions)[number]
