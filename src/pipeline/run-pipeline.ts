/**
 * Runs the steps of a pipeline in order and, where one fails, undoes what was begun: the failing
 * step first, then the earlier ones, last first. Every state is saved before it is acted on, so
 * that the same undo works after a crash.
 */
import type { StepRecord } from '../contracts.ts'
import type { Deployment, NewEvent, StepName, StepStatus } from '../domain/deployment.ts'
import { SlipwayError } from '../domain/errors.ts'
import type { Project } from '../domain/project.ts'
import { showDuration } from '../domain/show.ts'
import { addUse, type StepUse } from '../domain/use.ts'
import type { AnyStep, Facts, StepContext } from './step.ts'

export interface PipelineRun {
  readonly project: Project
  readonly deployment: Deployment
  readonly variables: StepContext['variables']
  /** Cancels the run; has no effect once traffic has switched. */
  readonly signal: AbortSignal
  readonly save: (step: StepRecord, facts: Partial<Facts>) => void
  readonly tell: (event: NewEvent) => void
  /** What was saved and told is on disk when this returns. */
  readonly flush: () => void
  /** Waits for a place among the builds. */
  readonly takeBuildSlot: () => Promise<Disposable>
  /** Called once, when a step has switched traffic. */
  readonly onSwitch: () => void
}

const undoTimeoutMs = 60_000

/** Answers all facts, or throws the failing step's error after everything was undone. */
export async function runPipeline(
  steps: readonly AnyStep[],
  initial: Partial<Facts>,
  run: PipelineRun,
): Promise<Facts> {
  let facts = initial
  let slot: Disposable | null = null
  let signal: AbortSignal | null = run.signal
  const begun: AnyStep[] = []
  try {
    for (const step of steps) {
      signal?.throwIfAborted()
      const needsSlot = step.needsBuildSlot?.(facts as Facts) ?? false
      if (needsSlot) slot ??= await run.takeBuildSlot()
      else slot = releaseSlot(slot)
      begun.push(step)
      facts = { ...facts, ...(await runStep(step, facts, { run, signal })) }
      if (step.switchesTraffic === true) {
        // Whoever cancelled in the middle of the switch was told that it is cancelled.
        signal?.throwIfAborted()
        signal = null
        run.onSwitch()
      }
    }
    return facts as Facts
  } catch (error) {
    releaseSlot(slot)
    slot = null
    await undoSteps(begun, facts, run)
    throw error
  } finally {
    releaseSlot(slot)
  }
}

/** Undoes steps that were begun, last first. A failing undo is told and stops nothing. */
export async function undoSteps(
  begun: readonly AnyStep[],
  facts: Partial<Facts>,
  run: Pick<PipelineRun, 'project' | 'deployment' | 'variables' | 'save' | 'tell'>,
): Promise<void> {
  for (const step of begun.toReversed()) {
    if (step.undo === undefined) continue
    const teller = stepTeller(step.name, run)
    const startedAt = new Date()
    const problem = await tryToUndo(step, teller.context, facts)
    try {
      if (problem === null) {
        run.save(
          { step: step.name, status: 'undone', startedAt, finishedAt: new Date(), used: null },
          facts,
        )
        teller.tell('undone', teller.summary())
      } else teller.tell('failed', `could not be undone: ${problem}`)
    } catch {
      // The disk may be full. The others are undone all the same, and what is on record of this one
      // says that it began, so the next start of the server undoes it again.
    }
  }
}

/** Null where it was undone, else why it was not. */
async function tryToUndo(
  step: AnyStep,
  context: Omit<StepContext, 'signal'>,
  facts: Partial<Facts>,
): Promise<string | null> {
  try {
    await step.undo?.({ ...context, signal: AbortSignal.timeout(undoTimeoutMs) }, facts as Facts)
    return null
  } catch (error) {
    return messageOf(error)
  }
}

async function runStep(
  step: AnyStep,
  facts: Partial<Facts>,
  { run, signal }: { run: PipelineRun; signal: AbortSignal | null },
): Promise<Partial<Facts>> {
  const startedAt = new Date()
  const limit = AbortSignal.timeout(step.timeoutMs)
  const teller = stepTeller(step.name, run)
  const save = (status: StepStatus, known: Partial<Facts>): void => {
    const finishedAt = status === 'in_progress' ? null : new Date()
    run.save({ step: step.name, status, startedAt, finishedAt, used: teller.used() }, known)
  }
  if (step.isIdle?.(facts as Facts) !== true) {
    save('in_progress', facts)
    teller.tell('in_progress', '')
    // What is to be undone after a crash has to be known by then.
    if (step.undo !== undefined && step.needsUndo?.(facts as Facts) !== false) run.flush()
  }
  try {
    const stepSignal = signal === null ? limit : AbortSignal.any([signal, limit])
    const learned = await step.run({ ...teller.context, signal: stepSignal }, facts as Facts)
    save(teller.status(), { ...facts, ...learned })
    teller.tell(teller.status(), withDuration(teller.summary(), startedAt))
    return learned
  } catch (thrown) {
    const error = reasonOf(thrown, { step, signal, limit })
    save('failed', facts)
    teller.tell('failed', withDuration(messageOf(error), startedAt))
    throw error
  }
}

/** A step that was interrupted throws whatever it was doing; people are told why it was. */
function reasonOf(
  thrown: unknown,
  { step, signal, limit }: { step: AnyStep; signal: AbortSignal | null; limit: AbortSignal },
): unknown {
  if (signal?.aborted === true) return signal.reason
  if (limit.aborted && !(thrown instanceof SlipwayError)) {
    const seconds = Math.round(step.timeoutMs / 1_000)
    return new SlipwayError('step_timeout', { step: step.name, seconds }, thrown)
  }
  return thrown
}

function stepTeller(
  step: StepName,
  {
    project,
    deployment,
    variables,
    tell,
  }: Pick<PipelineRun, 'project' | 'deployment' | 'variables' | 'tell'>,
) {
  let status: StepStatus = 'completed'
  let summary = ''
  const warnings: string[] = []
  let used: StepUse | null = null
  const event = (kind: StepStatus, text: string, stream: NewEvent['stream']): void => {
    tell({ deployment: deployment.number, step, status: kind, stream, text })
  }
  const context: Omit<StepContext, 'signal'> = {
    project,
    deployment,
    variables,
    output: (line, stream) => {
      event('in_progress', line, stream ?? null)
    },
    summarise: (text) => {
      summary = text
    },
    use: (more) => {
      used = addUse(used, more)
    },
    skip: (reason) => {
      status = 'skipped'
      summary = reason
    },
    warn: (text) => {
      status = 'warned'
      warnings.push(text)
    },
  }
  return {
    context,
    status: () => status,
    // What people should know stands before what is as it should be.
    summary: () => [...warnings, summary].filter((text) => text !== '').join('; '),
    used: () => used,
    tell: (kind: StepStatus, text: string): void => {
      event(kind, text, null)
    },
  }
}

function releaseSlot(slot: Disposable | null): null {
  slot?.[Symbol.dispose]()
  return null
}

function withDuration(text: string, startedAt: Date): string {
  const time = `(${showDuration(Date.now() - startedAt.getTime())})`
  return text === '' ? time : `${text}  ${time}`
}

function messageOf(error: unknown): string {
  return error instanceof SlipwayError ? error.message : 'something went wrong in the server'
}
