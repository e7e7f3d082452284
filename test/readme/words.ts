/** What the names in the code mean to people: the README's tables are made of both. */
import type { limits, settings } from '../../src/config.ts'
import type { SlipwayFile } from '../../src/domain/build-plan.ts'
import type { StepName } from '../../src/domain/deployment.ts'
import type { ErrorKind } from '../../src/domain/error-table.ts'
import type { pushOptionNames } from '../../src/domain/push.ts'

export const settingWords: Readonly<Record<keyof typeof settings, string>> = {
  FRONTEND_DOMAIN: 'Base domain: a project is at `<slug>.FRONTEND_DOMAIN`.',
  FRONTEND_BUILD_ROOT: 'Where builds happen. Emptied after each.',
  NGINX_SITES_DIR:
    'Where `slipway.conf` goes with `NGINX_MODE=system`, and a `slipway_<slug>.conf` for each project with headers or redirects of its own; the links that enable them go to `sites-enabled` beside it.',
  NGINX_WWW_ROOT: 'The published sites: `<slug>/releases/<n>/` and `<slug>/current`.',
  SSL_EMAIL: 'Account contact for certificates. Empty: `admin@FRONTEND_DOMAIN`.',
  BACKEND_URL: 'The service behind `/api/` of every site.',
  SLIPWAY_DATA: 'Database, repositories, the admin token, the links of the hosts.',
  SLIPWAY_LISTEN: 'Where git and REST are served.',
  SLIPWAY_PUBLIC_URL: 'What people are told to push to. Empty: `https://deploy.FRONTEND_DOMAIN`.',
  NGINX_MODE:
    "`system`: Debian's nginx, which the server tests and reloads. `managed`: an nginx of its own, on this machine's loopback only.",
  NGINX_HTTP_PORT: 'The port of the sites.',
  NGINX_HTTPS_PORT: 'The port of the sites over HTTPS.',
  BUILD_CONCURRENCY: 'Builds at once. Empty: half of the cores, at least 1.',
  INSTALL_TIMEOUT: 'After so many seconds an install is ended.',
  BUILD_TIMEOUT: 'After so many seconds a build is ended.',
  BUILD_MEMORY: 'Memory of a build.',
  BUILD_CPUS: 'Cores of a build.',
  BUILD_PIDS: 'Processes of a build.',
  BUILD_DISK: 'Size of a file that a build may write.',
  KEEP_RELEASES: 'Releases kept per project. The live one is kept always.',
  STORAGE_QUOTA:
    'Storage of a project, beside which `…/usage` shows what it takes. Nothing is refused for it yet.',
  ACME_DIRECTORY:
    'Where certificates come from. `local`: an authority of this machine’s own. `off`: HTTP only.',
  ACME_CA_FILE: 'The root of an authority that is not public.',
  ACME_CHALLENGE: 'How a host is proven to be ours. `dns-01`: one wildcard for all projects.',
  ACME_DNS: 'Who changes the zone for `dns-01`: an update (RFC 2136), or a program.',
  ACME_DNS_SERVER: 'The primary name server that takes updates.',
  ACME_DNS_ZONE: 'The zone that is changed. Empty: `FRONTEND_DOMAIN`.',
  ACME_DNS_KEY_FILE: 'The key that signs updates, as `tsig-keygen` writes it.',
  ACME_DNS_WAIT: 'Waited for after a record was made, for name servers that can’t be asked.',
  HSTS: 'For how long browsers come back by https only. 0: they are told nothing.',
  DOMAIN_RESOLVERS:
    'Name servers that are asked about domains of projects, such as `192.0.2.53,[2001:db8::53]:53`. Empty: those of the system.',
  SCHEMA_PULL:
    '`on`: a project that is created without a schema takes it from `BACKEND_URL`, at `/api/v1/runtime/projects/{id}/schema/`.',
  SLIPWAY_LIMITS: 'Whether builds may run where memory and cores can not be limited.',
  SLIPWAY_RATE_LIMITS:
    '`off`: where something in front of the server limits how often one may ask.',
  SLIPWAY_SANDBOX: '`off` builds without a sandbox: only for code that you trust.',
}

