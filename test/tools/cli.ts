/** A person at a terminal of their own, with the command `slipway` and their own home folder. */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { runCommand, startProcess } from '../../src/machine/run-command.ts'
import { clientEnvironment, type GitOutcome, makeWorkingCopy, runGit } from './git-client.ts'
import { patienceMs } from './patience.ts'
import type { Files } from './site-lab.ts'

export const cliProgram = resolve(import.meta.dirname, '../../src/cli/main.ts')

export interface CliOutcome {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CliOptions {
  readonly folder?: string
  /** What is piped in. */
  readonly input?: string
  readonly environment?: Readonly<Record<string, string>>
}

export interface TerminalOptions {
  readonly environment?: Readonly<Record<string, string>>
  readonly typing?: { readonly after: string; readonly text: string }
}

export class CliUser implements AsyncDisposable {
  readonly homeDir: string

  constructor(homeDir: string) {
    this.homeDir = homeDir
  }

  get loginsFile(): string {
    return join(this.homeDir, 'config/slipway/logins.json')
  }

  get environment(): Readonly<Record<string, string>> {
    const { GIT_CONFIG_GLOBAL: _global, ...git } = clientEnvironment
    return { ...git, HOME: this.homeDir, XDG_CONFIG_HOME: join(this.homeDir, 'config') }
  }

  async run(
    words: readonly string[],
    { folder, input, environment }: CliOptions = {},
  ): Promise<CliOutcome> {
    const { exitCode, stdout, stderr } = await runCommand({
      program: process.execPath,
      args: [cliProgram, ...words],
      cwd: folder ?? this.homeDir,
      environment: { ...this.environment, ...environment },
      timeoutMs: patienceMs,
      ...(input === undefined ? {} : { input }),
    })
    return { exitCode, stdout: stdout.toString('utf8'), stderr }
  }

  /**
   * On a terminal; what it shows is in `stdout`, escape sequences and all. `text` is typed when
   * `after` has been shown.
   */
  async runOnTerminal(
    words: readonly string[],
    { environment, typing }: TerminalOptions = {},
  ): Promise<CliOutcome> {
    const line = [process.execPath, cliProgram, ...words].map(quote).join(' ')
    const record = join(this.homeDir, 'typescript')
    const child = startProcess(
      {
        program: 'script',
        args: ['--quiet', '--return', '--command', line, record],
        cwd: this.homeDir,
        environment: { ...this.environment, TERM: 'xterm', ...environment },
      },
      ['pipe', 'pipe', 'pipe'],
    )
    let stdout = ''
    let isTyped = false
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      if (typing === undefined || isTyped || !stdout.includes(typing.after)) return
      isTyped = true
      child.stdin?.write(typing.text)
    })
    const [exitCode] = (await once(child, 'close')) as [number | null]
    child.stdin?.destroy()
    return { exitCode, stdout, stderr: '' }
  }

  /** Ctrl-C as soon as that has been printed. */
  async interrupt(
    words: readonly string[],
    printed: RegExp,
  ): Promise<Omit<CliOutcome, 'exitCode'> & { readonly signalName: string | null }> {
    const child = startProcess(
      {
        program: process.execPath,
        args: [cliProgram, ...words],
        cwd: this.homeDir,
        environment: this.environment,
      },
      ['ignore', 'pipe', 'pipe'],
    )
    let [stdout, stderr] = ['', '']
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      if (printed.test(stdout)) child.kill('SIGINT')
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    const [, signalName] = (await once(child, 'close')) as [number | null, string | null]
    return { stdout, stderr, signalName }
  }

  /** git with this person's home, and nobody who could type a password. */
  git(folder: string, ...args: readonly string[]): Promise<GitOutcome> {
    return runGit(folder, args, {
      environment: { ...this.environment, GIT_CONFIG_GLOBAL: join(this.homeDir, '.gitconfig') },
    })
  }

  async makeWorkingCopy(name: string, files?: Files): Promise<string> {
    const dir = await mkdtemp(join(this.homeDir, `${name}-`))
    await makeWorkingCopy(dir, files)
    return dir
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.homeDir, { recursive: true, force: true, maxRetries: 5 })
  }
}

export async function makeCliUser(): Promise<CliUser> {
  return new CliUser(await mkdtemp(join(tmpdir(), 'slipway-person-')))
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}
