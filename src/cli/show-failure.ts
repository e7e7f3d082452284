/** How a failure is told: one line, and what to do next. Never a stack trace. */
import { doorHints } from '../domain/door-hints.ts'
import { isErrorCode, SlipwayError } from '../domain/errors.ts'
import { type ExitCode, exitCodeOfKind, exitCodes } from './exit-code.ts'
import { toPlainLine } from './plain-text.ts'
import { Interrupted } from './prompt.ts'
import { ServerProblem } from './server-problem.ts'
import type { Terminal } from './terminal.ts'

/** Tells it and answers the exit code. */
export function showFailure(thrown: unknown, terminal: Terminal, isJson: boolean): ExitCode {
  terminal.note('')
  if (thrown instanceof Interrupted) return exitCodes.interrupted
  const isOurs = thrown instanceof SlipwayError || thrown instanceof ServerProblem
  const error = isOurs ? thrown : new SlipwayError('command_broken', { problem: String(thrown) })
  const { code, message } = error
  const hint = findHint(error)
  const fields = error instanceof ServerProblem ? error.errors : []
  if (isJson) {
    terminal.err(`${JSON.stringify({ code, detail: message, hint, errors: fields })}\n`)
  } else {
    terminal.err(`slipway: ${terminal.paintErr('red', toPlainLine(message))}\n`)
    // The first is in the message.
    for (const { pointer, detail } of fields.slice(1)) {
      terminal.err(`  ${toPlainLine(`${pointer}: ${detail}`)}\n`)
    }
    if (hint !== '') terminal.err(`  ${toPlainLine(hint)}\n`)
  }
  return error instanceof ServerProblem ? error.exitCode : exitCodeOfKind(error.kind)
}

function findHint(error: SlipwayError | ServerProblem): string {
  if (error instanceof SlipwayError) return error.hintAt('command')
  const { code, hint } = error
  return (isErrorCode(code) ? doorHints.command[code] : undefined) ?? hint
}
