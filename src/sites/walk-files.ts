/** Walks files in memory as `walkOutput` walks a folder: by the same rules, in the same order. */
import type { WholeFile } from '../contracts.ts'
import { joinPath, readName } from './output-names.ts'
import { OutputTally, type WalkedOutput, type WalkRules } from './output-tally.ts'
import { runFew } from './run-few.ts'
import type { OutputVisitor } from './walk-output.ts'

type WholeFileVisitor = Pick<OutputVisitor, 'onFolder' | 'onWholeFile'>

/** Throws `output_refused` or `output_too_large`; what the visitor was given by then is void. */
export async function walkFiles(
  files: readonly WholeFile[],
  visitor: WholeFileVisitor,
  { limits, signal }: WalkRules,
): Promise<WalkedOutput> {
  const tally = new OutputTally(limits)
  await walkFolder({ visitor, signal, tally }, { folder: buildFolders(files), path: '', depth: 0 })
  return tally
}

/** What is in it by its name: the content of a file, null for a link, or a folder. */
interface Folder extends Map<string, Buffer | Folder | null> {}

interface Walk {
  readonly visitor: WholeFileVisitor
  readonly signal: AbortSignal
  readonly tally: OutputTally
}

function buildFolders(files: readonly WholeFile[]): Folder {
  const top: Folder = new Map()
  for (const { path, content } of files) {
    const names = path.split('/')
    const name = names.pop() ?? ''
    const folder = names.reduce(openFolder, top)
    if (name === '' || folder.has(name)) throw new Error(`${path} has no place of its own`)
    folder.set(name, content)
  }
  return top
}

function openFolder(parent: Folder, name: string): Folder {
  const found = parent.get(name)
  if (found instanceof Map) return found
  if (name === '' || found !== undefined) throw new Error(`${name} is no folder`)
  const made: Folder = new Map()
  parent.set(name, made)
  return made
}

async function walkFolder(
  walk: Walk,
  {
    folder,
    path,
    depth,
  }: { readonly folder: Folder; readonly path: string; readonly depth: number },
): Promise<void> {
  const { visitor, signal, tally } = walk
  await visitor.onFolder(path)
  for (const name of folder.keys()) {
    tally.addEntry()
    readName(Buffer.from(name), path)
  }
  const published = [...folder].filter(
    ([name, found]) => !tally.leavesOut(joinPath(path, name), found === null ? 'link' : null),
  )
  await runFew(published, 8, async ([name, found]) => {
    if (!Buffer.isBuffer(found)) return
    signal.throwIfAborted()
    tally.addFile(joinPath(path, name), found.length)
    await visitor.onWholeFile(joinPath(path, name), found)
  })
  for (const [name, found] of published) {
    if (!(found instanceof Map)) continue
    tally.checkDepth(depth + 1)
    await walkFolder(walk, { folder: found, path: joinPath(path, name), depth: depth + 1 })
  }
}
