/**
 * Runs one command to its end, and all that it started with it: when it returns, none of those
 * processes is left, however they tried to stay.
 */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import type { ProcessUse } from '../domain/use.ts'
import { openPipes, type Pipe } from '../machine/pipe.ts'
import { type Command, endGroup, startProcess } from '../machine/run-command.ts'
import type { OutputStream } from './output-lines.ts'
import { TreeMeter } from './tree-meter.ts'

type ChildProcess = ReturnType<typeof startProcess>

export interface TreeRun {
  readonly command: Pick<Command, 'program' | 'args' | 'cwd' | 'environment' | 'runAs'>
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Where the pipes for its output may be made. */
  readonly pipeFolder: string
  /** Given to the process to read as descriptors 4, 5, …; 3 is for what it tells of itself. */
  readonly inputs: readonly Buffer[]
  readonly onOutput: (chunk: Buffer, stream: OutputStream) => void
  /** Called when the first process has ended; ends the rest. `status` is what descriptor 3 gave. */
  readonly endRest: (status: string) => Promise<void>
}

export interface TreeResult {
  readonly outcome: 'ended' | 'timeout' | 'aborted'
  readonly exitCode: number | null
  readonly signalName: string | null
  readonly status: string
  readonly used: ProcessUse | null
}

export async function runTree(run: TreeRun): Promise<TreeResult> {
  let outcome: TreeResult['outcome'] = 'ended'
  const failures: Error[] = []
  let status = ''
  const inputs = run.inputs.map(() => 'pipe' as const)
  const pipes = await openPipes(run.pipeFolder, outputStreams.length)
  const child = startPrinting(run.command, pipes, inputs)
  const meter = child.pid === undefined ? null : new TreeMeter(child.pid)
  const end = (why: TreeResult['outcome']): void => {
    if (outcome === 'ended') outcome = why
    meter?.look()
    endGroup(child)
  }
  const guard = (read: (chunk: Buffer) => void) => (chunk: Buffer) => {
    try {
      if (failures.length === 0) read(chunk)
    } catch (error) {
      failures.push(error instanceof Error ? error : new Error(String(error)))
      endGroup(child)
    }
  }
  const onAbort = (): void => {
    end('aborted')
  }
  const timer = setTimeout(() => {
    end('timeout')
  }, run.timeoutMs)
  run.signal.addEventListener('abort', onAbort)
  const stopWatching = (): void => {
    clearTimeout(timer)
    run.signal.removeEventListener('abort', onAbort)
  }
  const outputs = pipes.map(({ output }) => output)
  const closed = Promise.all([child, ...outputs].map((part) => once(part, 'close')))
  closed.catch(() => undefined)
  try {
    for (const [index, { output }] of pipes.entries()) {
      const stream = outputStreams[index] ?? 'stderr'
      output.on(
        'data',
        guard((chunk) => {
          meter?.look()
          run.onOutput(chunk, stream)
        }),
      )
    }
    readableOf(child, 3)?.on(
      'data',
      guard((chunk) => {
        if (status.length < statusLengthMax) status += chunk.toString('latin1')
      }),
    )
    giveInputs(child, run.inputs)
    if (run.signal.aborted) onAbort()
    const [exitCode, signalName] = (await once(child, 'exit')) as [number | null, string | null]
    stopWatching()
    const used = meter?.stop() ?? null
    endGroup(child)
    await run.endRest(status)
    await settle([...child.stdio, ...outputs], closed)
    const [failure] = failures
    if (failure !== undefined) throw failure
    return { outcome, exitCode, signalName, status, used }
  } finally {
    stopWatching()
    meter?.stop()
    endGroup(child)
  }
}

function startPrinting(
  command: TreeRun['command'],
  pipes: readonly Pipe[],
  inputs: readonly 'pipe'[],
): ChildProcess {
  const printing = pipes.map(({ descriptor }) => descriptor)
  try {
    return startProcess(command, ['ignore', ...printing, 'pipe', ...inputs])
  } finally {
    for (const pipe of pipes) pipe.closeWritingEnd()
  }
}

const outputStreams: readonly OutputStream[] = ['stdout', 'stderr']
const statusLengthMax = 16_384
const closeTimeoutMs = 5_000
const endTimeoutMs = 30_000
const pollMs = 1

/**
 * Waits until a process has ended, and with the first one of a pid namespace all of the others: the
 * kernel ends those before it lets the first one go.
 */
export async function waitForEnd(pid: number): Promise<void> {
  const started = await readStart(pid)
  if (started === null) return
  const latest = performance.now() + endTimeoutMs
  while (performance.now() < latest) {
    if ((await readStart(pid)) !== started) return
    await wait(pollMs)
  }
  throw new Error(`process ${pid} could not be ended`)
}

/** When the process started, in clock ticks; null where it has ended. */
async function readStart(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
  // The name of the program stands in brackets and may hold anything, so count from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, start] = [fields[0] ?? '', fields[19] ?? '']
  return start === '' || state === 'Z' || state === 'X' ? null : start
}

/** A process outside of our reach may still hold the pipes; nobody waits for it. */
async function settle(
  streams: readonly (Readable | Writable | null | undefined)[],
  closed: Promise<unknown>,
): Promise<void> {
  const timer = setTimeout(() => {
    for (const stream of streams) stream?.destroy()
  }, closeTimeoutMs)
  try {
    await closed
  } finally {
    clearTimeout(timer)
  }
}

function giveInputs(child: ChildProcess, inputs: readonly Buffer[]): void {
  for (const [index, input] of inputs.entries()) {
    const stream = child.stdio[index + 4] as Writable | null | undefined
    // A process that ended before it read all of it says so by its exit code.
    stream?.on('error', () => undefined)
    stream?.end(input)
  }
}

function readableOf(child: ChildProcess, descriptor: number): Readable | null {
  return (child.stdio[descriptor] ?? null) as Readable | null
}
