/**
 * Walks a folder that strangers' code wrote. Every name is opened through the descriptor of its
 * folder and without following a link, then compared with what was seen before: whoever swaps files
 * and links meanwhile can make the walk fail, but can't lead it elsewhere.
 */
import type { Dirent, Stats } from 'node:fs'
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs'
import { type FileHandle, open, opendir } from 'node:fs/promises'
import { SlipwayError } from '../domain/errors.ts'
import { hasErrorCode } from '../machine/files.ts'
import { joinPath, readName } from './output-names.ts'
import { OutputTally, type WalkedOutput, type WalkRules } from './output-tally.ts'
import { runFew } from './run-few.ts'

export interface OutputVisitor {
  /** Called before anything inside the folder. */
  readonly onFolder: (path: string) => Promise<void>
  /** A file, whole; of a folder on disk those of up to `smallFileBytesMax`. */
  readonly onWholeFile: (path: string, content: Buffer) => Promise<void>
  /** The file is open for reading at its start, and is closed afterwards by the walk. */
  readonly onFile: (path: string, file: FileHandle, bytes: number) => Promise<void>
}

/** Read in one go, without a turn of the event loop for each call: most files of a site are. */
export const smallFileBytesMax = 128 * 1024

interface Walk {
  readonly visitor: OutputVisitor
  readonly signal: AbortSignal
  readonly tally: OutputTally
}

interface Seen {
  readonly path: string
  readonly place: string
  readonly stats: Stats
}

interface Folder {
  readonly handle: FileHandle
  readonly path: string
  readonly depth: number
}

/** Throws `output_refused` or `output_too_large`; what the visitor was given by then is void. */
export async function walkOutput(
  dir: string,
  visitor: OutputVisitor,
  { limits, signal }: WalkRules,
): Promise<WalkedOutput> {
  const tally = new OutputTally(limits)
  const walk: Walk = { visitor, signal, tally }
  const handle = await openHeld(dir, constants.O_DIRECTORY, '')
  try {
    await walkFolder(walk, { handle, path: '', depth: 0 })
  } finally {
    await handle.close()
  }
  return tally
}

async function walkFolder(walk: Walk, folder: Folder): Promise<void> {
  await walk.visitor.onFolder(folder.path)
  const names = await readNames(walk, folder)
  const subfolders: Seen[] = []
  await runFew(names, 8, async (name) => {
    const seen = lookAt(walk, folder, name)
    if (seen === null) return
    if (seen.stats.isDirectory()) subfolders.push(seen)
    else if (seen.stats.size <= smallFileBytesMax) {
      await walk.visitor.onWholeFile(seen.path, readSmallFile(walk, seen))
    } else
      await withHeld(seen, (handle, stats) => takeFile(walk, { handle, path: seen.path, stats }))
  })
  // One after the other, so that a deep tree holds one descriptor a level.
  for (const seen of subfolders) {
    await withHeld(seen, (handle) =>
      enterFolder(walk, { handle, path: seen.path, depth: folder.depth + 1 }),
    )
  }
}

async function readNames(walk: Walk, { handle, path }: Folder): Promise<readonly string[]> {
  const names: string[] = []
  try {
    // Node knows that a folder can be read as bytes; its types do not.
    const options = { encoding: 'buffer', bufferSize: 256 } as unknown as { bufferSize: number }
    for await (const entry of await opendir(`/proc/self/fd/${handle.fd}`, options)) {
      walk.tally.addEntry()
      names.push(readName((entry as unknown as Dirent<Buffer>).name, path))
    }
  } catch (error) {
    throw hasErrorCode(error, 'EACCES', 'EPERM') ? refuseUnreadable(path, error) : error
  }
  return names
}

/** Null for what is left out. */
function lookAt(walk: Walk, folder: Folder, name: string): Seen | null {
  walk.signal.throwIfAborted()
  const path = joinPath(folder.path, name)
  const place = `/proc/self/fd/${folder.handle.fd}/${name}`
  const stats = readStats(place, path)
  return walk.tally.leavesOut(path, reasonToLeaveOut(stats)) ? null : { path, place, stats }
}

