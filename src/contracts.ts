/**
 * What the core asks of the machine, with the promises in prose. The rooms of the machine implement
 * these; `slipway.ts` joins them; tests may stand in for them, and for nothing else.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AuditAction } from './domain/audit.ts'
import type { BuildPlan, TreeEntry } from './domain/build-plan.ts'
import type {
  Deployment,
  DeploymentEvent,
  DeploymentOptions,
  DeploymentStatus,
  DeploymentTrigger,
  NewEvent,
  StepName,
} from './domain/deployment.ts'
import type { ErrorFacts } from './domain/errors.ts'
import type { HostName, Oid, ProjectId, Slug } from './domain/names.ts'
import type { Project } from './domain/project.ts'
import type { RefCommand, RefReport } from './domain/push.ts'
import type { Secret } from './domain/secret.ts'
import type { VariableName } from './domain/variables.ts'
import type { WebhookEvent } from './domain/webhook.ts'

// ---- store/ -----------------------------------------------------------------------------------

/** Projects in the database. All calls are synchronous and durable when they return. */
export interface ProjectStore {
  /** Throws `slug_taken` or `project_id_taken`; then nothing was written. */
  readonly create: (project: Project) => void
  /** Takes the id or the slug. */
  readonly find: (idOrSlug: string) => Project | null
  /**
   * Oldest first; `after` is the id of the last one seen. Throws `project_not_found` where that one
   * has gone meanwhile.
   */
  readonly list: (page: { limit: number; after: ProjectId | null }) => readonly Project[]
  readonly update: (
    id: ProjectId,
    change: Partial<Pick<Project, 'name' | 'productionBranch' | 'settings'>>,
  ) => void
  /** Removes the project with its deployments, events and tokens. */
  readonly remove: (id: ProjectId) => void
}

export interface NewDeployment {
  readonly projectId: ProjectId
  readonly trigger: DeploymentTrigger
  readonly commit: Oid | null
  readonly branch: string | null
  readonly actor: string
  readonly options: DeploymentOptions
}

/** One step of a deployment as it is kept: enough to undo it after a crash. */
export interface StepRecord {
  readonly step: StepName
  readonly status: 'in_progress' | 'completed' | 'failed' | 'skipped' | 'warned' | 'undone'
  readonly startedAt: Date
  readonly finishedAt: Date | null
}

/** Deployments, their steps and the facts that they learned. Synchronous and durable. */
export interface DeploymentStore {
  /** Gives the next number of the project and the status `queued`. */
  readonly create: (deployment: NewDeployment) => Deployment
  readonly find: (projectId: ProjectId, number: number) => Deployment | null
  readonly newest: (projectId: ProjectId) => Deployment | null
  /** Newest first; `before` is the number of the last one seen. */
  readonly list: (
    projectId: ProjectId,
    page: { limit: number; before: number | null },
  ) => readonly Deployment[]
  /** How many there are of each status. */
  readonly count: (projectId: ProjectId) => Readonly<Record<DeploymentStatus, number>>
  /** All of them, of all projects, that are queued or in progress, oldest first. */
  readonly unfinished: () => readonly Deployment[]
  /** `in_progress` sets `startedAt`; a finished status sets `finishedAt`. */
  readonly setStatus: (
    deployment: Pick<Deployment, 'projectId' | 'number'>,
    status: DeploymentStatus,
    result?: { readonly error?: ErrorFacts; readonly release?: number },
  ) => void
  /** Writes the step's state and, in the same transaction, the facts known by then. */
  readonly saveStep: (
    deployment: Pick<Deployment, 'projectId' | 'number'>,
    step: StepRecord,
    facts: object,
  ) => void
  readonly steps: (deployment: Pick<Deployment, 'projectId' | 'number'>) => readonly StepRecord[]
  /** The facts that were saved last; an empty object before the first. */
  readonly facts: (deployment: Pick<Deployment, 'projectId' | 'number'>) => object
}

/**
 * The log of a project: appended, then told. `seq` has no gaps, and followers see every event once
 * and in order.
 */
