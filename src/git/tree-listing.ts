/**
 * The list of a commit's files, read as git tells it and given up as soon as it passes a limit: a
 * few hundred bytes in a repository can name a thousand million files.
 */
import type { Readable } from 'node:stream'
import type { TreeEntry } from '../domain/build-plan.ts'
import { SlipwayError } from '../domain/errors.ts'
import type { GitLimits } from './git-command.ts'

/** Paths may be deep and long; their sum may not be. */
const listingBytesMax = 32 * 1024 ** 2
const nul = 0x00

/** Reads `ls-tree -r -t -l -z`. Throws `tree_too_large` and then reads no further. */
export async function readTreeListing(
  stream: Readable,
  limits: GitLimits,
): Promise<readonly TreeEntry[]> {
  const entries: TreeEntry[] = []
  let fileBytes = 0
  let listingBytes = 0
  let pending: Buffer = Buffer.alloc(0)
  for await (const part of stream as AsyncIterable<Buffer>) {
    listingBytes += part.length
    pending = Buffer.concat([pending, part])
    let start = 0
    for (let end = pending.indexOf(nul); end >= 0; end = pending.indexOf(nul, start)) {
      const entry = parseTreeLine(pending.toString('utf8', start, end))
      start = end + 1
      entries.push(entry)
      fileBytes += entry.bytes
      if (entries.length > limits.treeEntriesMax) throw tooMany(limits.treeEntriesMax)
      if (fileBytes > limits.treeBytesMax) throw tooLarge(limits.treeBytesMax)
    }
    if (listingBytes > listingBytesMax) throw tooMany(limits.treeEntriesMax)
    pending = pending.subarray(start)
  }
  return entries
}

/** `<mode> <type> <oid> <size, padded>\t<path>`; only a blob has a size. */
export function parseTreeLine(line: string): TreeEntry {
  const found = /^([0-7]{6}) (blob|tree|commit) ([0-9a-f]{40}) +([0-9]+|-)\t([^]+)$/.exec(line)
  const [, mode, type, oid, size, path] = found ?? []
  if (
    mode === undefined ||
    oid === undefined ||
    path === undefined ||
    (type !== 'blob' && type !== 'tree' && type !== 'commit')
  ) {
    throw new Error('git listed what is no tree entry')
  }
  return { path, type, mode, oid, bytes: size === '-' ? 0 : Number(size) }
}

function tooMany(count: number): SlipwayError {
  return new SlipwayError('tree_too_large', {
    what: `more than ${count.toLocaleString('en')} files and folders`,
    what_max: count.toLocaleString('en'),
  })
}

function tooLarge(bytes: number): SlipwayError {
  const size = `${Math.floor(bytes / 1024 ** 2).toLocaleString('en')} MiB`
  return new SlipwayError('tree_too_large', { what: `more than ${size} of files`, what_max: size })
}
