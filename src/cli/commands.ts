/** Every command, in the order of the help. Another one is a file and a line here. */
import type { CommandRow } from './command.ts'
import { cancel } from './commands/cancel.ts'
import { create } from './commands/create.ts'
import { deleteProject } from './commands/delete.ts'
import { deployments } from './commands/deployments.ts'
import { doctor } from './commands/doctor.ts'
import { domains, domainsAdd, domainsCheck, domainsRemove } from './commands/domains.ts'
import { eject } from './commands/eject.ts'
import { env, envSet, envUnset } from './commands/env.ts'
import { link } from './commands/link.ts'
import { login } from './commands/login.ts'
import { logs } from './commands/logs.ts'
import { open } from './commands/open.ts'
import { projects } from './commands/projects.ts'
import { redeploy } from './commands/redeploy.ts'
import { rollback } from './commands/rollback.ts'
import { schema, schemaCheck, schemaGet, schemaPut } from './commands/schema.ts'
import { status } from './commands/status.ts'
import { tokens, tokensCreate, tokensRevoke } from './commands/tokens.ts'
import { watch } from './commands/watch.ts'

export const commandRows: readonly CommandRow[] = [
  login,
  create,
  link,
  projects,
  status,
  deployments,
  logs,
  open,
  doctor,
  redeploy,
  rollback,
  cancel,
  schema,
  schemaGet,
  schemaPut,
  schemaCheck,
  watch,
  eject,
  env,
  envSet,
  envUnset,
  domains,
  domainsAdd,
  domainsCheck,
  domainsRemove,
  tokens,
  tokensCreate,
  tokensRevoke,
  deleteProject,
]

/** What is done on the server, or by other means as yet. */
export const commandsElsewhere: Readonly<Record<string, string>> = {
  serve: "On the server, run npm start in Slipway's folder, or: systemctl start slipway",
  init: 'Run: slipway create NAME, then slipway link NAME in the folder of the app.',
  fsck: 'On the server, run: git -C /var/lib/slipway/repos/ID.git fsck (ID: slipway projects --json)',
  backup: 'On the server, stop slipway and copy /var/lib/slipway and /var/www/apps.',
  restore: 'On the server, stop slipway and put the copies of both folders back.',
}