export interface EventLog {
  /** What `beside` writes to the stores is in the same transaction: all of it is kept, or nothing. */
  readonly append: (
    projectId: ProjectId,
    events: readonly NewEvent[],
    beside?: () => void,
  ) => readonly DeploymentEvent[]
  readonly read: (
    projectId: ProjectId,
    range: { after: number; limit: number; deployment?: number },
  ) => readonly DeploymentEvent[]
  /** The newest events that are no tool's lines, oldest first. */
  readonly milestones: (projectId: ProjectId, limit: number) => readonly DeploymentEvent[]
  /** Calls `listener` for each batch appended from now on, until `stop` is called. */
  readonly follow: (
    projectId: ProjectId,
    listener: (events: readonly DeploymentEvent[]) => void,
  ) => { readonly stop: () => void }
}

export const tokenScopes = ['admin', 'deploy', 'read'] as const
export type TokenScope = (typeof tokenScopes)[number]

export interface Token {
  readonly id: string
  /** Null: all projects. */
  readonly projectId: ProjectId | null
  readonly scope: TokenScope
  readonly name: string
  readonly createdAt: Date
  readonly expiresAt: Date | null
  /** To the minute; null where it never was used. */
  readonly lastUsedAt: Date | null
}

/** Tokens of 256 random bits with the prefix `slw_`, kept as SHA-256 only. */
export interface TokenStore {
  readonly create: (token: Pick<Token, 'projectId' | 'scope' | 'name' | 'expiresAt'>) => {
    readonly token: Token
    readonly secret: Secret
  }
  /** Null for an unknown, revoked or expired one. */
  readonly verify: (secret: string) => Token | null
  /**
   * Oldest first; `after` is the id of the last one seen. Throws `token_not_found` where that one
   * has gone meanwhile.
   */
  readonly list: (
    projectId: ProjectId,
    page: { limit: number; after: string | null },
  ) => readonly Token[]
  /** False where there was none. */
  readonly revoke: (projectId: ProjectId, tokenId: string) => boolean
  /** Calls the listener with the id of each token that is revoked from now on, after it was. */
  readonly onRevoke: (listener: (tokenId: string) => void) => void
}

/** What the builds of a project see, and what nobody is ever shown again. */
export interface ProjectVariables {
  readonly values: Readonly<Record<string, string>>
  /** Equal as long as names and values are; null where there are none. */
  readonly fingerprint: string | null
}

/** The projects' own variables, sealed on the disk by a key that is not in the database. */
export interface VariableStore {
  /** By name. */
  readonly list: (
    projectId: ProjectId,
  ) => readonly { readonly name: VariableName; readonly updatedAt: Date }[]
  /** True where it is new. Throws `variables_too_large`; then nothing was written. */
  readonly set: (projectId: ProjectId, name: VariableName, value: string) => boolean
  /** False where there was none. */
  readonly remove: (projectId: ProjectId, name: VariableName) => boolean
  /** Throws `variable_unreadable` where one was sealed by another key. */
  readonly read: (projectId: ProjectId) => ProjectVariables
}

/** What a project holds on the disk, in bytes; measured when it is asked for. */
export interface UsageMeter {
  readonly repository: (projectId: ProjectId) => Promise<number>
  readonly site: (slug: Slug) => Promise<number>
  /** What the next install need not fetch. */
  readonly cache: (projectId: ProjectId) => Promise<number>
}

export interface KeptAnswer {
  /** SHA-256 of the request, in hexadecimal. */
  readonly requestHash: string
  readonly status: number
  readonly location: string | null
  readonly body: string
}

/** Answers by the token and the Idempotency-Key of their requests, for a day. */
export interface AnswerStore {
  readonly find: (tokenId: string, key: string) => KeptAnswer | null
  readonly keep: (tokenId: string, key: string, answer: KeptAnswer) => void
}

export interface Webhook {
  readonly id: string
  /** Null: of all projects. */
  readonly projectId: ProjectId | null
  readonly url: string
  readonly events: readonly WebhookEvent[]
  readonly createdAt: Date
  /** When its receiver said that it has gone; nothing is sent since. */
  readonly disabledAt: Date | null
  readonly lastAttempt: { readonly at: Date; readonly result: string } | null
}

/** One message to one webhook. */
export interface WebhookDelivery {
  readonly key: number
  readonly webhookId: string
  /** The same at each attempt. */
  readonly messageId: string
  readonly url: string
  readonly body: string
  /** How many have failed. */
  readonly attempts: number
  /** Null where it was sealed by another key. */
  readonly secret: Secret | null
}

