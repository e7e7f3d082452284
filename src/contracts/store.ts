/** What the core asks of the database. All calls are synchronous, and durable when they return. */
import type { AuditAction } from '../domain/audit.ts'
import type {
  Deployment,
  DeploymentEvent,
  DeploymentOptions,
  DeploymentStatus,
  DeploymentTrigger,
  NewEvent,
  StepName,
} from '../domain/deployment.ts'
import type { ErrorFacts } from '../domain/errors.ts'
import type { Oid, ProjectId, Slug } from '../domain/names.ts'
import type { Project } from '../domain/project.ts'
import type { Secret } from '../domain/secret.ts'
import type { ProcessUse, StepUse } from '../domain/use.ts'
import type { VariableName } from '../domain/variables.ts'
import type { WebhookEvent } from '../domain/webhook.ts'

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
  /** Null where it has taken nothing yet; what was kept before stays. */
  readonly used: StepUse | null
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
  /** By the deployments that were asked for since then: the time of all, the peak of any. */
  readonly usedSince: (projectId: ProjectId, since: Date) => ProcessUse
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
  /** The newest events that are no tool's lines, oldest first; of all deployments, or of one. */
  readonly milestones: (
    projectId: ProjectId,
    limit: number,
    deployment?: number,
  ) => readonly DeploymentEvent[]
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
  /**
   * Of each webhook the one that is due first, where it is due by now, or a clock that was wrong has
   * planned it.
   */
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
