/**
 * Writes the files of a commit into a folder: `git archive` joined to a `tar` that runs as the user
 * that builds, so that a name or a link in the commit reaches nothing of the server's.
 */
import { once } from 'node:events'
import { pipeline } from 'node:stream/promises'
import { SlipwayError } from '../domain/errors.ts'
import { endGroup, type RunAs, startProcess } from '../machine/run-command.ts'
import type { GitCommand } from './git-command.ts'

type Process = ReturnType<typeof startProcess>

export interface Checkout {
  readonly archive: GitCommand
  readonly dir: string
  readonly runAs: RunAs | null
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Rejects with the signal's reason where that aborts; no process is left then either. */
export async function writeCheckout(checkout: Checkout): Promise<void> {
  const { archive, dir, runAs } = checkout
  const signal = AbortSignal.any([checkout.signal, AbortSignal.timeout(checkout.timeoutMs)])
  signal.throwIfAborted()
  const git = startProcess(archive, ['ignore', 'pipe', 'pipe'])
  const tar = startProcess(
    { program: 'tar', args: buildUnpackArguments(dir), environment: { LC_ALL: 'C' }, runAs },
    ['pipe', 'ignore', 'pipe'],
  )
  const end = (): void => {
    endGroup(git)
    endGroup(tar)
  }
  signal.addEventListener('abort', end)
  try {
    const [gitEnd, tarEnd] = await Promise.all([watch(git), watch(tar), join(git, tar)])
    signal.throwIfAborted()
    if (isFullDisk(tarEnd.errorText)) {
      throw new SlipwayError('disk_full', { path: dir })
    }
    if (tarEnd.exit !== 0 || gitEnd.exit !== 0) {
      throw new Error(
        `checkout: git ended with ${gitEnd.exit}, tar with ${tarEnd.exit}: ` +
          `${gitEnd.errorText} ${tarEnd.errorText}`,
      )
    }
  } finally {
    signal.removeEventListener('abort', end)
    end()
  }
}

export function buildUnpackArguments(dir: string): readonly string[] {
  return ['-x', '--no-same-owner', '--no-same-permissions', '-f', '-', '-C', dir]
}

/** What tar says depends on whether the disk filled at the start of a write or in the middle. */
export function isFullDisk(tarErrors: string): boolean {
  return /No space left on device|Disk quota exceeded|Wrote only [0-9]+ of [0-9]+ bytes/.test(
    tarErrors,
  )
}

async function join(git: Process, tar: Process): Promise<void> {
  if (git.stdout === null || tar.stdin === null) throw new Error('checkout got no pipes')
  // Where one of the two ends early, its exit says why.
  await pipeline(git.stdout, tar.stdin).catch(() => undefined)
}

async function watch(
  child: Process,
): Promise<{ readonly exit: number | string | null; readonly errorText: string }> {
  let errorText = ''
  child.stderr?.on('data', (part: Buffer) => {
    if (errorText.length < 4_096) errorText += part.toString()
  })
  const [exitCode, signalName] = (await once(child, 'close')) as [number | null, string | null]
  return { exit: exitCode ?? signalName, errorText }
}
