/**
 * DNS-01 by a program of the operator's, called as lego's `exec` provider calls it: the words
 * `present` or `cleanup`, the name with its last dot, and the value. No shell; exit code 0 is done.
 */
import { runCommand } from '../machine/run-command.ts'
import type { DnsProvider } from './dns-provider.ts'

export interface ProgramProvider {
  readonly program: string
  readonly timeoutMs: number
}

export function createProgramProvider({ program, timeoutMs }: ProgramProvider): DnsProvider {
  const call = async (
    word: 'present' | 'cleanup',
    args: readonly [name: string, value: string],
    signal: AbortSignal,
  ): Promise<void> => {
    const [name, value] = args
    const result = await runCommand({
      program,
      args: [word, `${name}.`, value],
      timeoutMs,
      signal,
    })
    signal.throwIfAborted()
    if (result.exitCode === 0) return
    const said =
      `${result.stdout.toString('utf8')}\n${result.stderr}`.trim().split('\n').at(-1) ?? ''
    const end = result.exitCode === null ? 'did not end in time' : `ended with ${result.exitCode}`
    const words = said === '' ? '' : `: ${said.slice(0, 300)}`
    throw new Error(`${program} ${word} ${name} ${end}${words}`)
  }
  return {
    present: (name, value, signal) => call('present', [name, value], signal),
    cleanUp: (name, value, signal) => call('cleanup', [name, value], signal),
  }
}
