/** Lists the tree of a commit: by its loose objects where they are all there, else by git. */
import type { TreeEntry } from '../domain/build-plan.ts'
import type { Oid } from '../domain/names.ts'
import { runCommand } from '../machine/run-command.ts'
import { buildGitCommandInside, type GitPlace } from './git-command.ts'
import { requireSuccess } from './git-result.ts'
import { listLooseTree } from './loose-listing.ts'
import { readTreeListing } from './tree-listing.ts'

type Quarantine = Readonly<Record<string, string>>

/** Throws `tree_too_large` as soon as the limits are passed. */
export async function listTree(
  place: GitPlace,
  commit: Oid,
  quarantine: Quarantine,
): Promise<readonly TreeEntry[]> {
  const arrived = quarantine['GIT_OBJECT_DIRECTORY']
  const kept = `${place.repositoryDir}/objects`
  const loose = await listLooseTree(arrived === undefined ? [kept] : [arrived, kept], commit)
  return loose !== null && isWithin(place, loose) ? loose : askGit(place, commit, quarantine)
}

/** What is too large git lists again, up to where it is. */
function isWithin({ limits }: GitPlace, entries: readonly TreeEntry[]): boolean {
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0)
  return entries.length <= limits.treeEntriesMax && bytes <= limits.treeBytesMax
}

async function askGit(
  place: GitPlace,
  commit: Oid,
  quarantine: Quarantine,
): Promise<readonly TreeEntry[]> {
  const words = ['ls-tree', '-r', '-t', '-l', '-z', '--full-tree', commit]
  let entries: readonly TreeEntry[] = []
  const result = await runCommand({
    ...buildGitCommandInside(place, words, quarantine),
    timeoutMs: place.limits.gitTimeoutMs,
    onStdout: async (stream) => {
      entries = await readTreeListing(stream, place.limits)
    },
  })
  requireSuccess(result, 'ls-tree')
  return entries
}
