/** Which colour a status and a line of a log have. */
import type { DeploymentEvent } from '../domain/deployment.ts'
import type { Cell } from './table.ts'
import type { Paint, Style } from './terminal.ts'

const styles: Readonly<Record<string, Style>> = {
  completed: 'green',
  deployed: 'green',
  failed: 'red',
  cancelled: 'yellow',
  warned: 'yellow',
  undone: 'yellow',
  queued: 'cyan',
  in_progress: 'cyan',
  deploying: 'cyan',
}

export function colourStatus(status: string): Exclude<Cell, null> {
  const style = styles[status]
  return style === undefined ? status : { text: status, style }
}

export function paintStatus(status: string, paint: Paint): string {
  const style = styles[status]
  return style === undefined ? status : paint(style, status)
}

/** Tools' lines step back; a mark shows how its step ended. */
export function paintLine(line: string, { stream, step, status }: DeploymentEvent, paint: Paint) {
  if (line === '') return line
  if (stream !== null) return paint('dim', line)
  const style = styles[status]
  if (step === 'deployment') return status === 'completed' ? paint('bold', line) : line
  return status === 'in_progress' || style === undefined
    ? line
    : line.replace(/^ {2}\S/, (mark) => `  ${paint(style, mark.trim())}`)
}
