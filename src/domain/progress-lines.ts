/**
 * How a deployment's events look on a terminal, a pusher's or a follower's: one line a step with its
 * time, a tool's own lines indented below it. Pure: events in, lines out.
 */
import type { DeploymentEvent, StepStatus } from './deployment.ts'
import type { ErrorFacts } from './errors.ts'

const marks: Readonly<Record<StepStatus, string>> = {
  in_progress: '▸',
  completed: '✓',
  failed: '✗',
  skipped: '-',
  warned: '!',
  undone: '↩',
}

const nameWidth = 12
/** A tool that printed more than this has scrolled away; its end is shown again. */
const scrolledLines = 60
const repeatedLines = 12

/** Remembers only what it needs to show the end of a long output again. */
export class ProgressLines {
  #toolLines: string[] = []
  #toolLineCount = 0

  show(event: DeploymentEvent): readonly string[] {
    const { step, status, stream, text } = event
    if (stream !== null) {
      this.#remember(text)
      return [`      ${text}`.trimEnd()]
    }
    if (step === 'queue')
      return status === 'queued' && text.includes('ahead') ? [`  … ${text}`] : []
    if (step === 'deployment') {
      if (status === 'completed') return showLive(text)
      return status === 'in_progress' ? [`  ${text}`] : []
    }
    if (!isStepStatus(status) || status === 'skipped') return []
    if (status === 'in_progress') return this.#showInProgress(text)
    return [`  ${marks[status]} ${step.padEnd(nameWidth)}${text}`.trimEnd()]
  }

  /** The last words to a pusher whose deployment failed: the tool's end, the reason, the remedy. */
  showFailure({ message, hint }: Pick<ErrorFacts, 'message' | 'hint'>): readonly string[] {
    const hasScrolled = this.#toolLineCount > scrolledLines
    const repeated = hasScrolled ? this.#toolLines.map((line) => `      ${line}`) : []
    return [
      '',
      ...(hasScrolled ? ['  The last lines:', ...repeated, ''] : []),
      `  ${message}`,
      ...(hint === '' ? [] : [`  ${hint}`]),
      '',
    ]
  }

  /** What a step says of itself; without a text it begins, and nothing is shown of that. */
  #showInProgress(text: string): readonly string[] {
    if (text !== '') return [`      ${text}`]
    this.#toolLines = []
    this.#toolLineCount = 0
    return []
  }

  #remember(line: string): void {
    this.#toolLineCount += 1
    if (this.#toolLines.push(line) > repeatedLines) this.#toolLines.shift()
  }
}

/** The last words to a pusher whose site is live. */
export function showLive(text: string): readonly string[] {
  return ['', `  ${text}`, '']
}

function isStepStatus(status: string): status is StepStatus {
  return status in marks
}
