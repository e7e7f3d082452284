/**
 * The one place that starts processes: argv only, no shell, an empty environment unless one is
 * given, a time limit, and the whole process group ended. Says what happened; judges nothing.
 */
import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'

/** A user to run as; left out, the server's own. */
export interface RunAs {
  readonly uid: number
  readonly gid: number
}

export interface Command {
  readonly program: string
  readonly args: readonly string[]
  readonly cwd?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly runAs?: RunAs | null
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  /** Written to the standard input, which is closed after it. */
  readonly input?: string | Buffer
  /** Gets standard output instead of the result's `stdout`; must end when the stream does. */
  readonly onStdout?: (stream: Readable) => Promise<void>
  readonly onStderr?: (stream: Readable) => Promise<void>
  /** More output than this ends the process; 64 MiB unless given. */
  readonly outputBytesMax?: number
}

export interface CommandResult {
  readonly outcome: 'ended' | 'timeout' | 'aborted' | 'too_much_output'
  readonly exitCode: number | null
  readonly signalName: string | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** PATH for the programs of the system; nothing of the operator's shell. */
export const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Runs a command to its end. Rejects only where the program can't be started. */
export async function runCommand(command: Command): Promise<CommandResult> {
  let outcome: CommandResult['outcome'] = 'ended'
  const child = startProcess(command, ['pipe', 'pipe', 'pipe'])
  const end = (why: CommandResult['outcome']): void => {
    if (outcome === 'ended') outcome = why
    endGroup(child)
  }
  const timer = setTimeout(() => {
    end('timeout')
  }, command.timeoutMs)
  const onAbort = (): void => {
    end('aborted')
  }
  command.signal?.addEventListener('abort', onAbort)
  if (command.signal?.aborted === true) onAbort()
  try {
    const { stdin, stdout, stderr } = child
    if (stdin === null || stdout === null || stderr === null) throw new Error('no pipes')
    stdin.on('error', () => undefined)
    stdin.end(command.input)
    const bytesMax = command.outputBytesMax ?? 64 * 1024 ** 2
    const onTooMuch = (): void => {
      end('too_much_output')
    }
    const [out, err, [exitCode, signalName]] = await Promise.all([
      command.onStdout === undefined
        ? collect(stdout, bytesMax, onTooMuch)
        : command.onStdout(stdout).then(() => Buffer.alloc(0)),
      command.onStderr === undefined
        ? collect(stderr, bytesMax, onTooMuch)
        : command.onStderr(stderr).then(() => Buffer.alloc(0)),
      once(child, 'close') as Promise<[number | null, string | null]>,
    ])
    return { outcome, exitCode, signalName, stdout: out, stderr: err.toString('utf8') }
  } finally {
    clearTimeout(timer)
    command.signal?.removeEventListener('abort', onAbort)
    endGroup(child)
  }
}

/** Starts a process at the head of a group of its own, for callers that join it to streams. */
export function startProcess(
  command: Pick<Command, 'program' | 'args' | 'cwd' | 'environment' | 'runAs'>,
  stdio: StdioOptions,
): ChildProcess {
  const { runAs } = command
  return spawn(command.program, [...command.args], {
    cwd: command.cwd ?? '/',
    env: { PATH: systemPath, ...command.environment },
    detached: true,
    stdio,
    ...(runAs === undefined || runAs === null ? {} : { uid: runAs.uid, gid: runAs.gid }),
  })
}

/** Ends every process of the group at once. Harmless where none is left. */
export function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // ESRCH: the group has gone already, which is what was wanted.
  }
}

async function collect(stream: Readable, bytesMax: number, onTooMuch: () => void): Promise<Buffer> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of stream as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes <= bytesMax) parts.push(part)
    else onTooMuch()
  }
  return Buffer.concat(parts)
}