/** Webhooks and the queue of what they are to be sent. Their secrets are sealed on the disk. */
export interface WebhookStore {
  /** Throws `webhooks_too_many` or `project_gone`; then nothing was written. */
  readonly create: (wish: Pick<Webhook, 'projectId' | 'url' | 'events'>) => {
    readonly webhook: Webhook
    readonly secret: Secret
  }
  /** Oldest first. */
  readonly list: () => readonly Webhook[]
  /** Removes it with what waits for it. False where there was none. */
  readonly remove: (id: string) => boolean
  /**
   * For every webhook that listens to it, due at once. Beyond `webhookDeliveriesMax` of one webhook
   * the oldest are given up.
   */
  readonly queue: (event: {
    readonly type: WebhookEvent
    readonly projectId: ProjectId
    readonly body: string
  }) => void
  /** Of each webhook the one that is due first, where it is due by now. */
  readonly due: () => readonly WebhookDelivery[]
  /** In milliseconds since 1970; null where nothing waits. */
  readonly nextDueAt: () => number | null
  /** After an attempt. `done` also means given up; `disable` ends the webhook. */
  readonly settle: (
    delivery: Pick<WebhookDelivery, 'key' | 'webhookId'>,
    outcome: {
      readonly result: string
      readonly next: 'done' | 'disable' | { readonly dueAt: number }
    },
  ) => void
}

export interface AuditEntry {
  /** Grows; has gaps. */
  readonly id: number
  readonly at: Date
  readonly token: Pick<Token, 'id' | 'name'>
  readonly action: AuditAction
  readonly projectId: ProjectId | null
  /** What of the project: a token's id, a variable's name, a deployment, refs. */
  readonly object: string | null
  readonly address: string
  readonly requestId: string
  /** `done`, or why not; null where it runs, or the server ended meanwhile. */
  readonly outcome: string | null
}

export type NewAuditEntry = Omit<AuditEntry, 'id' | 'at' | 'outcome'>

/** Who changed what. Outlives projects and tokens. Holds no secret and no value of a variable. */
export interface AuditStore {
  /** Before the change; answers the entry's id. */
  readonly begin: (entry: NewAuditEntry) => number
  /** Once; what `begin` did not know yet is added. */
  readonly finish: (
    id: number,
    result: {
      readonly outcome: string
      readonly projectId?: ProjectId
      readonly object?: string
    },
  ) => void
  /** Newest first; `before` is the id of the last one seen. */
  readonly list: (page: { limit: number; before: number | null }) => readonly AuditEntry[]
}

// ---- git/ -------------------------------------------------------------------------------------

/** The bare repositories, one a project. Never passes a ref's name to a command line. */
export interface Repositories {
  /** Makes an empty repository whose HEAD is `productionBranch`; an existing one is left alone. */
  readonly create: (project: Project) => Promise<void>
  readonly remove: (projectId: ProjectId) => Promise<void>
  /** Points HEAD at the branch, so that a clone checks it out. */
  readonly setHead: (projectId: ProjectId, branch: string) => Promise<void>
  /** Null where the ref does not exist. The name may hold anything; it is compared as text. */
  readonly readRef: (projectId: ProjectId, ref: string) => Promise<Oid | null>
  readonly hasBranches: (projectId: ProjectId) => Promise<boolean>
  /**
   * The whole tree of a commit. Throws `tree_too_large` as soon as the limits are passed, without
   * reading further. `quarantine` is the environment by which a hook's objects are seen.
   */
  readonly listTree: (
    projectId: ProjectId,
    commit: Oid,
    quarantine?: Readonly<Record<string, string>>,
  ) => Promise<readonly TreeEntry[]>
  /** The text of a blob; throws where it has more than `bytesMax` bytes. */
  readonly readBlob: (projectId: ProjectId, oid: string, bytesMax: number) => Promise<Buffer>
  /**
   * Writes the files of the commit, byte for byte, into the existing folder `dir`, owned by the
   * user that builds. Attributes of the commit (export-ignore, eol, filters) have no effect.
   */
  readonly checkout: (
    projectId: ProjectId,
    commit: Oid,
    target: { readonly dir: string; readonly signal: AbortSignal },
  ) => Promise<void>
}