/** Read and checked, without an effect yet: setting → what of the Config nobody asks for. */
export const settingsWithoutEffect: Readonly<Partial<Record<keyof typeof settings, string>>> = {
  BUILD_MEMORY: 'build.memoryBytes',
  BUILD_CPUS: 'build.cpus',
  SLIPWAY_LIMITS: 'build.limits',
}

export const limitWords: Readonly<Record<keyof typeof limits, string>> = {
  pushBytesMax: 'what one push sends',
  fetchRequestBytesMax: 'what a clone or fetch asks with',
  pushRefsMax: 'refs that one push changes',
  refNameBytesMax: 'the name of a ref',
  treeEntriesMax: 'files and folders of a commit that is built',
  treeBytesMax: 'files of a commit that is built, together',
  wholeTreeEntriesMax: 'files of plain sites that are published without a checkout',
  wholeTreeBytesMax: 'files of such a site, together',
  outputFilesMax: 'files and folders of a site',
  outputBytesMax: 'files of a site, together',
  outputFileBytesMax: 'one file of a site',
  outputDepthMax: 'folders within folders of a site',
  precompressedBytesMax: 'a file that is compressed when it is published; larger ones are not',
  ruleFileBytesMax: '`_headers`, `_redirects`',
  rulePathBytesMax: 'a path in them',
  rulePlaceholdersMax: 'placeholders of such a path',
  headerRulesMax: 'paths in `_headers`',
  headerNamesMax: 'different headers there',
  headerValueLengthMax: 'characters of the value of a header',
  redirectRulesMax: 'lines of `_redirects`',
  redirectTargetLengthMax: 'characters of where one of them leads',
  nginxTimeoutMs: 'an answer of nginx',
  reloadPauseMs: 'between two reloads of nginx; those asked for meanwhile become one',
  crowdedReloadPauseMs:
    'the same, while visitors of earlier configurations keep many processes of nginx from ending',
  oldWorkersMax: 'processes of nginx with an earlier configuration; beyond, the oldest is ended',
  vhostReleasesMax: 'releases of a project whose own headers and redirects nginx knows',
  vhostRulesMax:
    'headers and redirects of all of them, together; of the newest and the live one any',
  configFileBytesMax: '`package.json`, `slipway.json`',
  logLineLengthMax: 'characters of a line that a tool prints',
  logBytesMax: 'what one tool prints; its end is kept all the same',
  logLinesMax: 'lines that one tool prints; their end is kept all the same',
  logTailLinesMax: 'lines of that end',
  sandboxRootBytesMax: 'what a build writes outside of its own folders',
  sandboxShmBytesMax: '`/dev/shm` of a build',
  sandboxTmpBytesMax: '`/tmp` of a build',
  bodyBytesMax: 'the body of a REST request',
  jsonDepthMax: 'objects and arrays within one another in a body',
  requestTimeoutMs: 'the arrival of a REST request',
  proxySilenceMaxMs: 'silence before nginx gives a connection to the server up',
  readinessAgeMs: 'how long an answer of `/readyz` is given again',
  sandboxCheckAgeMs: 'the same for the sandbox, since trying it starts processes',
  diskFreeBytesMin: 'free space below which the server is not ready',
  gitTimeoutMs: 'one push, clone or fetch as a whole',
  stepTimeoutMs: 'each step but install and build',
  recordRetryMs: 'between two tries to record an end for which the disk had no room',
  registryAttempts: 'tries of an install, where the package registry fails',
  installCacheBytesMax: 'packages of a project that are kept for its next install',
  pageSizeMax: 'entries of one page of a list',
  silenceMs: 'silence on a log that is followed, until a sign of life is sent',
  signOfLifeMs: 'between two pings of a WebSocket',
  restRequestsPerMinuteMax: 'REST requests of a token, in a minute',
  streamRequestsPerMinuteMax: 'WebSockets that a token asks for, in a minute',
  gitRequestsPerMinuteMax: 'git requests of a token, in a minute; a push takes two',
  addressRequestsPerMinuteMax: 'all requests of an address, in a minute',
  failedTokensPerMinuteMax: 'tokens of an address that are not known, in a minute',
  rateLimitKeysMax: 'tokens and addresses that are counted at once',
  followerStallMs: 'a follower takes nothing that waits for it, until its WebSocket is closed',
  followerMessageBytesMax: 'what a follower may send, though nothing of it is read',
  databaseBusyTimeoutMs: 'a wait for the database',
  databaseJournalBytesMax: "the database's journal, between two tidyings",
  variablesMax: 'variables of a project',
  variableBytesMax: 'the value of a variable',
  variablesBytesMax: 'values of the variables of a project, together',
  webhooksMax: 'webhooks of a server',
  webhookDeliveriesMax: 'messages that wait for one webhook; beyond it the oldest are given up',
  webhookRequestsMax: 'requests to webhooks at once; one at a time to each',
  webhookTimeoutMs: 'the answer of a webhook',
  idempotencyAgeMs: 'an `Idempotency-Key` is known for',
  tokenUseResolutionMs: 'how exactly the last use of a token is noted',
  drainTimeoutMs: 'what still runs when the server is told to stop',
  assetAgeDaysMax: 'days that assets of earlier releases still answer',
  platformTimeoutMs: 'an answer of the platform that is asked for a schema',
  schemaBytesMax: '`schema.json`',
  schemaTablesMax: 'tables of a schema',
  schemaFieldsMax: 'fields of a table',
  schemaChoicesMax: 'choices of a field',
  schemaLabelLengthMax: 'characters of a label in a schema, or of a choice',
  schemaTextLengthMax: 'characters of a help text in a schema, or of a default',
  acmeRequestTimeoutMs: 'an answer of the certificate authority',
  acmeAnswerBytesMax: 'the same, in size',
  acmePollsMax: 'questions whether an order is done',
  acmePollMinMs: 'the first wait between them',
  acmePollMaxMs: 'the longest',
  dnsPropagationMs: 'the wait until a name server shows a record that was made',
  dnsProgramTimeoutMs: 'a program that changes the zone',
  certificateOrdersMax: 'certificates that are ordered at once',
  certificateOrderTimeoutMs: 'one order as a whole',
  generateTimeoutMs: 'the generation of an app',
  generatedFilesMax: 'files of a generated app',
  generatedBytesMax: 'the same, together',
  compiledBytesMax: 'compiled files that a worker keeps for the next app',
  generatorMemoryBytesMax: 'memory of a worker, beyond which it is replaced',
  generatorAppsMax: 'apps that a worker makes before it is replaced',
  generatorIdleMs: 'how long a worker waits for the next app',
  domainsMax: 'domains of a project',
  domainChecksMax: 'domains that are looked at at once',
  domainAddressesMax: 'addresses of a domain that are asked whether they lead here',
  domainAnswerBytesMax: 'what is read of such an answer',
  domainAnswerTimeoutMs: 'the wait for it',
  domainGraceMs: 'for how long a domain is served whose records have gone',
  dnsTimeoutMs: 'a look-up of a name, with all that it leads to',
  schemaProblemsMax: 'mistakes of a schema that are listed; the others are counted',
}

