/**
 * Lists a small commit as git keeps it just after a push: each object a file of its own. A process
 * of git would take ten times as long, and the server waits while it is started.
 */
import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { constants, inflateSync } from 'node:zlib'
import type { TreeEntry } from '../domain/build-plan.ts'
import type { Oid } from '../domain/names.ts'
import { hasErrorCode } from '../machine/files.ts'

/** Read in few turns of the event loop, so not many; each is some tens of microseconds. */
const entriesMax = 250
const objectBytesMax = 128 * 1024
/** Unpacked, more than `blob`, a size and a NUL. */
const headBytesMax = 128

interface Listing {
  readonly objectDirs: readonly string[]
  readonly entries: TreeEntry[]
}

/** As `ls-tree -r -t` orders them. Null where only git can tell: packed, damaged or too large. */
export async function listLooseTree(
  objectDirs: readonly string[],
  commit: Oid,
): Promise<readonly TreeEntry[] | null> {
  const text = readObject(objectDirs, commit, 'commit')?.toString('latin1')
  const tree = /^tree ([0-9a-f]{40})\n/.exec(text ?? '')?.[1]
  if (tree === undefined) return null
  const listing = { objectDirs, entries: [] }
  return (await listFolder(listing, tree, '')) ? listing.entries : null
}

async function listFolder(listing: Listing, tree: string, prefix: string): Promise<boolean> {
  await nextTurn()
  const content = readObject(listing.objectDirs, tree, 'tree')
  const found = content === null ? null : parseTree(content, prefix)
  if (found === null) return false
  for (const entry of found) {
    const bytes = entry.type === 'blob' ? readBlobSize(listing.objectDirs, entry.oid) : 0
    if (bytes === null || listing.entries.length >= entriesMax) return false
    listing.entries.push({ ...entry, bytes })
    if (entry.type !== 'tree') continue
    if (!(await listFolder(listing, entry.oid, `${entry.path}/`))) return false
  }
  return true
}

/** `<mode> <name>`, a NUL and the 20 bytes of the id, again and again; null where it is not. */
function parseTree(content: Buffer, prefix: string): readonly Omit<TreeEntry, 'bytes'>[] | null {
  const found: Omit<TreeEntry, 'bytes'>[] = []
  for (let at = 0; at < content.length;) {
    const end = content.indexOf(0, at)
    const space = content.indexOf(0x20, at)
    const mode = content.toString('latin1', at, space).padStart(6, '0')
    const type = typesByMode.get(mode)
    if (end < 0 || space < 0 || space > end || type === undefined) return null
    if (end + 21 > content.length) return null
    const path = prefix + content.toString('utf8', space + 1, end)
    found.push({ path, type, mode, oid: content.toString('hex', end + 1, end + 21) })
    at = end + 21
  }
  return found
}

const typesByMode: ReadonlyMap<string, TreeEntry['type']> = new Map([
  ['040000', 'tree'],
  ['100644', 'blob'],
  ['100755', 'blob'],
  ['120000', 'blob'],
  ['160000', 'commit'],
] as const)

/** What is in an object of this type; null where it is not to be had here. */
function readObject(
  objectDirs: readonly string[],
  oid: string,
  type: 'commit' | 'tree',
): Buffer | null {
  const object = withFile(objectDirs, oid, (file) => {
    if (fstatSync(file).size > objectBytesMax) return null
    return inflateSync(readFileSync(file), { maxOutputLength: objectBytesMax })
  })
  if (object === null || createHash('sha1').update(object).digest('hex') !== oid) return null
  const end = object.indexOf(0)
  const isWhole = object.toString('latin1', 0, end) === `${type} ${object.length - end - 1}`
  return isWhole ? object.subarray(end + 1) : null
}

function readBlobSize(objectDirs: readonly string[], oid: string): number | null {
  const head = withFile(objectDirs, oid, (file) => {
    const packed = Buffer.alloc(headBytesMax)
    const length = readSync(file, packed, 0, packed.length, 0)
    return inflateSync(packed.subarray(0, length), { finishFlush: constants.Z_SYNC_FLUSH })
  })
  const size = /^blob (0|[1-9][0-9]{0,14})\0/.exec(head?.toString('latin1', 0, 32) ?? '')?.[1]
  return size === undefined ? null : Number(size)
}

function withFile(
  objectDirs: readonly string[],
  oid: string,
  read: (file: number) => Buffer | null,
): Buffer | null {
  for (const dir of objectDirs) {
    try {
      const file = openSync(`${dir}/${oid.slice(0, 2)}/${oid.slice(2)}`, 'r')
      try {
        return read(file)
      } finally {
        closeSync(file)
      }
    } catch (error) {
      if (hasErrorCode(error, 'ENOENT', 'ENOTDIR')) continue
      if (hasErrorCode(error, 'ERR_BUFFER_TOO_LARGE', 'Z_DATA_ERROR', 'Z_BUF_ERROR')) return null
      throw error
    }
  }
  return null
}
