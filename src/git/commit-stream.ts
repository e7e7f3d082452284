/** What `git fast-import` reads to make one commit of the server's own, and what it answers. Pure. */
import type { CommitWish } from '../contracts.ts'
import { type Oid, toOid } from '../domain/names.ts'

/** Taken back before the stream ends, so that it never exists: the branch is moved by its caller. */
const scratchRef = `refs/slipway/commit`

/**
 * The answer to it is the commit's id, then its tree, then the tree of its parent. No byte of a
 * file, a message or a name can be taken for a command: each is counted, or has no line end.
 */
export function renderCommitStream(
  wish: Pick<CommitWish, 'message' | 'author' | 'files' | 'others' | 'madeOf'>,
  { parent, now }: { readonly parent: Oid | null; readonly now: Date },
): Buffer {
  const { message, author, files, others, madeOf = null } = wish
  const parents = [...new Set([parent, madeOf])].filter((oid) => oid !== null)
  const person = `${toPlainName(author.name)} <${toPlainName(author.email)}>`
  const time = `${Math.floor(now.getTime() / 1_000)} +0000`
  return Buffer.concat([
    line('feature done'),
    line(`commit ${scratchRef}`),
    line('mark :1'),
    line(`author ${person} ${time}`),
    line(`committer ${person} ${time}`),
    data(Buffer.from(`${message.toWellFormed().trimEnd()}\n`)),
    ...parents.map((oid, index) => line(`${index === 0 ? 'from' : 'merge'} ${oid}`)),
    ...(others === 'go' ? [line('deleteall')] : []),
    ...files.flatMap(({ path, bytes }) => [
      line(`M 100644 inline ${requirePlainPath(path)}`),
      data(bytes),
    ]),
    line(''),
    line('get-mark :1'),
    line('ls :1 ""'),
    ...(parent === null ? [] : [line(`ls ${parent} ""`)]),
    line(`reset ${scratchRef}`),
    line(''),
    line('done'),
  ])
}

/** `isSame`: the new commit has the files of its parent. */
export function parseCommitAnswer(text: string): {
  readonly commit: Oid
  readonly isSame: boolean
} {
  const [first = '', tree, before] = text.split('\n')
  const commit = toOid(first)
  if (commit === null || tree === undefined) throw new Error('git fast-import made no commit')
  return { commit, isSame: tree === before }
}

/** git's own marks in an author's line, and what would end it, are left out. */
function toPlainName(text: string): string {
  const plain = text
    .toWellFormed()
    .replace(/[<>\p{Cc}\u2028\u2029]/gu, '')
    .trim()
  return plain === '' ? 'Slipway' : plain
}

/** The server names these files itself. */
function requirePlainPath(path: string): string {
  const isPlain =
    /^[A-Za-z0-9._@-]+(?:\/[A-Za-z0-9._@-]+)*$/.test(path) && !/(?:^|\/)\.{1,2}(?:\/|$)/.test(path)
  if (!isPlain) throw new Error(`no path of a commit: ${JSON.stringify(path)}`)
  return path
}

function line(text: string): Buffer {
  return Buffer.from(`${text}\n`)
}

function data(bytes: Uint8Array): Buffer {
  return Buffer.concat([line(`data ${bytes.length}`), bytes, line('')])
}
