/** What the core asks of the repositories and of the pushes that come to them. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TreeEntry } from '../domain/build-plan.ts'
import type { Oid, ProjectId } from '../domain/names.ts'
import type { Project } from '../domain/project.ts'
import type { RefCommand, RefReport } from '../domain/push.ts'

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
   * The contents of blobs as `listTree` listed them, in their order, all in memory. Throws where one
   * is not there, or has another size than it was listed with.
   */
  readonly readFiles: (
    projectId: ProjectId,
    files: readonly Pick<TreeEntry, 'oid' | 'bytes'>[],
    signal: AbortSignal,
  ) => Promise<readonly Buffer[]>
  /**
   * Writes the files of the commit, byte for byte, into the existing folder `dir`, owned by the
   * user that builds. Attributes of the commit (export-ignore, eol, filters) have no effect.
   */
  readonly checkout: (
    projectId: ProjectId,
    commit: Oid,
    target: { readonly dir: string; readonly signal: AbortSignal },
  ) => Promise<void>
  /**
   * Commits files on top of what a branch is at that moment, durable when it returns; whoever moves
   * the branch meanwhile is built upon, never lost. A branch that does not exist is made. Throws
   * `project_gone`, `ref_name_refused`, `disk_full`, and what `isWanted` throws; then nothing was
   * moved.
   */
  readonly commitFiles: (projectId: ProjectId, wish: CommitWish) => Promise<CommitMade>
}

/** A commit that the server makes itself. */
export interface CommitWish {
  readonly branch: string
  readonly message: string
  readonly author: { readonly name: string; readonly email: string }
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[]
  /** What becomes of the branch's other files. */
  readonly others: 'stay' | 'go'
  /** What the files are made of, where that is another commit: a parent too. */
  readonly madeOf?: Oid
  /**
   * Asked before each attempt with what the branch is then: whether anything is to be committed.
   * Throws where this may not be committed on top of it.
   */
  readonly isWanted?: (head: BranchHead | null) => Promise<boolean>
}

export interface BranchHead {
  readonly commit: Oid
  readonly listTree: () => Promise<readonly TreeEntry[]>
}

export interface CommitMade {
  /** What the branch is now; null where it does not exist, since nothing was wanted. */
  readonly commit: Oid | null
  /** What it was before; null where it was made. */
  readonly previous: Oid | null
  /** False where the files were there already, and nothing was committed. */
  readonly isNew: boolean
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
