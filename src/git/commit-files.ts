/**
 * Commits that the server makes itself: the objects by `git fast-import`, the branch by
 * `git update-ref` from what it was. Names of refs go by standard input, never on a command line.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { readdir, rm, stat } from 'node:fs/promises'
import type { BranchHead, CommitMade, CommitWish } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'
import { type Oid, zeroOid } from '../domain/names.ts'
import { type CommandResult, runCommand } from '../machine/run-command.ts'
import { isFullDisk } from './checkout.ts'
import { parseCommitAnswer, renderCommitStream } from './commit-stream.ts'
import { buildGitCommandInside, type GitPlace } from './git-command.ts'
import { isPlainRefName } from './read-ref.ts'

/** One who loses against others so often is told so. */
const attemptsMax = 20

/** What is answered lasts, as what is pushed does. */
const durable = ['-c', 'core.fsync=committed']

export interface CommitPlace extends GitPlace {
  readonly readHead: () => Promise<BranchHead | null>
}

export async function commitFiles(place: CommitPlace, wish: CommitWish): Promise<CommitMade> {
  const { branch } = wish
  const ref = `refs/heads/${branch}`
  if (!isPlainRefName(ref) || Buffer.byteLength(ref) > place.limits.refNameBytesMax) {
    throw new SlipwayError('ref_name_refused', { ref: ref.slice(0, 200) })
  }
  if (!(await isThere(place))) throw new SlipwayError('project_gone')
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const head = await place.readHead()
    const previous = head?.commit ?? null
    if ((await wish.isWanted?.(head)) === false) return { commit: previous, previous, isNew: false }
    const { commit, isSame } = await writeCommit(place, wish, previous)
    if (isSame && previous !== null) return { commit: previous, previous, isNew: false }
    if (await moveRef(place, { ref, from: previous, to: commit })) {
      return { commit, previous, isNew: true }
    }
    await wait(Math.random() * 10 * attempt)
  }
  throw new SlipwayError('ref_moved', { branch })
}

async function writeCommit(
  place: CommitPlace,
  wish: CommitWish,
  parent: Oid | null,
): Promise<ReturnType<typeof parseCommitAnswer>> {
  const words = ['fast-import', '--quiet']
  const input = renderCommitStream(wish, { parent, now: new Date() })
  const result = await run(place, words, input)
  if (hasEndedWell(result)) return parseCommitAnswer(result.stdout.toString('latin1'))
  await removeCrashReports(place)
  throw await explain(place, 'fast-import', result)
}

/** False where the branch is another by now, or somebody else is at it. */
async function moveRef(
  place: CommitPlace,
  { ref, from, to }: { readonly ref: string; readonly from: Oid | null; readonly to: Oid },
): Promise<boolean> {
  const input = Buffer.from(`update ${ref}\0${to}\0${from ?? zeroOid}\0`)
  const result = await run(place, ['update-ref', '--stdin', '-z'], input)
  if (hasEndedWell(result)) return true
  // A branch "a" leaves no room for a branch "a/b".
  if (/cannot (?:create|be created)|there is a non-empty directory/.test(result.stderr)) {
    throw new SlipwayError('ref_name_refused', { ref })
  }
  if (/cannot lock ref|unable to create .*\.lock/i.test(result.stderr)) return false
  throw await explain(place, 'update-ref', result)
}

function run(place: GitPlace, words: readonly string[], input: Buffer): Promise<CommandResult> {
  return runCommand({
    ...buildGitCommandInside(place, [...durable, ...words]),
    timeoutMs: place.limits.gitTimeoutMs,
    input,
  })
}

function hasEndedWell({ outcome, exitCode }: CommandResult): boolean {
  return outcome === 'ended' && exitCode === 0
}

async function explain(place: GitPlace, what: string, result: CommandResult): Promise<Error> {
  const { repositoryDir } = place
  if (!(await isThere(place))) return new SlipwayError('project_gone')
  if (isFullDisk(result.stderr)) return new SlipwayError('disk_full', { path: repositoryDir })
  const end = result.exitCode ?? result.signalName ?? 'nothing'
  return new Error(`git ${what}: ${result.outcome} with ${end}: ${result.stderr.slice(0, 4_096)}`)
}

async function isThere({ repositoryDir }: GitPlace): Promise<boolean> {
  return stat(repositoryDir).then(
    () => true,
    () => false,
  )
}

/** git leaves one in the repository whenever it gives up. */
async function removeCrashReports({ repositoryDir }: GitPlace): Promise<void> {
  const names = await readdir(repositoryDir).catch(() => [])
  for (const name of names) {
    if (name.startsWith('fast_import_crash_')) await rm(`${repositoryDir}/${name}`, { force: true })
  }
}
