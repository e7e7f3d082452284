/**
 * Starts programs of Slipway's own that stay and handle strangers' texts: as the user that builds,
 * behind the same walls, with nothing of the server's environment, and never longer than it.
 */
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import type { Config } from '../config.ts'
import type {
  SandboxedEnd,
  SandboxedProcess,
  SandboxedProcesses,
  SandboxedProgram,
} from '../contracts/sandboxed-processes.ts'
import { SlipwayError } from '../domain/errors.ts'
import { type Command, endGroup, type RunAs, startProcess } from '../machine/run-command.ts'
import { refuseRoot } from './build-user.ts'
import { buildProgramCommand, buildProgramSandboxOptions } from './program-sandbox.ts'
import { waitForEnd } from './run-tree.ts'
import { buildSeccompFilter } from './seccomp.ts'
import type { Toolchain } from './toolchain.ts'

export interface SandboxedProcessesParts {
  readonly config: Config
  /** Null: the server's own user, which must not be root. */
  readonly buildUser: RunAs | null
  readonly toolchain: Pick<Toolchain, 'nodePath' | 'bwrapPath'>
}

/** Throws `sandbox_unavailable` where they would run as root. */
export function createSandboxedProcesses(parts: SandboxedProcessesParts): SandboxedProcesses {
  refuseRoot(parts.buildUser)
  const isSandboxed = parts.config.build.sandbox === 'required'
  return {
    start: (program) => {
      const { command, inputs } = isSandboxed
        ? behindWalls(program, parts)
        : unprotected(program, parts)
      return startPiped({ ...command, runAs: parts.buildUser }, inputs)
    },
  }
}

interface Start {
  readonly command: Pick<Command, 'program' | 'args'>
  /** Given as descriptors 4, 5, …; 3 is for what bubblewrap tells of itself. */
  readonly inputs: readonly Buffer[]
}

const seccompFilter = buildSeccompFilter(process.arch)

function behindWalls(program: SandboxedProgram, { config, toolchain }: SandboxedProcessesParts) {
  if (toolchain.bwrapPath === null) {
    throw new SlipwayError('sandbox_unavailable', { problem: 'bubblewrap is not installed.' })
  }
  const options = buildProgramSandboxOptions(program, toolchain.nodePath)
  const filter = seccompFilter === null ? [] : ['--seccomp', '5']
  const bwrap = [toolchain.bwrapPath, '--json-status-fd', '3', '--args', '4', ...filter, '--']
  const words = [...bwrap, ...buildProgramCommand(program, null)]
  return {
    command: {
      program: prlimit,
      // bubblewrap's first process shows its environment to the program: it starts without any.
      args: [...limitWords(program, config), '/usr/bin/env', '-i', ...words],
    },
    inputs: [
      Buffer.from(`${options.join('\0')}\0`),
      ...(seccompFilter === null ? [] : [seccompFilter]),
    ],
  } satisfies Start
}

/** The same user and limits, and no wall. */
function unprotected(program: SandboxedProgram, { config, toolchain }: SandboxedProcessesParts) {
  const words = buildProgramCommand(program, toolchain.nodePath)
  // What bubblewrap would do: it ends with the server, whatever it is busy with.
  const tied = ['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--', '/usr/bin/env', '-i', ...words]
  return {
    command: { program: prlimit, args: [...limitWords(program, config), ...tied] },
    inputs: [],
  } satisfies Start
}

const prlimit = '/usr/bin/prlimit'

/** Address space that Node and its libraries reserve and do not use. */
const reservedBytes = 2 * 1024 ** 3

function limitWords(program: SandboxedProgram, { build }: Config): readonly string[] {
  const dataBytesMax = reservedBytes + 2 * program.memoryBytesMax
  const processesMax = build.pids * build.concurrency
  return ['--core=0', '--fsize=0', `--data=${dataBytesMax}`, `--nproc=${processesMax}`]
}

function startPiped(
  command: Pick<Command, 'program' | 'args' | 'runAs'>,
  inputs: readonly Buffer[],
): SandboxedProcess {
  const piped = inputs.map(() => 'pipe' as const)
  const child = startProcess(command, ['pipe', 'pipe', 'pipe', 'pipe', ...piped])
  const { stdin, stdout, stderr } = child
  if (stdin === null || stdout === null || stderr === null) throw new Error('no pipes')
  // A program that ended before it read all of it is known by its end.
  for (const stream of child.stdio) stream?.on('error', () => undefined)
  for (const [index, input] of inputs.entries()) {
    const stream = child.stdio[index + 4] as Writable
    stream.end(input)
  }
  const told = Promise.all([keepLast(stderr), keepLast(child.stdio[3] as Readable)])
  const settle = async (): Promise<SandboxedEnd> => {
    const startProblem = await once(child, 'exit').then(
      () => null,
      (error: unknown) => String(error),
    )
    endGroup(child)
    // Nobody waits for a process outside of our reach that still holds the pipes.
    const timer = setTimeout(() => {
      for (const stream of child.stdio) stream?.destroy()
    }, closeTimeoutMs)
    const [complaint, status] = await told
    clearTimeout(timer)
    const pid = /"child-pid": *([0-9]+)/.exec(status)?.[1]
    if (pid !== undefined) await waitForEnd(Number(pid))
    stdin.destroy()
    return { complaint, wallProblem: startProblem ?? findWallProblem(status, complaint) }
  }
  return {
    input: stdin,
    output: stdout,
    ended: settle(),
    end: () => {
      endGroup(child)
    },
  }
}

const closeTimeoutMs = 5_000

/** bubblewrap tells an exit code only where the program was started. */
function findWallProblem(status: string, complaint: string): string | null {
  if (status.includes('"exit-code"')) return null
  return /^(?:bwrap|prlimit|setpriv): [^\n]*/m.exec(complaint)?.[0] ?? null
}

const keptLength = 4_096

async function keepLast(stream: Readable): Promise<string> {
  let text = ''
  stream.on('data', (chunk: Buffer) => {
    text = `${text}${chunk.toString('latin1')}`.slice(-keptLength)
  })
  await new Promise((resume) => stream.once('close', resume))
  return text
}
