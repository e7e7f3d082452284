/**
 * What the files of projects are made from, one record each below the data folder: so that a file
 * can be made again when the server starts, by whatever this version writes, without a look into
 * all releases of all projects.
 */
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../../config.ts'
import { isSlugShaped, type Slug, toHostName } from '../../domain/names.ts'
import { toRuleFiles } from '../../domain/site-rules/read-site-rules.ts'
import { hasErrorCode, toDiskError, writeFileAtomically } from '../../machine/files.ts'
import { isRecord, parseObject } from '../parse-object.ts'
import { makeFolder } from '../site-folders.ts'
import type { ReleaseRules, Vhost } from './vhost.ts'

export interface VhostRecords {
  /** In no order; those that can't be read are left out. */
  readonly list: () => Promise<readonly Vhost[]>
  readonly save: (vhost: Vhost) => Promise<void>
  readonly remove: (slug: Slug) => Promise<void>
}

export function openVhostRecords(config: Config): VhostRecords {
  const folder = join(config.dataDir, 'vhosts')
  const pathOf = (slug: Slug): string => join(folder, `${slug}.json`)
  return {
    list: async () => {
      const names = await readdir(folder).catch((error: unknown) => {
        if (hasErrorCode(error, 'ENOENT')) return []
        throw error
      })
      const read = async (name: string): Promise<Vhost | null> =>
        parseRecord(name, await readFile(join(folder, name), 'utf8').catch(() => ''))
      return (await Promise.all(names.map(read))).filter((vhost) => vhost !== null)
    },
    save: async ({ slug, ...record }) => {
      await makeFolder(folder)
      await writeFileAtomically(pathOf(slug), `${JSON.stringify(record)}\n`, 0o600)
    },
    remove: async (slug) => {
      await rm(pathOf(slug), { force: true }).catch((error: unknown) => {
        throw toDiskError(error, pathOf(slug))
      })
    },
  }
}

function parseRecord(name: string, text: string): Vhost | null {
  const slug = name.replace(/\.json$/, '')
  const parsed = parseObject(text)
  const newest = toReleaseRules(parsed?.['newest'])
  const { hosts, others } = parsed ?? {}
  if (!isSlugShaped(slug) || slug === name || newest === null) return null
  if (!Array.isArray(hosts) || !Array.isArray(others)) return null
  return {
    slug: slug as Slug,
    hosts: hosts.map((host) => toHostName(String(host))).filter((host) => host !== null),
    newest,
    others: others.map(toReleaseRules).filter((other) => other !== null),
  }
}

function toReleaseRules(value: unknown): ReleaseRules | null {
  if (!isRecord(value) || !Number.isSafeInteger(value['number'])) return null
  return { number: Number(value['number']), ruleFiles: toRuleFiles(value['ruleFiles']) }
}
