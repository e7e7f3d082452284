/** What the core asks of the place where strangers' code runs. */
import type { ProjectId } from '../domain/names.ts'
import type { ProcessUse } from '../domain/use.ts'

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
  /** The command finds the programs of `node_modules` by their names, as npm's scripts do. */
  readonly findsModules?: boolean
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
  /** Null where it could not be measured. */
  readonly used: ProcessUse | null
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
