/**
 * What to do next where it is another thing at one door than at the others: a pusher is told what
 * git can do, a program which request to send, a person at the command which words to type. All
 * other hints are those of the table.
 */
import type { errorTable } from './error-table.ts'

export const doors = ['git', 'rest', 'command'] as const
export type Door = (typeof doors)[number]

type Hints = Partial<Record<keyof typeof errorTable, string>>

const git: Hints = {
  token_missing: 'Any user name will do; the token is the password.',
  project_not_found: 'git remote -v shows where this goes; its last part is the project.',
  route_not_found: 'The address of a remote ends with /PROJECT.git; git remote -v shows yours.',
  too_many_requests: 'Wait for so long, then try again.',
}

const rest: Hints = {
  token_missing: 'Send the header "Authorization: Bearer slw_…".',
  deployment_not_found: 'GET …/deployments/ lists those that exist.',
  domain_not_found: 'GET …/domains/ lists those that it has.',
  route_not_found: 'GET /openapi.json describes every route.',
  rollback_unknown: 'GET …/deployments/ lists those that exist; "previous" is the one before.',
  rollback_failed: 'Choose one that was, or send {"to": "previous"}.',
  server_stopping: 'Send it again in a moment.',
}

/** The command knows no details of what the server refused, so nothing is filled in here. */
const command: Hints = {
  invalid_body: 'Mend what is named, and run it again.',
  schema_invalid: 'Mend it and run it again; slipway schema check schema.json shows every mistake.',
  token_missing: 'Run: slipway login',
  token_unknown:
    'Ask the operator for a new one, then run: slipway login (--token-file and SLIPWAY_TOKEN go before it)',
  route_not_found: 'The server is older than this command: use the one that came with it.',
  project_not_found: 'slipway projects lists those that exist.',
  deployment_not_found: 'slipway deployments lists those that exist.',
  deployment_finished: 'Nothing to do. To go back to an earlier release, run: slipway rollback',
  variable_not_found: 'slipway env lists those that exist.',
  domain_not_found: 'slipway domains lists those that it has.',
  slug_taken: 'Choose another --slug, or leave it out and one is made from the name.',
  token_not_found: 'slipway tokens lists those that exist.',
  too_many_requests: 'Wait for so long, then try again.',
  server_stopping: 'Try again in a moment.',
  rollback_unknown: 'slipway deployments lists those that exist.',
  rollback_failed: 'Choose one that was, or run: slipway rollback previous',
  schema_not_found: 'Put one there: slipway schema put schema.json',
  schema_changed: 'Read it again with slipway schema get, then put yours.',
}

export const doorHints: Readonly<Record<Door, Hints>> = { git, rest, command }
