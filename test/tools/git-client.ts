/** The real git client of a person, in a folder of its own and without anybody's configuration. */
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runCommand, startProcess } from '../../src/machine/run-command.ts'
import { patienceMs } from './patience.ts'

export interface GitOutcome {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface GitOptions {
  readonly input?: string | Buffer
  readonly environment?: Readonly<Record<string, string>>
  /** Standard output is bytes, one a character. */
  readonly raw?: boolean
}

export const clientEnvironment = {
  HOME: '/nonexistent',
  LC_ALL: 'C.UTF-8',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
} as const

/** Runs git and says how it ended. */
export async function runGit(
  dir: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<GitOutcome> {
  const result = await runCommand({
    program: 'git',
    args,
    cwd: dir,
    environment: { ...clientEnvironment, ...options.environment },
    timeoutMs: patienceMs,
    ...(options.input === undefined ? {} : { input: options.input }),
  })
  const stdout = result.stdout.toString(options.raw === true ? 'latin1' : 'utf8')
  return { exitCode: result.exitCode, stdout, stderr: result.stderr }
}

/** Runs git where it must end well; answers its output without the last line end. */
export async function git(
  dir: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<string> {
  const outcome = await runGit(dir, args, options)
  if (outcome.exitCode !== 0) throw new Error(`git ${args.join(' ')}: ${outcome.stderr}`)
  return options.raw === true ? outcome.stdout : outcome.stdout.trimEnd()
}

/** Starts git for a test that watches it or takes it away. */
export function startGit(dir: string, args: readonly string[]): ReturnType<typeof startProcess> {
  return startProcess({ program: 'git', args, cwd: dir, environment: clientEnvironment }, [
    'ignore',
    'pipe',
    'pipe',
  ])
}

export async function makeTemporaryFolder(name: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `slipway-${name}-`))
}

/** A new repository with one commit on `main`. */
export async function makeWorkingCopy(
  dir: string,
  files: Readonly<Record<string, string | Buffer>> = { 'index.html': '<h1>one</h1>\n' },
): Promise<string> {
  await git(dir, ['init', '--quiet', '--initial-branch=main'])
  return commitFiles(dir, files)
}

/** Commits the files and answers the commit's id. */
export async function commitFiles(
  dir: string,
  files: Readonly<Record<string, string | Buffer>>,
): Promise<string> {
  for (const [name, data] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true })
    await writeFile(join(dir, name), data)
  }
  await git(dir, ['add', '--all'])
  await git(dir, ['commit', '--quiet', '--allow-empty', '--message=change'])
  return git(dir, ['rev-parse', 'HEAD'])
}
