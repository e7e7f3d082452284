/**
 * How an app is divided: the entry with what it needs at once is one chunk, and all pages of a
 * table with its model another, which is fetched when one of them is opened.
 */
import { hash } from 'node:crypto'
import { basename, dirname, join } from 'node:path/posix'

export interface AppSources {
  readonly entry: string
  /** By path, all but the kit. */
  readonly sources: ReadonlyMap<string, string>
}

export interface Chunk {
  /** The folder of its files: `src`, `src/tables/Customers`. */
  readonly folder: string
  /** The path of the module that has what others want of it. */
  readonly entry: string
  /** By path, the entry included. */
  readonly files: ReadonlyMap<string, string>
  /** Made of all that its code depends on, and of nothing else. */
  readonly key: string
}

export function cutIntoChunks({ entry, sources }: AppSources): readonly Chunk[] {
  const folders = Map.groupBy(sources, ([path]) => dirname(path))
  return [...folders].map(([folder, listed]) => {
    const files = new Map(listed)
    if (folder === dirname(entry)) return makeChunk(folder, entry, files)
    const pages = join(folder, 'pages.js')
    return makeChunk(folder, pages, files.set(pages, renderPagesEntry([...files.keys()])))
  })
}

/** Every page of the folder, by its name. */
function renderPagesEntry(paths: readonly string[]): string {
  return paths
    .filter((path) => /\.(?:tsx|vue)$/.test(path))
    .map((path) => `export { default as ${pageName(path)} } from './${basename(path)}'\n`)
    .toSorted()
    .join('')
}

/** What a page is called in the chunk of its folder. */
export function pageName(path: string): string {
  const name = /^([A-Z][A-Za-z0-9]*)\.[a-z]+$/.exec(basename(path))?.[1]
  if (name === undefined) throw new Error(`${path}: no name for a page`)
  return name
}

function makeChunk(folder: string, entry: string, files: ReadonlyMap<string, string>): Chunk {
  const parts = [entry, ...[...files].flat()].map((part) => `${part.length} ${part}`)
  return { folder, entry, files, key: hash('sha256', parts.join('\n')) }
}