/** Everything that the hooks of one push tell and ask, joined to the pusher's terminal. */
export interface PushHandler {
  /**
   * In pre-receive: the objects are in quarantine, visible through `quarantine` only. Throws a
   * SlipwayError to decline the push as a whole; then nothing of it is kept.
   */
  readonly inspect: (push: IncomingPush, tell: Tell) => Promise<void>
  /**
   * In proc-receive: the objects have arrived. Answers one report for each command. `signal`
   * aborts when the pusher leaves, the server stops or git has ended; git is left alone until this
   * answers, and then still does what the reports say: what has gone live is moved. May throw:
   * then every command is declined with the reason.
   */
  readonly receive: (
    push: ArrivedPush,
    tell: Tell,
    signal: AbortSignal,
  ) => Promise<readonly RefReport[]>
  /**
   * After git has ended, however it ended: the refs are what they are now. Always called once for
   * each push whose `receive` was called, and only then.
   */
  readonly settle: (push: ArrivedPush) => Promise<void>
}

export interface IncomingPush {
  /** Unique in this run of the server. */
  readonly id: string
  readonly project: Project
  readonly actor: string
  readonly from: PushOrigin
  readonly commands: readonly RefCommand[]
  readonly options: readonly string[]
  readonly quarantine: Readonly<Record<string, string>>
}

/** Where a push comes from; nothing is decided by it. */
export interface PushOrigin {
  readonly tokenId: string
  readonly address: string
  readonly requestId: string
}

/** The push that `inspect` saw, under the same id, without the commands that git declined itself. */
export interface ArrivedPush extends IncomingPush {
  /** All or nothing: one report that declines, and git moves no ref of this push. */
  readonly atomic: boolean
}

/** Shows one line on the pusher's terminal, at once. Control characters are made harmless. */
export type Tell = (line: string) => void

/** What a request to the git remote asks for; nothing but these three addresses exists. */
export interface GitRequest {
  readonly slug: string
  readonly kind: 'info-refs' | 'rpc'
  readonly service: 'git-upload-pack' | 'git-receive-pack'
}

/** Smart HTTP (gitprotocol-http(5)) for those who have shown already that they may. */
export interface GitTransport {
  /**
   * Answers the request to its end. Rejects with a SlipwayError and a response not yet begun where
   * the server is stopping or git failed without a word; else only for a defect.
   */
  readonly serve: (
    request: IncomingMessage,
    response: ServerResponse,
    call: Pick<GitRequest, 'kind' | 'service'> & {
      readonly project: Project
      readonly actor: string
      readonly from: PushOrigin
    },
  ) => Promise<void>
  /**
   * Ends what runs for the token: a push that is not live yet is declined with a sentence, and
   * nothing of it stays.
   */
  readonly endRequestsOf: (tokenId: string) => void
}

// ---- build/ -----------------------------------------------------------------------------------

/** Where one deployment is built: folders that only the building user and the server can enter. */
export interface Workspace {
  /** The source; `/app` inside the sandbox. */
  readonly sourceDir: string
}

export interface BuildRun {
  readonly workspace: Workspace
  /** Below the source; where the command runs. */
  readonly rootDir: string
  readonly command: readonly string[]
  /** The project's variables and CONTRACT's `SLIPWAY_…`; all that the command sees. */
  readonly environment: Readonly<Record<string, string>>
  /** A sealed `node_modules`, which the command sees in the place of its own and can't change. */
  readonly modulesDir: string | null
  /** Only `install` reaches the package registry. */
  readonly network: 'registry' | 'none'
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly onLine: (line: string, stream: 'stdout' | 'stderr') => void
}

export interface BuildResult {
  readonly outcome: 'ended' | 'timeout' | 'aborted'
  /** Null where a signal ended it. */
  readonly exitCode: number | null
  readonly signalName: string | null
}

