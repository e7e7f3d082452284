/**
 * Which folders of a commit are published straight from git's objects: small ones, with nothing in
 * them that only a file system could tell.
 */
import type { TreeEntry } from './build-plan.ts'
import { limits } from './limits.ts'

/** The files and links below a folder of the commit, `.` being its top, by their paths in it. */
export function findFiles(entries: readonly TreeEntry[], folder: string): readonly TreeEntry[] {
  const prefix = folder === '.' ? '' : `${folder}/`
  return entries
    .filter(({ type, path }) => type !== 'tree' && path.startsWith(prefix))
    .map((entry) => ({ ...entry, path: entry.path.slice(prefix.length) }))
}

export function isReadWhole(entries: readonly TreeEntry[], folder: string): boolean {
  const files = findFiles(entries, folder)
  if (files.length > limits.wholeTreeEntriesMax || !files.every(isPlain)) return false
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  return bytes <= limits.wholeTreeBytesMax && haveOwnPlaces(files)
}

export function isLink({ mode }: TreeEntry): boolean {
  return mode === '120000'
}

const pathLengthMax = 4_096

/** A name that is not UTF-8 is listed with a mark in the place of its bytes. */
function isPlain({ mode, path }: TreeEntry): boolean {
  const isKnown = mode === '100644' || mode === '100755' || mode === '120000'
  if (!isKnown || path.length > pathLengthMax || path.includes('\uFFFD')) return false
  const names = path.split('/')
  return names.length <= limits.outputDepthMax + 1 && !names.includes('')
}

/** git keeps no tree where a name is there twice; one that did must not depend on our reading. */
function haveOwnPlaces(files: readonly TreeEntry[]): boolean {
  const paths = new Set(files.map(({ path }) => path))
  const isBelowFile = (path: string): boolean => {
    for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
      if (paths.has(path.slice(0, end))) return true
    }
    return false
  }
  return paths.size === files.length && !files.some(({ path }) => isBelowFile(path))
}
