/**
 * Every error that Slipway tells somebody, in one table: code → kind, message, hint. A hint is what
 * to do next, as a sentence or a command. `{name}` is filled from the error's details.
 */
export type ErrorKind =
  | 'bad_input'
  | 'unauthorised'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'limit'
  | 'failed'
  | 'cancelled'
  | 'infrastructure'

export interface ErrorRow {
  readonly kind: ErrorKind
  readonly message: string
  readonly hint: string
}

export const errorTable = {
  // Names and bodies
  invalid_body: row('bad_input', '{problem}', 'Mend the fields that are named and send it again.'),
  invalid_slug: row(
    'bad_input',
    '"{slug}" can not be part of a host name.',
    'Use 1 to 63 of a-z, 0-9 and hyphens, no hyphen at an end and no two in a row.',
  ),
  reserved_slug: row('bad_input', 'The name "{slug}" is reserved.', 'Choose another name.'),
  slug_taken: row(
    'conflict',
    'The name "{slug}" is taken.',
    'Choose another schema_name, or leave it out and one is made from the name.',
  ),
  project_id_taken: row(
    'conflict',
    'A project with the id "{id}" exists already.',
    'Read it by GET /api/v1/runtime/projects/{id}/.',
  ),
  invalid_project_id: row(
    'bad_input',
    '"{id}" is no project id.',
    'Send a UUID or a positive integer.',
  ),
  variable_name_invalid: row(
    'bad_input',
    '"{name}" is no name of a variable.',
    'Use up to 255 of A-Z, 0-9 and _, and no digit in front.',
  ),
  variable_name_reserved: row(
    'bad_input',
    'The variable {name} is given by Slipway, or belongs to the tools of the build.',
    'Choose another name.',
  ),
  variables_too_large: row(
    'limit',
    'A project has at most {count_max} variables of together {bytes_max} bytes.',
    'Delete some, or let the build read what is large from a file of the commit.',
  ),
  domain_invalid: row(
    'bad_input',
    '"{host}" can not be a domain of a site: {problem}.',
    'Give the name alone, such as www.example.org.',
  ),
  domain_reserved: row(
    'bad_input',
    '{host} belongs to the platform.',
    "Every project has its own name below {domain}; add a domain of the project's owner.",
  ),
  domain_redirect_invalid: row(
    'bad_input',
    '{host} can not send its visitors to {target}: {problem}.',
    'Add the other domain first, without a redirect, and to the same project.',
  ),
  domain_taken: row(
    'conflict',
    '{host} is a domain of another project.',
    'Whoever owns it decides by its zone: with the TXT record {record} "{value}" there, and that of the other project gone, it can be added here.',
  ),
  domain_not_found: row('not_found', 'The project has no domain {host}.', 'Look at its spelling.'),
  domains_too_many: row(
    'limit',
    'A project has at most {count_max} domains.',
    'Remove one that is of no use any more.',
  ),
  webhooks_too_many: row(
    'limit',
    'There are {count_max} webhooks, and no more can be.',
    'Delete one that is of no use any more.',
  ),
  payload_too_large: row(
    'limit',
    'The body has more than {bytes_max} bytes.',
    'Send a smaller one.',
  ),
  method_not_allowed: row(
    'bad_input',
    '{method} is not possible here.',
    'The header Allow lists what is.',
  ),
  method_unknown: row(
    'bad_input',
    'The method {method} is not known here.',
    'OPTIONS tells the methods of a path, in the header Allow.',
  ),
  expectation_failed: row(
    'bad_input',
    'What the header Expect asks for can not be done.',
    'Leave it out, or send Expect: 100-continue.',
  ),
  media_type_unsupported: row(
    'bad_input',
    'The body is not sent as JSON.',
    'Send it with Content-Type: application/json.',
  ),
  too_many_requests: row(
    'limit',
    'That is more often than one may ask; in {seconds} s it works again.',
    'Wait for as long as Retry-After says, and ask less often: ETag and follow=1 spare requests.',
  ),
  upgrade_required: row(
    'bad_input',
    'This is a WebSocket.',
    'Ask for it with Upgrade: websocket, version 13; or read the log of a deployment with ?follow=1.',
  ),
  request_unreadable: row(
    'bad_input',
    'The request can not be read: {problem}.',
    'Send HTTP/1.1 with headers of at most 16 kB.',
  ),
  server_away: row(
    'infrastructure',
    'Slipway is restarting; the sites stay up meanwhile.',
    'Try again in a few seconds.',
  ),
  server_slow: row(
    'infrastructure',
    'Slipway did not answer in time.',
    'Look at the status before you try again: what was asked for may have been done.',
  ),
  idempotency_key_reused: row(
    'bad_input',
    'This Idempotency-Key was sent before with another request.',
    'Take a new key for a new request; send the same body to repeat the old one.',
  ),
  idempotency_key_busy: row(
    'conflict',
    'The first request with this Idempotency-Key is not answered yet.',
    'Send it again in a moment.',
  ),

  // Access
  token_missing: row(
    'unauthorised',
    'This needs a token.',
    'REST: send "Authorization: Bearer slw_…". git: any user name, the token as password.',
  ),
  token_unknown: row(
    'unauthorised',
    'This token is not known here, or it was revoked or has expired.',
    'Ask the operator for a new one.',
  ),
  token_foreign: row(
    'forbidden',
    'This token is for another project.',
    'Use a token of this project, or the admin token.',
  ),
  origin_refused: row(
    'forbidden',
    'Pages of {origin} may not follow logs here.',
    'Let the server of that page follow, or serve the page from the host of SLIPWAY_PUBLIC_URL.',
  ),
  token_scope: row(
    'forbidden',
    'This token may only {scope}; this needs {needed}.',
    'Use a token with a wider scope.',
  ),

  // Look-ups
  project_not_found: row(
    'not_found',
    'There is no project "{project}".',
    'GET /api/v1/runtime/projects/ lists those that exist.',
  ),
  token_not_found: row(
    'not_found',
    'There is no token {id} in this project.',
    'GET …/tokens/ lists those that exist.',
  ),
  webhook_not_found: row(
    'not_found',
    'There is no webhook {id}.',
    'GET …/webhooks/ lists those that exist.',
  ),
  variable_not_found: row(
    'not_found',
    'There is no variable {name} in this project.',
    'GET …/env/ lists those that exist.',
  ),
  deployment_not_found: row(
    'not_found',
    'There is no deployment v{number}.',
    'The status lists the newest.',
  ),
  deployment_finished: row(
    'conflict',
    'Deployment v{number} has ended already: it is {status}.',
    'Nothing to do. To go back to an earlier release, ask for a rollback.',
  ),
  route_not_found: row(
    'not_found',
    'There is nothing at {path}.',
    'See the README for the routes.',
  ),

  // A push as a whole
  too_many_refs: row(
    'limit',
    'This push changes {count} refs; at most {count_max} are taken at once.',
    'Push fewer branches and tags at a time.',
  ),
  ref_name_refused: row(
    'bad_input',
    'The name of the ref {ref} is not taken here.',
    'Use at most 200 bytes of UTF-8 below refs/heads/ or refs/tags/.',
  ),
  push_option_unknown: row(
    'bad_input',
    'The push option "{option}" is not known.',
    'Known are: {known}.',
  ),
  push_option_conflict: row(
    'bad_input',
    'The push options "{first}" and "{second}" contradict each other.',
    'Give one of them.',
  ),
  subdirectory_refused: row(
    'forbidden',
    'Whether a pushed app may be in a sub-directory is for the operator to say: it shares its origin with all others there.',
    'Ask the operator, or use the admin token.',
  ),
  production_deletion: row(
    'forbidden',
    '{branch} is the production branch; it can not be deleted.',
    'To take the site down, delete the project.',
  ),
  several_deploying_refs: row(
    'bad_input',
    'This push asks for more than one deployment.',
    'Push one of {refs} at a time.',
  ),
  ref_moved: row(
    'conflict',
    '{branch} was moved by another push meanwhile.',
    'Run: git fetch, look at what came, and push again.',
  ),
  already_there: row(
    'conflict',
    'Another push of the same commit to {branch} was faster.',
    'Nothing to do: the branch is there.',
  ),
  server_stopping: row('infrastructure', 'The server is stopping.', 'Push again in a moment.'),
  redeploy_unknown_branch: row(
    'not_found',
    'There is no branch {branch} here.',
    'Push it first: git push deploy {branch}',
  ),
  redeploy_never_live: row(
    'bad_input',
    '{branch} was never live; {production} is the production branch.',
    'Run: git push deploy HEAD:refs/redeploy/{production}',
  ),
  rollback_unnamed: row(
    'bad_input',
    '"{target}" names no release.',
    'Run: git push deploy HEAD:refs/rollback/previous, or name one: HEAD:refs/rollback/v12',
  ),
  rollback_unknown: row(
    'not_found',
    'There is no deployment v{number}.',
    'Run: git push deploy HEAD:refs/rollback/previous',
  ),
  rollback_failed: row(
    'bad_input',
    'v{number} never was live; it is {status}.',
    'Choose one that was, or run: git push deploy HEAD:refs/rollback/previous',
  ),
  rollback_live: row('conflict', 'Release v{number} is live already.', 'Nothing to do.'),
  rollback_none: row(
    'not_found',
    'There is nothing to go back to: only one release was ever live.',
    'Push a new commit instead.',
  ),
  rollback_collected: row(
    'not_found',
    'The files of release v{number} were removed to save space.',
    'These remain: {remaining}. To keep more, the operator raises KEEP_RELEASES.',
  ),
  rollback_address: row(
    'conflict',
    'Release v{number} was made for a sub-directory, where this project is not allowed any more.',
    'Push again, and it is built for its host; or ask the operator.',
  ),
  interrupted: row(
    'infrastructure',
    'The server was stopped before the site was live.',
    'Push or redeploy again; the site is as it was before.',
  ),
  push_abandoned: row(
    'cancelled',
    'The pusher went away before the site was live.',
    'Push again; nothing was changed.',
  ),
  token_revoked: row(
    'cancelled',
    'The token of this push was revoked before the site was live.',
    'Push again with another token; nothing was changed.',
  ),
  deployment_cancelled: row(
    'cancelled',
    'The deployment was cancelled.',
    'Push or redeploy again.',
  ),
  replaced: row(
    'cancelled',
    'Replaced by v{number} ({commit}).',
    'Nothing to do: the newer push is deployed instead.',
  ),
  project_gone: row('not_found', 'The project was deleted meanwhile.', 'Create it again first.'),

  // Schemas
  schema_invalid: row(
    'bad_input',
    '{mistake}{others}.',
    'Mend it and send it again; slipway schema check schema.json shows every mistake.',
  ),
  schema_not_found: row(
    'not_found',
    'There is no schema.json on {branch}.',
    'PUT …/schema/ puts one there, and so does a push of a commit that holds one.',
  ),
  schema_of_source: row(
    'conflict',
    '{branch} holds {file}: this app is its own code, and is not made from a schema.',
    'Push to {branch} to change it. To have it made from a schema, push a commit with a schema.json and without {file}.',
  ),
  generation_failed: row(
    'infrastructure',
    'The app could not be made from its schema: {problem}',
    'That is a defect of Slipway, not of the schema; the operator finds more in the log.',
  ),
  schema_changed: row(
    'conflict',
    'schema.json is another by now.',
    'Read it again, and send its ETag as If-Match.',
  ),
  platform_unreachable: row(
    'infrastructure',
    'The platform was asked for the schema at {url}, in vain: {problem}.',
    'Does it run, and is BACKEND_URL right? A redeploy asks again; a schema that is put or pushed needs no asking.',
  ),
  platform_without_schema: row(
    'failed',
    'The platform has no schema of this project at {url}.',
    'Let it answer there, then a redeploy asks again; a schema that is put or pushed needs no asking.',
  ),
  platform_answer_unfit: row(
    'failed',
    'What the platform says at {url} is no schema: it {problem}.',
    'Let it answer 200 with the schema as JSON, then a redeploy asks again.',
  ),
  eject_onto_production: row(
    'conflict',
    '{branch} is the production branch, and what is ejected is not deployed.',
    'Name another branch; to make it live, push it to {branch} afterwards.',
  ),

  // Source
  tree_too_large: row(
    'limit',
    'This commit holds {what}; at most {what_max} are built.',
    'Leave build output, archives and node_modules out of git (.gitignore).',
  ),
  nothing_deployable: row(
    'bad_input',
    'There is nothing to deploy in this commit: no package.json, index.html or schema.json {where}.',
    'Commit an app with a package.json, plain files with an index.html, or a schema.json; where they lie deeper, name the folder in slipway.json: {"root": "…"}',
  ),
  submodule_refused: row(
    'bad_input',
    '{path} is a git submodule, and submodules are not fetched.',
    'Commit its files instead: git rm --cached {path}; rm -rf {path}/.git; git add {path}',
  ),
  lfs_refused: row(
    'bad_input',
    '{path} is a Git LFS pointer, and the file behind it is not here.',
    'Commit the file itself: git lfs untrack {path}; git add --renormalize {path}',
  ),
  package_json_invalid: row(
    'bad_input',
    'package.json can not be read: {problem}',
    'Mend it; node -e "JSON.parse(fs.readFileSync(\'package.json\'))" shows the place.',
  ),
  slipway_json_invalid: row(
    'bad_input',
    'slipway.json: {pointer} {problem}',
    'Known keys are: {known}.',
  ),
  build_script_missing: row(
    'bad_input',
    'package.json has no "build" script, and there is no index.html to serve as it is.',
    'Add a script, for example "build": "vite build".',
  ),
  package_manager_unsupported: row(
    'bad_input',
    'This app is made with {tool} ({evidence}); only npm is supported yet.',
    'Commit a package-lock.json made by npm install, and remove {evidence}.',
  ),
  framework_unsupported: row('bad_input', '{framework}: {problem}', '{remedy}'),

  // Build
  install_failed: row(
    'failed',
    '{command} ended with {exit}.',
    'Run it in a fresh clone on your machine; its last lines are above.',
  ),
  lockfile_mismatch: row(
    'failed',
    'package.json and package-lock.json do not fit together.',
    'Run npm install, commit package-lock.json, and push again.',
  ),
  build_failed: row(
    'failed',
    '{command} ended with {exit}.',
    'Run it on your machine with NODE_ENV=production CI=true; its last lines are above.',
  ),
  build_timeout: row(
    'failed',
    '{command} ran for more than {seconds} seconds and was ended.',
    'Make it shorter, or ask the operator to raise {setting}.',
  ),
  modules_read_only: row(
    'failed',
    'The build could not write into node_modules: {problem}',
    'Let the build write elsewhere, for example into /tmp.',
  ),
  network_denied: row(
    'failed',
    'The build tried to reach the network, and a build has none.',
    'Fetch what it needs before you commit, or in the install.',
  ),
  missing_output_dir: row(
    'failed',
    'The build ended well but wrote no {expected}.',
    'Name the folder in slipway.json: {"output": "…"}',
  ),
  missing_index_html: row(
    'failed',
    'There is no index.html in {output}.',
    'Name the folder that holds it in slipway.json: {"output": "…"}',
  ),
  site_rules_invalid: row(
    'bad_input',
    '{mistake}{others}.',
    'Mend it and push again; the README says under "Headers and redirects" what may stand there.',
  ),
  output_refused: row(
    'failed',
    'The output can not be published: {problem}',
    'Let the build write plain files and folders only.',
  ),
  output_too_large: row(
    'limit',
    'The output has {what}; at most {what_max} are published.',
    'Leave source maps, archives or media out of it.',
  ),
  step_timeout: row(
    'infrastructure',
    'The step {step} took more than {seconds} seconds and was ended.',
    'Push again; if it stays so, the operator finds more in the log.',
  ),
  registry_unreachable: row(
    'infrastructure',
    'The package registry did not answer as it should, several times: {problem}',
    'Nothing is wrong with your commit: push again in some minutes.',
  ),
  sandbox_unavailable: row(
    'infrastructure',
    'Builds can not be isolated on this machine: {problem}',
    'Operator: install bubblewrap and allow unprivileged user namespaces.',
  ),

  // Release and site
  verify_failed: row(
    'failed',
    'The site was not as it should be: {problem}',
    'The site from before is back. {remedy}',
  ),
  disk_full: row(
    'infrastructure',
    'The disk of the server is full ({path}).',
    'Operator: free some space, then push again; the site is as before.',
  ),
  folder_not_writable: row(
    'infrastructure',
    'The server can not write to {path} ({problem}).',
    'Operator: mend its owner or mount, then push again; the site is as before.',
  ),
  nginx_refused: row(
    'infrastructure',
    'nginx does not take its new configuration: {problem}',
    'Operator: the running one is unchanged; run nginx -t to see it.',
  ),
  nginx_unreachable: row(
    'infrastructure',
    'nginx does not answer on {address} ({problem}).',
    'Operator: is it running? The error log of nginx tells more.',
  ),

  // The command line
  command_misused: row('bad_input', '{problem}', '{remedy}'),
  command_broken: row(
    'failed',
    'Something in this command is broken: {problem}',
    'That is a defect of slipway; please tell its makers what you typed.',
  ),
  server_unknown: row(
    'unauthorised',
    'No server is known here yet.',
    'Run: slipway login https://deploy.example.org (or set SLIPWAY_URL and SLIPWAY_TOKEN)',
  ),
  login_missing: row('unauthorised', 'There is no token for {url}.', 'Run: slipway login {url}'),
  logins_unreadable: row(
    'bad_input',
    'The file {path} can not be used: {problem}.',
    'Mend it or remove it, then run: slipway login',
  ),
  server_unreachable: row(
    'infrastructure',
    '{url} can not be reached: {problem}.',
    'Is the address right, and does the server run?',
  ),
  server_foreign: row(
    'infrastructure',
    '{url} does not answer as Slipway does.{problem}',
    'Is the address right? It is the one that git push goes to.',
  ),
  project_unnamed: row(
    'bad_input',
    'Which project? This folder has no git remote "deploy" of a Slipway server.',
    'Name the project, or run in the folder of the app: slipway link PROJECT',
  ),
  nothing_live: row(
    'not_found',
    'Nothing of {project} is live yet.',
    'Run: git push deploy main, or look at: slipway status {project}',
  ),
  checkout_missing: row(
    'bad_input',
    '{folder} is no git checkout.',
    'Change into the folder of the app, or make it one: git init',
  ),
  remote_taken: row(
    'conflict',
    'The git remote "deploy" is {current} already.',
    'To change it, run: git remote set-url deploy {url}',
  ),
  git_refused: row('failed', 'git {command}: {problem}', 'Run it yourself to see more.'),
  program_missing: row('bad_input', '{program} can not be started.', 'Is it installed?'),

  // The server itself
  config_invalid: row(
    'bad_input',
    '{name}={value}: {expected}',
    'Set it in the environment or in the .env file and start again.',
  ),
  config_unknown: row(
    'bad_input',
    '{name} is no setting of Slipway.',
    'Did you mean {suggestion}? The README lists them all.',
  ),
  database_newer: row(
    'infrastructure',
    'The database {path} has version {version}; this program knows {known}.',
    'Operator: start the newer program again, or put back the backup from before it.',
  ),
  database_unreadable: row(
    'infrastructure',
    'The database {path} can not be read: {problem}.',
    'Operator: put a backup in its place; what is live stays live meanwhile.',
  ),
  secret_key_invalid: row(
    'infrastructure',
    'The key in {path} is none: 64 hexadecimal digits stand in it.',
    'Operator: put the file back from the backup.',
  ),
  variable_unreadable: row(
    'infrastructure',
    'The variable {name} can not be read: it was sealed by another key than that in secret.key.',
    'Operator: put the old secret.key back, or set the variable again.',
  ),
  internal: row(
    'infrastructure',
    'Something went wrong in the server.',
    'The operator finds it in the log under {reference}.',
  ),
} as const satisfies Record<string, ErrorRow>

function row(kind: ErrorKind, message: string, hint: string): ErrorRow {
  return { kind, message, hint }
}
