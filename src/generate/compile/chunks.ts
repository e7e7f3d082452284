/**
 * How an app is divided: the entry with what it needs at once is one chunk, and all pages of a
 * table with its model another, which is fetched when one of them is opened.
 */
import { hash } from 'node:crypto'
import { basename, dirname } from 'node:path/posix'

export interface AppSources {
  readonly entry: string
  /** By path, all but the kit. */
  readonly sources: ReadonlyMap<string, string>
}

export interface Chunk {
  /** The folder of its files: `src`, `src/tables/Customers`. */
  readonly folder: string
  /** The path of the module that begins the app; null for the pages of a table. */
  readonly entry: string | null
  /** By path, the entry included; none imports one that comes after it, but for the entry. */
  readonly files: ReadonlyMap<string, string>
  /** Made of all that its code depends on, and of nothing else. */
  readonly key: string
}

export function cutIntoChunks({ entry, sources }: AppSources): readonly Chunk[] {
  const folders = Map.groupBy(sources, ([path]) => dirname(path))
  return [...folders].map(([folder, listed]) => {
    return makeChunk(folder, folder === dirname(entry) ? entry : null, new Map(listed))
  })
}

export function isPage(path: string): boolean {
  return /\.(?:tsx|vue)$/.test(path)
}

/** What a page is called in the chunk of its folder. */
export function pageName(path: string): string {
  const name = /^([A-Z][A-Za-z0-9]*)\.[a-z]+$/.exec(basename(path))?.[1]
  if (name === undefined) throw new Error(`${path}: no name for a page`)
  return name
}

function makeChunk(
  folder: string,
  entry: string | null,
  files: ReadonlyMap<string, string>,
): Chunk {
  const parts = [entry ?? '', ...[...files].flat()].map((part) => `${part.length} ${part}`)
  return { folder, entry, files, key: hash('sha256', parts.join('\n')) }
}
