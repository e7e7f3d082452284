/**
 * What a step is, and how steps join into a pipeline. A need that nobody gave before, or a fact
 * given twice, does not compile.
 */
import type { AppIdentity } from '../contracts.ts'
import type { BuildPlan } from '../domain/build-plan.ts'
import type { Deployment, StepName } from '../domain/deployment.ts'
import type { HostName, Oid } from '../domain/names.ts'
import type { Project } from '../domain/project.ts'
import type { AcceptedSchema } from '../domain/schema/check-schema.ts'
import type { StepUse } from '../domain/use.ts'

/** What one deployment learns, step by step. Plain JSON: saved after every step. */
export interface Facts {
  readonly commit: Oid
  /** The files of the commit on disk; null where it is published from git's objects. */
  readonly sourceDir: string | null
  /** Equal for two commits that would be built to the same files. */
  readonly sourceKey: string
  readonly plan: BuildPlan
  /** The sealed `node_modules` that the build sees; null where it has its own or none. */
  readonly modulesDir: string | null
  /** What was made out of a schema; null where the commit is its own source. */
  readonly generated: GeneratedFacts | null
  readonly output: OutputPlace
  readonly spaFallback: boolean
  /** The number of the release that goes live. */
  readonly release: number
  /** What was live before; null where nothing was. */
  readonly previousRelease: number | null
  readonly hosts: readonly HostName[]
  readonly activated: true
  readonly verified: true
}
export type Fact = keyof Facts

/** Whose files are published: a folder on disk, or one of a commit, `.` being its top. */
export type OutputPlace =
  { readonly dir: string } | { readonly commit: Oid; readonly folder: string }

export interface GeneratedFacts {
  /** `index.html` below `FRONTEND_DOMAIN/apps/<slug>/`. */
  readonly subdirectoryPage: string
  /** The files of the app store that the two pages can ask for. */
  readonly store: readonly string[]
}

/** A schema by its blob, checked. */
export type ReadSchema = (project: Project, oid: string) => Promise<AcceptedSchema>

export interface StepContext {
  readonly project: Project
  readonly deployment: Deployment
  /** The project's own, as they were when the deployment began; only where it builds. */
  readonly variables: Readonly<Record<string, string>>
  /** Aborts when the step times out, the deployment is cancelled or the server stops. */
  readonly signal: AbortSignal
  /** One line for people: indented below the step, or a tool's own line. */
  readonly output: (line: string, stream?: 'stdout' | 'stderr') => void
  /** What stands beside the step when it is done, such as `42 files, 1.2 MB`. */
  readonly summarise: (text: string) => void
  /** What it took and wrote; told more than once, it adds up. */
  readonly use: (used: Partial<StepUse>) => void
  /** The step has nothing to do here; its reason is told and its state is `skipped`. */
  readonly skip: (reason: string) => void
  /** The step worked, and people should know this; its state is `warned`. */
  readonly warn: (text: string) => void
}

interface StepTraits {
  readonly name: StepName
  readonly timeoutMs: number
  /** Once it has run, visitors see the new release: the deployment is finished, not cancelled. */
  readonly switchesTraffic?: boolean
}

export interface Step<Needs extends Fact, Gives extends Fact> extends StepTraits {
  /** True where strangers' code runs, of which only so many may at once. */
  readonly needsBuildSlot?: (facts: Pick<Facts, Needs>) => boolean
  /** True where `run` will do nothing but say why: then its beginning is not worth a record. */
  readonly isIdle?: (facts: Pick<Facts, Needs>) => boolean
  readonly run: (context: StepContext, facts: Pick<Facts, Needs>) => Promise<Pick<Facts, Gives>>
  /** Safe when `run` finished or stopped half-way. Knows only what was saved before `run`. */
  readonly undo?: (context: StepContext, facts: Pick<Facts, Needs>) => Promise<void>
  /** False where `undo` will do nothing: then `run` begins before its beginning is on record. */
  readonly needsUndo?: (facts: Pick<Facts, Needs>) => boolean
}

/** A step as the runner sees it. Every Step<…> fits here without a cast. */
export interface AnyStep extends StepTraits {
  readonly needsBuildSlot?: (facts: Facts) => boolean
  readonly isIdle?: (facts: Facts) => boolean
  readonly run: (context: StepContext, facts: Facts) => Promise<Partial<Facts>>
  readonly undo?: (context: StepContext, facts: Facts) => Promise<void>
  readonly needsUndo?: (facts: Facts) => boolean
}

/** An ordered list of steps. */
export class Pipeline<Known extends Fact = never> {
  readonly steps: readonly AnyStep[]

  constructor(steps: readonly AnyStep[] = []) {
    this.steps = steps
  }

  step<Needs extends Known, Gives extends Exclude<Fact, Known>>(
    next: Step<Needs, Gives>,
  ): Pipeline<Known | Gives> {
    return new Pipeline<Known | Gives>([...this.steps, next])
  }
}

/** Where the commit's files are on disk. Every plan has them there but that of plain files. */
export function requireSource({ sourceDir }: Pick<Facts, 'sourceDir'>): string {
  if (sourceDir === null) throw new Error('nothing was checked out')
  return sourceDir
}

/** Whose app it is, to those who generate it. */
export function identityOf({ id, slug, name }: Project): AppIdentity {
  return { projectId: id, slug, name }
}

/** The name of a deployment's workspace. */
export function workspaceKey(project: Project, deployment: Deployment): string {
  return `${project.slug}-v${deployment.number}`
}
