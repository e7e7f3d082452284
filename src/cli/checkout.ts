/** The git checkout that the command is called in: its remote, and how git learns the token. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { SlipwayError } from '../domain/errors.ts'
import type { Secret } from '../domain/secret.ts'
import { runProgram, type ProgramResult } from './run-program.ts'

export const remoteName = 'deploy'

export interface Place {
  readonly folder: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** The address of the remote as it is set; null outside of a checkout and where there is none. */
export async function readRemoteUrl(place: Place): Promise<string | null> {
  const { exitCode, stdout } = await runGit(place, ['config', '--get', `remote.${remoteName}.url`])
  return exitCode === 0 ? stdout.trim() : null
}

/** Throws `checkout_missing`. */
export async function requireCheckout(place: Place): Promise<void> {
  const { exitCode } = await runGit(place, ['rev-parse', '--git-dir'])
  if (exitCode !== 0) throw new SlipwayError('checkout_missing', { folder: place.folder })
}

/** Answers whether it was not there before. Throws `remote_taken` where it names something else. */
export async function addRemote(place: Place, url: string): Promise<boolean> {
  const current = await readRemoteUrl(place)
  if (current === url) return false
  if (current !== null) throw new SlipwayError('remote_taken', { current: hideUser(current), url })
  await requireGit(place, ['remote', 'add', remoteName, url])
  return true
}

/** Makes a folder a checkout, of nothing as yet. */
export async function makeCheckout(place: Place): Promise<void> {
  await requireGit(place, ['init', '--quiet'])
}

/** Gets a branch of the remote and checks it out. */
export async function checkOutBranch(place: Place, branch: string): Promise<void> {
  const from = `refs/heads/${branch}`
  const tracked = `refs/remotes/${remoteName}/${branch}`
  await requireGit(place, ['fetch', '--quiet', remoteName, `+${from}:${tracked}`])
  await requireGit(place, ['checkout', '--quiet', '--track', '-B', branch, tracked])
}

/**
 * Gives git the token of one remote through its own credential helper, or, where none is set up,
 * through a file in `settingsDir` that this checkout alone looks into. Answers whether git has it
 * now: a helper may refuse or forget.
 */
export async function storeToken(
  place: Place,
  gitUrl: string,
  { token, settingsDir }: { readonly token: Secret; readonly settingsDir: string },
): Promise<boolean> {
  const { origin, protocol, host, pathname } = new URL(gitUrl)
  // Two projects of one server may have two tokens.
  await requireGit(place, ['config', '--local', `credential.${origin}.useHttpPath`, 'true'])
  const helper = await runGit(place, ['config', '--get-urlmatch', 'credential.helper', gitUrl])
  if (helper.stdout.trim() === '') {
    const file = join(settingsDir, 'git-credentials')
    // No login has made it where the token comes from elsewhere, and git makes no folders.
    await mkdir(settingsDir, { recursive: true, mode: 0o700 })
    const words = `store --file ${quoteForShell(file)}`
    await requireGit(place, ['config', '--local', `credential.${origin}.helper`, words])
  }
  const about = [`protocol=${protocol.slice(0, -1)}`, `host=${host}`, `path=${pathname.slice(1)}`]
  const secret = ['username=slipway', `password=${token.reveal()}`]
  const ask = (verb: string, lines: readonly string[]): Promise<ProgramResult> =>
    runGit(place, ['-c', 'core.askPass=', 'credential', verb], `${lines.join('\n')}\n\n`)
  await ask('reject', about)
  await ask('approve', [...about, ...secret])
  const known = await ask('fill', about)
  return known.stdout.split('\n').includes(`password=${token.reveal()}`)
}

async function requireGit(place: Place, args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await runGit(place, args)
  if (exitCode === 0) return
  const problem = stderr.trim().split('\n').at(-1) ?? ''
  throw new SlipwayError('git_refused', { command: args.slice(0, 2).join(' '), problem })
}

function runGit(place: Place, args: readonly string[], input?: string): Promise<ProgramResult> {
  return runProgram({
    program: 'git',
    args,
    folder: place.folder,
    // Nobody is asked for anything: what git does not know is an answer too.
    environment: { ...place.environment, GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: '', LC_ALL: 'C' },
    ...(input === undefined ? {} : { input }),
  })
}

function hideUser(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//')
}

function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
