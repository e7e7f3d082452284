/** What a step is given beside its facts, and what it said. */
import type { Deployment } from '../../src/domain/deployment.ts'
import { noOptions } from '../../src/domain/deployment.ts'
import type { Project } from '../../src/domain/project.ts'
import type { StepContext } from '../../src/pipeline/step.ts'

export interface HeardContext {
  readonly context: StepContext
  readonly output: readonly string[]
  /** The summary, and whatever was skipped or warned of. */
  readonly said: readonly string[]
}

export function contextOf(project: Project, signal = new AbortController().signal): HeardContext {
  const output: string[] = []
  const said: string[] = []
  const say = (text: string): void => {
    said.push(text)
  }
  const context: StepContext = {
    project,
    deployment: deploymentOf(project),
    variables: {},
    signal,
    output: (line) => {
      output.push(line)
    },
    summarise: say,
    use: () => undefined,
    skip: say,
    warn: say,
  }
  return { context, output, said }
}

export function deploymentOf(project: Project, change: Partial<Deployment> = {}): Deployment {
  return {
    projectId: project.id,
    number: 1,
    status: 'in_progress',
    trigger: 'push',
    commit: null,
    branch: 'main',
    actor: 'ada',
    options: noOptions,
    release: null,
    error: null,
    createdAt: new Date(),
    startedAt: new Date(),
    finishedAt: null,
    ...change,
  }
}