function readStats(place: string, path: string): Stats {
  try {
    return lstatSync(place)
  } catch (error) {
    throw refuseChanged(path, error)
  }
}

function reasonToLeaveOut(stats: Stats): string | null {
  if (stats.isDirectory()) return null
  if (stats.isFile()) return stats.nlink > 1 ? 'hard link' : null
  if (stats.isSymbolicLink()) return 'link'
  if (stats.isFIFO()) return 'fifo'
  return stats.isSocket() ? 'socket' : 'device'
}

async function withHeld(
  { path, place, stats }: Seen,
  use: (handle: FileHandle, stats: Stats) => Promise<void>,
): Promise<void> {
  refuseClosed(stats, path)
  const handle = await openHeld(place, stats.isDirectory() ? constants.O_DIRECTORY : 0, path)
  try {
    const held = await handle.stat()
    refuseOther(held, stats, path)
    await use(handle, held)
  } finally {
    await handle.close()
  }
}

/** The same as for larger ones, without a turn of the event loop between. */
function readSmallFile(walk: Walk, { path, place, stats }: Seen): Buffer {
  refuseClosed(stats, path)
  const file = openHeldNow(place, path)
  try {
    const held = fstatSync(file)
    refuseOther(held, stats, path)
    if (held.size > smallFileBytesMax) throw refuseChanged(path)
    countFile(walk, path, held)
    // One byte more than it is long: less than that is the end of it.
    const chunk = Buffer.allocUnsafe(held.size + 1)
    if (readSync(file, chunk, 0, chunk.length, 0) !== held.size) throw refuseChanged(path)
    return chunk.subarray(0, held.size)
  } finally {
    closeSync(file)
  }
}

/** Root could read these all the same; what the build closed must not depend on who we are. */
function refuseClosed(stats: Stats, path: string): void {
  const needed = stats.isDirectory() ? 0o500 : 0o400
  if ((stats.mode & needed) !== needed) throw refuseUnreadable(path)
}

function refuseOther(held: Stats, seen: Stats, path: string): void {
  if (held.ino !== seen.ino || held.dev !== seen.dev) throw refuseChanged(path)
}

async function enterFolder(walk: Walk, folder: Folder): Promise<void> {
  walk.tally.checkDepth(folder.depth)
  await walkFolder(walk, folder)
}

async function takeFile(
  walk: Walk,
  { handle, path, stats }: { handle: FileHandle; path: string; stats: Stats },
): Promise<void> {
  countFile(walk, path, stats)
  await walk.visitor.onFile(path, handle, stats.size)
}

function countFile(walk: Walk, path: string, stats: Stats): void {
  if (stats.nlink !== 1 || !stats.isFile()) throw refuseChanged(path)
  walk.tally.addFile(path, stats.size)
}

/** O_NONBLOCK, so that a fifo that takes the file's place can't hold us. */
const safely = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

async function openHeld(place: string, flags: number, path: string): Promise<FileHandle> {
  try {
    return await open(place, safely | flags)
  } catch (error) {
    throw explainRefusal(error, path)
  }
}

function openHeldNow(place: string, path: string): number {
  try {
    return openSync(place, safely)
  } catch (error) {
    throw explainRefusal(error, path)
  }
}

function explainRefusal(error: unknown, path: string): unknown {
  if (hasErrorCode(error, 'EACCES', 'EPERM')) return refuseUnreadable(path, error)
  const isOther = hasErrorCode(error, 'ELOOP', 'ENOTDIR', 'ENOENT', 'ENXIO')
  return isOther ? refuseChanged(path, error) : error
}

/** Told as the file that grew or shrank, or became another, while it was read. */
export function refuseChanged(path: string, cause?: unknown): SlipwayError {
  const what = path === '' ? 'its folder' : path
  const problem = `${what} is no plain file or folder, or changed while it was copied.`
  return new SlipwayError('output_refused', { problem }, cause)
}

function refuseUnreadable(path: string, cause?: unknown): SlipwayError {
  const problem = `${path === '' ? 'its folder' : path} can not be read.`
  return new SlipwayError('output_refused', { problem }, cause)
}