export const pushOptionWords: Readonly<Record<(typeof pushOptionNames)[number], string>> = {
  detach: 'The push returns as soon as the deployment is queued. The branch moves at once.',
  skip: 'The branch moves, and nothing is deployed.',
  'force-rebuild': 'Builds, even where the same files were built before.',
  'clear-cache': "Drops the project's kept packages first.",
}

export const stepWords: Readonly<Record<StepName, string>> = {
  plan: 'Decides from `package.json`, the lock file, `slipway.json` and `schema.json` what has to be done.',
  checkout: 'Writes the files of the commit into an empty folder.',
  generate: 'Makes an app out of `schema.json`, compiled. It needs no install and no build.',
  install: '`npm ci`, or `npm install` with a warning where there is no lock file.',
  build: 'The app’s own build command, in the sandbox, without a network.',
  release:
    'Copies the output into a numbered folder, complete, compresses it, and reads `_headers` and `_redirects`.',
  vhost:
    'Makes the host name lead to the project, and nginx know its headers and redirects. Only those that are new take a reload.',
  activate: 'Switches visitors to the new release, at one moment.',
  certificate:
    'Says until when the site is served over HTTPS, or why not yet. Asks for a certificate; never fails.',
  verify:
    'Asks nginx for the page, with its headers, and every file that it names. What is wrong puts the release before back.',
}

