/** What is asked of an answer of git, and of an id before git is asked about it. */
import { type Oid, toOid } from '../domain/names.ts'
import type { CommandResult } from '../machine/run-command.ts'

export function requireSuccess(result: CommandResult, what: string): void {
  if (result.outcome === 'ended' && result.exitCode === 0) return
  const end = result.exitCode ?? result.signalName ?? 'nothing'
  throw new Error(`git ${what}: ${result.outcome} with ${end}: ${result.stderr.slice(0, 4_096)}`)
}

export function requireOid(text: string): Oid {
  const oid = toOid(text)
  if (oid === null) throw new Error('no object id')
  return oid
}
