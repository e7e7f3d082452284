/**
 * The one place of the command that starts programs: git, and a browser. No shell, arguments only,
 * the environment of the person who called.
 */
import { SlipwayError } from '../domain/errors.ts'

export interface ProgramCall {
  readonly program: string
  readonly args: readonly string[]
  readonly folder: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Written to its standard input. */
  readonly input?: string
}

export interface ProgramResult {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs it to its end. Throws `program_missing` where it can not be started. */
export async function runProgram(call: ProgramCall): Promise<ProgramResult> {
  const { spawn } = await import('node:child_process')
  const child = spawn(call.program, [...call.args], {
    cwd: call.folder,
    env: { ...call.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.once('error', (error) => {
    reject(new SlipwayError('program_missing', { program: call.program }, error))
  })
  child.once('close', resolve)
  // A program that reads nothing may have ended before it was told.
  child.stdin.on('error', () => undefined)
  child.stdin.end(call.input)
  return { exitCode: await promise, stdout, stderr }
}

/** Starts it and leaves it alone. Resolves to false where it can not be started. */
export async function launchProgram(call: ProgramCall): Promise<boolean> {
  const { spawn } = await import('node:child_process')
  const child = spawn(call.program, [...call.args], {
    cwd: call.folder,
    env: { ...call.environment },
    stdio: 'ignore',
    detached: true,
  })
  return new Promise((resolve) => {
    child.once('error', () => {
      resolve(false)
    })
    child.once('spawn', () => {
      child.unref()
      resolve(true)
    })
  })
}