export const slipwayFileWords: Readonly<Record<keyof SlipwayFile, readonly [string, string]>> = {
  root: ['`"packages/web"`', 'The app is in this folder.'],
  install: ['`"npm ci --legacy-peer-deps"`', 'Instead of `npm ci`.'],
  build: ['`"npm run build:site"`', 'Instead of `npm run build`.'],
  output: ['`"public"`', 'The folder that the build writes.'],
  spa: [
    '`false`',
    'Whether unknown addresses get `index.html`. Without it: as the framework wants.',
  ],
}

export const kindWords: Readonly<Record<ErrorKind, string>> = {
  bad_input: 'Something to mend in what was sent or committed',
  unauthorised: 'No valid token',
  forbidden: 'Not allowed',
  not_found: 'Not there',
  conflict: 'In the way of something else',
  limit: 'Too large or too many',
  failed: 'The app does not build, or the site is not as it should be',
  cancelled: 'Given up before it was live',
  infrastructure: 'For the operator',
}

export const routeWords: Readonly<Record<string, string>> = {
  'GET /healthz': 'The server lives.',
  'GET /readyz':
    '200 where database, nginx, sandbox and disks work and the server is not stopping; 503 and which does not.',
  'GET /metrics':
    'Figures for Prometheus. Without a token on the machine itself; an admin token from elsewhere.',
  'GET /openapi.json': 'All of this as OpenAPI 3.1, made from the rows that serve it.',
  'GET /api/v1/runtime/doctor':
    'What works on the server, what does not, and what to do: `slipway doctor`.',
  'GET /api/v1/runtime/audit':
    'Who changed what, from where, and what became of it. The newest first: `?limit=&cursor=`.',
  'POST /api/v1/runtime/webhooks':
    'Has another server told what happened: `{url, project?, events?}`. The answer shows its `secret`, once.',
  'GET /api/v1/runtime/webhooks':
    'The webhooks, without their secrets, each with what became of its last attempt.',
  'DELETE /api/v1/runtime/webhooks/:webhook': 'Deletes one, with what still waits for it.',
  'POST /api/v1/runtime/projects':
    'Creates a project: `{name, schema_name?, id?, framework?, schema?, settings?}`. 201; the app made from its schema goes live, or a welcome page.',
  'GET /api/v1/runtime/projects': 'All projects: `?limit=&cursor=` → `{results, next}`.',
  'GET /api/v1/runtime/projects/:project': 'One project.',
  'PATCH /api/v1/runtime/projects/:project':
    'Changes `{name?, settings?: {on_newer_push?, pinned_releases?}}`. What is not named stays.',
  'DELETE /api/v1/runtime/projects/:project':
    'Deletes a project with its site, its repository and its tokens. What runs for it ends.',
  'GET /api/v1/runtime/projects/:project/deployment-status':
    'Status, live URL, newest deployment and its log.',
  'GET /api/v1/runtime/projects/:project/deployments': 'Newest first: `?limit=&cursor=`.',
  'GET /api/v1/runtime/projects/:project/deployments/:number':
    'One deployment: its steps, their durations, what they used (CPU, memory, bytes), its error and what to do.',
  'GET /api/v1/runtime/projects/:project/deployments/:number/logs':
    'Its log: `?after=&limit=&follow=1`. See below.',
  'GET /api/v1/runtime/projects/:project/stream':
    'The log of the project as a WebSocket: `?after=&deployment=`. See below.',
  'POST /api/v1/runtime/projects/:project/redeploy':
    'Deploys the production branch again: `{force_rebuild?, clear_cache?}`. 202, the status as body, the deployment as `Location`.',
  'POST /api/v1/runtime/projects/:project/rollback':
    'Makes a release live again: `{to: "previous"}` or `{to: 12}`. 202, like redeploy.',
  'POST /api/v1/runtime/projects/:project/deployments/:number/cancel':
    'Gives a deployment up. 202 with `outcome`: `cancelling`, or `finishing` where visitors see it already.',
  'GET /api/v1/runtime/projects/:project/env':
    'The names of its own variables. Never their values.',
  'PUT /api/v1/runtime/projects/:project/env/:name':
    'Sets one: `{value}`. Builds see it from the next one on. 201 where it is new, else 200.',
  'DELETE /api/v1/runtime/projects/:project/env/:name': 'Deletes one.',
  'GET /api/v1/runtime/projects/:project/schema':
    'The `schema.json` of the production branch, as it was committed. Its `ETag` is its git blob.',
  'PUT /api/v1/runtime/projects/:project/schema':
    'Commits a `schema.json` and deploys the app made from it: 202. `If-Match` keeps it from replacing what you have not seen. 200 where nothing changed.',
  'POST /api/v1/runtime/projects/:project/eject':
    'Commits the source of a generated app to a branch: `{branch}`, else `ejected`. Nothing is deployed.',
  'GET /app-schema.json': 'What may stand in a `schema.json`, as JSON Schema.',
  'GET /api/v1/runtime/projects/:project/usage':
    'What it takes of the disk beside its limits, its deployments by status, and what its builds took in 30 days.',
  'GET /api/v1/runtime/projects/:project/domains':
    'Its own domains, each with its state, its certificate and the records that it needs.',
  'POST /api/v1/runtime/projects/:project/domains':
    'Adds one: `{host, redirect_to?}`. 201 where it is new; else it is looked at again, and leads where this says: 200.',
  'GET /api/v1/runtime/projects/:project/domains/:host': 'One of them.',
  'DELETE /api/v1/runtime/projects/:project/domains/:host': 'Removes one. It is served no more.',
  'POST /api/v1/runtime/projects/:project/domains/:host/check':
    'Looks at it now, and tells what was found: records, what answers on port 80, the certificate; and for each fault the record to set.',
  'POST /api/v1/runtime/projects/:project/tokens':
    'Makes a token: `{name, scope?, expires_at?}`. The answer shows its `secret`, once.',
  'GET /api/v1/runtime/projects/:project/tokens': 'The tokens, without their secrets.',
  'DELETE /api/v1/runtime/projects/:project/tokens/:token': 'Revokes a token at once.',
}

