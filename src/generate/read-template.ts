/** Reads the constant files of a template, which come with Slipway. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const appTemplatesDir = join(import.meta.dirname, '../../templates/app')

/**
 * All files below the folders of `templates/app/`, by their paths in the project: each folder's
 * content is put below the prefix it is listed under. Sorted by path; a later folder wins.
 */
export function readProjectFiles(
  places: readonly { readonly folder: string; readonly prefix: string }[],
): ReadonlyMap<string, string> {
  const files = places.flatMap(({ folder, prefix }) =>
    listFiles(join(appTemplatesDir, folder), '').map((path): [string, string] => [
      `${prefix}${path}`,
      readFileSync(join(appTemplatesDir, folder, path), 'utf8'),
    ]),
  )
  return new Map([...new Map(files)].sort(([one], [other]) => (one < other ? -1 : 1)))
}

function listFiles(dir: string, prefix: string): readonly string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? listFiles(join(dir, entry.name), `${prefix}${entry.name}/`)
      : [`${prefix}${entry.name}`],
  )
}
