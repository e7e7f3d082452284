/**
 * The files of projects that nginx reads: in `NGINX_SITES_DIR` with a link in `sites-enabled` beside
 * it, or in a folder of an nginx of our own. Tests nothing, and reloads nothing.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Config } from '../../config.ts'
import { isSlugShaped, type Slug } from '../../domain/names.ts'
import {
  hasErrorCode,
  readLinkIfAny,
  replaceLink,
  toDiskError,
  writeFileAtomically,
} from '../../machine/files.ts'
import { managedPrefix } from '../render-nginx.ts'

export interface VhostFiles {
  readonly list: () => Promise<readonly Slug[]>
  /** Null where there is none that nginx would read. */
  readonly read: (slug: Slug) => Promise<string | null>
  /** Null takes it away. */
  readonly write: (slug: Slug, text: string | null) => Promise<void>
  /** Whose file is meant, by what nginx says of it; null where it speaks of none. */
  readonly findNamed: (complaint: string) => Slug | null
  /** Changes with each text that was read or written since the server began. */
  readonly digest: () => string
}

export function openVhostFiles(config: Config): VhostFiles {
  const { folder, prefix, enabled } = placesOf(config)
  const digests = new Map<Slug, string>()
  const nameOf = (slug: Slug): string => `${prefix}${slug}.conf`
  const isLinked = async (slug: Slug): Promise<boolean> =>
    enabled === null ||
    (await readLinkIfAny(join(enabled, nameOf(slug)))) === join(folder, nameOf(slug))
  const note = (slug: Slug, text: string | null): void => {
    if (text === null) digests.delete(slug)
    else digests.set(slug, createHash('sha256').update(text).digest('base64'))
  }
  return {
    list: async () => {
      const names = await readdir(folder).catch(ignoreMissing)
      return (names ?? []).flatMap((name) => toSlug(name, prefix) ?? [])
    },
    read: async (slug) => {
      const found = await readFile(join(folder, nameOf(slug)), 'utf8').catch(ignoreMissing)
      const text = (await isLinked(slug)) ? found : null
      note(slug, text)
      return text
    },
    write: async (slug, text) => {
      const path = join(folder, nameOf(slug))
      const link = enabled === null ? null : join(enabled, nameOf(slug))
      try {
        if (text === null) {
          if (link !== null) await rm(link, { force: true })
          await rm(path, { force: true })
        } else {
          await mkdir(folder, { recursive: true })
          await writeFileAtomically(path, text)
          if (link !== null && !(await isLinked(slug))) await replaceLink(path, link)
        }
      } catch (error) {
        throw toDiskError(error, path)
      }
      note(slug, text)
    },
    findNamed: (complaint) => {
      const name = / in \S*\/([^/\s]+):[0-9]+/.exec(complaint)?.[1]
      return name === undefined ? null : toSlug(name, prefix)
    },
    digest: () =>
      [...digests]
        .map((entry) => entry.join(' '))
        .toSorted()
        .join('\n'),
  }
}

/** Of our own nginx everything in the folder is ours; beside Debian's files ours have a name. */
function placesOf(config: Config): {
  readonly folder: string
  readonly prefix: string
  readonly enabled: string | null
} {
  const { mode, sitesDir } = config.nginx
  if (mode === 'managed') {
    return { folder: join(managedPrefix(config), 'vhosts'), prefix: '', enabled: null }
  }
  // nginx reads the files in the order of their names: those after `slipway.conf` know its words.
  return { folder: sitesDir, prefix: 'slipway_', enabled: join(dirname(sitesDir), 'sites-enabled') }
}

function toSlug(name: string, prefix: string): Slug | null {
  if (!name.startsWith(prefix) || !name.endsWith('.conf')) return null
  const slug = name.slice(prefix.length, -'.conf'.length)
  return isSlugShaped(slug) ? (slug as Slug) : null
}

function ignoreMissing(error: unknown): null {
  if (hasErrorCode(error, 'ENOENT')) return null
  throw error
}
