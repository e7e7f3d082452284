/** A folder told as plain data, so that two moments of it can be compared. */
import { createHash } from 'node:crypto'
import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'

/** Each file's hash and each link's target, by path; `folder/` for a folder. */
export async function readTree(dir: string): Promise<Readonly<Record<string, string>>> {
  const tree: Record<string, string> = {}
  for (const path of (await readdir(dir, { recursive: true })).toSorted()) {
    const found = await lstat(join(dir, path))
    if (found.isDirectory()) tree[`${path}/`] = 'folder'
    else if (found.isSymbolicLink()) tree[path] = `-> ${await readlink(join(dir, path))}`
    else
      tree[path] = createHash('sha256')
        .update(await readFile(join(dir, path)))
        .digest('hex')
  }
  return tree
}
