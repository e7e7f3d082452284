/** How a failure is told: one line, and what to do next. Never a stack trace. */
import { type ErrorCode, SlipwayError } from '../domain/errors.ts'
import { type ExitCode, exitCodeOfKind, exitCodes } from './exit-code.ts'
import { toPlainLine } from './plain-text.ts'
import { Interrupted } from './prompt.ts'
import { ServerProblem } from './server-problem.ts'
import type { Terminal } from './terminal.ts'

/** Where the next thing to type is a command of ours rather than a request or a push. */
const ownHints: Partial<Record<ErrorCode, string>> = {
  token_missing: 'Run: slipway login',
  token_unknown: 'Ask the operator for a new one, then run: slipway login',
  project_not_found: 'slipway projects lists those that exist.',
  deployment_not_found: 'slipway deployments lists those that exist.',
  variable_not_found: 'slipway env lists those that exist.',
  slug_taken: 'Choose another --slug, or leave it out and one is made from the name.',
  token_not_found: 'slipway tokens lists those that exist.',
  rollback_unknown: 'slipway deployments lists those that exist.',
  rollback_failed: 'Choose one that was, or run: slipway rollback previous',
}

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

function findHint({ code, hint }: SlipwayError | ServerProblem): string {
  return Object.entries(ownHints).find(([name]) => name === code)?.[1] ?? hint
}