/** What a push of a ref means: how people write it, an example, and what the code makes of it. */
export const refRows = [
  ['`main`', 'refs/heads/main', 'deploy', 'Deploys. The branch moves when the site is live.'],
  ['another branch', 'refs/heads/idea', 'store', 'Stored, not deployed.'],
  ['a tag', 'refs/tags/v1.0', 'store', 'Stored, not deployed.'],
  [
    '`HEAD:refs/redeploy/main`',
    'refs/redeploy/main',
    'redeploy',
    'Deploys again what `main` is on the server.',
  ],
  [
    '`HEAD:refs/rollback/previous`',
    'refs/rollback/previous',
    'rollback',
    'Makes the release before live again, without a build.',
  ],
  [
    '`HEAD:refs/rollback/v12`',
    'refs/rollback/v12',
    'rollback',
    'Makes release 12 live again, without a build.',
  ],
  ['anything else', 'refs/notes/x', 'decline', 'Declined.'],
] as const

export const buildVariableWords: Readonly<Record<string, string>> = {
  NODE_ENV: '`production`',
  CI: '`true`',
  LANG: '`C.UTF-8`',
  NODE_COMPILE_CACHE: 'the kept packages, compiled by their first build',
  HOME: 'an empty folder of its own',
  TMPDIR: '`/tmp`, empty and of its own',
  PATH: 'node, npm and npx, then the system’s programs',
  SLIPWAY_PROJECT: 'the slug',
  SLIPWAY_DEPLOYMENT: 'the number of the deployment',
  SLIPWAY_COMMIT: 'the commit, in full',
  SLIPWAY_BRANCH: 'the branch',
  SLIPWAY_URL: 'where the site will be',
}
