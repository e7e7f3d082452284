/**
 * Reads many blobs at once: those that git keeps one by one without a process, all others by a
 * single one.
 */
import type { TreeEntry } from '../domain/build-plan.ts'
import { runCommand } from '../machine/run-command.ts'
import { buildGitCommandInside, type GitPlace } from './git-command.ts'
import { requireOid, requireSuccess } from './git-result.ts'
import { readLooseBlob } from './loose-blob.ts'

export type ListedBlob = Pick<TreeEntry, 'oid' | 'bytes'>

const atOnce = 16
/** `<oid> blob <size>` with a line end on either side of the content. */
const answerBytesMax = 80

/** Answers in the order of the files. Throws where one is not what it was listed as. */
export async function readBlobs(
  place: GitPlace,
  files: readonly ListedBlob[],
  signal: AbortSignal,
): Promise<readonly Buffer[]> {
  const contents = new Map<string, Buffer>()
  const wanted = [...new Map(files.map((file) => [file.oid, file])).values()]
  for (let start = 0; start < wanted.length; start += atOnce) {
    signal.throwIfAborted()
    await Promise.all(
      wanted.slice(start, start + atOnce).map(async ({ oid, bytes }) => {
        const content = await readLooseBlob(place.repositoryDir, requireOid(oid), bytes)
        if (content !== null) contents.set(oid, content)
      }),
    )
  }
  const others = wanted.filter(({ oid }) => !contents.has(oid))
  const rest = others.length === 0 ? [] : await askGit(place, others, signal)
  for (const [index, { oid }] of others.entries()) {
    const content = rest[index]
    if (content !== undefined) contents.set(oid, content)
  }
  return files.map(({ oid, bytes }) => {
    const content = contents.get(oid)
    if (content?.length !== bytes) throw new Error(`the blob ${oid} has no ${bytes} bytes`)
    return content
  })
}

async function askGit(
  place: GitPlace,
  blobs: readonly ListedBlob[],
  signal: AbortSignal,
): Promise<readonly Buffer[]> {
  const result = await runCommand({
    ...buildGitCommandInside(place, ['cat-file', '--batch']),
    timeoutMs: place.limits.gitTimeoutMs,
    signal,
    input: blobs.map(({ oid }) => `${oid}\n`).join(''),
    outputBytesMax: blobs.reduce((sum, { bytes }) => sum + bytes + answerBytesMax, 0),
  })
  signal.throwIfAborted()
  requireSuccess(result, 'cat-file')
  return parseBlobs(result.stdout, blobs)
}

/** What `git cat-file --batch` answers to the ids of these blobs, and not a byte of another kind. */
export function parseBlobs(output: Buffer, blobs: readonly ListedBlob[]): readonly Buffer[] {
  let at = 0
  const contents = blobs.map(({ oid, bytes }) => {
    const header = `${oid} blob ${bytes}\n`
    const start = at + header.length
    const end = start + bytes
    if (output.toString('latin1', at, start) !== header || output[end] !== 0x0a) {
      throw new Error(`git cat-file does not know ${oid} as a blob of ${bytes} bytes`)
    }
    at = end + 1
    return output.subarray(start, end)
  })
  if (at !== output.length) throw new Error('git cat-file told more than it was asked for')
  return contents
}
