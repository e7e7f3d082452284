/**
 * The last listings of commits: a commit never changes, and the steps of one push each ask for the
 * same. What was seen in a quarantine counts only once its objects have arrived.
 */
import { stat } from 'node:fs/promises'
import type { TreeEntry } from '../domain/build-plan.ts'
import type { Oid } from '../domain/names.ts'

interface Remembered {
  readonly entries: readonly TreeEntry[]
  isKept: boolean
}

export class RememberedListings {
  readonly #listings = new Map<string, Remembered>()
  readonly #entriesMax: number
  #entryCount = 0

  /** `entriesMax` bounds all listings together; the one that was not used for longest goes first. */
  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax
  }

  /** Null where it has to be read. */
  async find(repositoryDir: string, commit: Oid): Promise<readonly TreeEntry[] | null> {
    const key = keyOf(repositoryDir, commit)
    const found = this.#listings.get(key)
    if (found === undefined) return null
    found.isKept ||= await isLooseObject(repositoryDir, commit)
    if (!found.isKept) return null
    if (this.#listings.delete(key)) this.#listings.set(key, found)
    return found.entries
  }

  add(
    repositoryDir: string,
    commit: Oid,
    listing: { readonly entries: readonly TreeEntry[]; readonly isKept: boolean },
  ): void {
    this.#forget(keyOf(repositoryDir, commit))
    this.#listings.set(keyOf(repositoryDir, commit), { ...listing })
    this.#entryCount += listing.entries.length
    for (const oldest of this.#listings.keys()) {
      if (this.#entryCount <= this.#entriesMax) break
      this.#forget(oldest)
    }
  }

  #forget(key: string): void {
    this.#entryCount -= this.#listings.get(key)?.entries.length ?? 0
    this.#listings.delete(key)
  }
}

function keyOf(repositoryDir: string, commit: Oid): string {
  return `${repositoryDir} ${commit}`
}

/** Small pushes arrive as one file an object; where it is in a pack, git is asked again. */
async function isLooseObject(repositoryDir: string, oid: Oid): Promise<boolean> {
  return stat(`${repositoryDir}/objects/${oid.slice(0, 2)}/${oid.slice(2)}`).then(
    (found) => found.isFile(),
    () => false,
  )
}
