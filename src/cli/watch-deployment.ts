/** Shows a deployment while it runs, and ends as it ends: the exit code is what became of it. */
import { ProgressLines } from '../domain/progress-lines.ts'
import type { Api } from './api.ts'
import { paintLine } from './colours.ts'
import { type ExitCode, exitCodes } from './exit-code.ts'
import { followLog, type LogOfDeployment } from './follow-log.ts'
import { toPlainLine } from './plain-text.ts'
import type { ShownDeployment } from './shapes.ts'
import type { Paint, Terminal } from './terminal.ts'

/** `write` gets the lines; the bottom line of a terminal says what goes on and for how long. */
export async function watchDeployment(
  { api, log }: { readonly api: Api; readonly log: LogOfDeployment },
  { terminal, write, paint }: { terminal: Terminal; write: (text: string) => void; paint: Paint },
): Promise<ShownDeployment> {
  const progress = new ProgressLines()
  const startedAt = performance.now()
  let doing = 'waiting'
  const showNote = (): void => {
    const seconds = Math.floor((performance.now() - startedAt) / 1_000)
    terminal.note(`  … v${log.number} ${doing}  ${seconds} s`)
  }
  const timer = setInterval(showNote, 1_000)
  try {
    showNote()
    const events = followLog(api, log)
    for (;;) {
      const next = await events.next()
      if (next.done === true) return next.value
      const { event } = next.value
      if (event.stream === null && event.status === 'in_progress') doing = event.step
      for (const line of progress.show(event)) {
        write(`${paintLine(toPlainLine(line), event, paint)}\n`)
      }
      showNote()
    }
  } finally {
    clearInterval(timer)
    terminal.note('')
  }
}

/** The last words about a deployment that is not live, and the exit code of any. */
export function concludeDeployment(
  { status, error, number }: ShownDeployment,
  terminal: Terminal,
): ExitCode {
  if (status === 'completed') return exitCodes.done
  const message = toPlainLine(error?.message ?? `v${number} is ${status}.`)
  terminal.err(`slipway: ${terminal.paintErr('red', message)}\n`)
  if (error !== null && error.hint !== '') terminal.err(`  ${toPlainLine(error.hint)}\n`)
  return exitCodes.failed
}