/** Runs strangers' code. When a call returns, every process of the run has ended. */
export interface Builder {
  /** `key` names the workspace; one that exists is emptied. */
  readonly openWorkspace: (key: string) => Promise<Workspace>
  readonly closeWorkspace: (key: string) => Promise<void>
  /** The names of all folders where workspaces are made. */
  readonly leftWorkspaces: () => Promise<readonly string[]>
  readonly run: (run: BuildRun) => Promise<BuildResult>
  /** Which of the folders below the source exists first; follows no link. Null where none does. */
  readonly findOutput: (workspace: Workspace, folders: readonly string[]) => Promise<string | null>
  /** Equal as long as the tools are: Node, npm and the kind of machine. */
  readonly fingerprint: string
  /**
   * What an earlier install of the project left under this key: a sealed `node_modules`, which no
   * build and no other project can change. Null where there is none.
   */
  readonly findModules: (projectId: ProjectId, key: string) => Promise<string | null>
  /**
   * Takes `node_modules` out of a workspace in which nothing runs any more, and keeps it under the
   * key. The least used are removed where the project has more than its share. Answers null where
   * there is nothing to keep.
   */
  readonly sealModules: (
    projectId: ProjectId,
    key: string,
    place: { readonly workspace: Workspace; readonly rootDir: string },
  ) => Promise<string | null>
  /** Gives a workspace a copy of sealed modules that its build may write to. */
  readonly lendModules: (
    modulesDir: string,
    place: { readonly workspace: Workspace; readonly rootDir: string },
  ) => Promise<void>
  readonly clearCache: (projectId: ProjectId) => Promise<void>
  /** Throws `sandbox_unavailable` where builds can't be isolated. */
  readonly checkSandbox: () => Promise<void>
}

// ---- sites/ -----------------------------------------------------------------------------------

export interface ReleaseSummary {
  readonly files: number
  readonly bytes: number
  /** Links, dot-files and the like that were left out, as text for people; at most 20. */
  readonly leftOut: readonly string[]
  readonly compressedMs: number
}

export interface SiteAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: Buffer
}

/** The published files and the nginx in front of them. */
export interface Sites {
  /**
   * Copies a folder into `releases/<number>`, complete and synced before it has that name. Follows
   * no link. Fills the pool with its content-hashed files. Throws `missing_index_html`,
   * `output_refused`, `output_too_large`, `disk_full` or `folder_not_writable`; then no release is
   * left behind.
   */
  readonly publish: (release: {
    readonly slug: Slug
    readonly number: number
    readonly fromDir: string
    /** Where `index.html` is missing, the error names this. */
    readonly outputName: string
    readonly spaFallback: boolean
    readonly manifest: Readonly<Record<string, unknown>>
    readonly signal: AbortSignal
  }) => Promise<ReleaseSummary>
  readonly removeRelease: (slug: Slug, number: number) => Promise<void>
  readonly listReleases: (slug: Slug) => Promise<readonly number[]>
  /** The number that `current` names; null where nothing is live. */
  readonly currentRelease: (slug: Slug) => Promise<number | null>
  /**
   * Makes the release live by one rename(2); null takes the site down. Idempotent. The settings
   * that belong to the release (SPA fallback) change with it.
   */
  readonly activate: (slug: Slug, number: number | null) => Promise<void>
  /** Removes releases, oldest first, but for the newest `keep` and those in `protect`. */
  readonly pruneReleases: (
    slug: Slug,
    keep: number,
    protect: readonly number[],
  ) => Promise<readonly number[]>
  /** Makes the host serve the project. Needs no reload. Answers whether it did not before. */
  readonly linkHost: (slug: Slug, host: HostName) => Promise<boolean>
  readonly unlinkHost: (host: HostName) => Promise<void>
  /** Asks the running nginx, as a visitor of the host would. Throws `nginx_unreachable`. */
  readonly ask: (host: HostName, path: string, signal: AbortSignal) => Promise<SiteAnswer>
  /** Everything of the project on disk. */
  readonly removeSite: (slug: Slug) => Promise<void>
  /** True where nginx answers with our configuration. */
  readonly isServing: () => Promise<boolean>
}

/** What generates the files of a site that comes from no commit of the user's. */
export interface Generator {
  /** Writes the welcome page of a new project into `dir`. */
  readonly writeWelcomePage: (
    project: Project,
    links: { readonly siteUrl: string; readonly remoteUrl: string },
    dir: string,
  ) => Promise<void>
}

export type { BuildPlan }
