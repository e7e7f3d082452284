/**
 * What a release holds, written beside its files where no visitor can see it: enough to rebuild the
 * database from the disk, and to know which files the next release has in common.
 */
import { readFile } from 'node:fs/promises'
import type { SiteAddress } from '../domain/project.ts'
import { type RuleFiles, toRuleFiles } from '../domain/site-rules/read-site-rules.ts'
import { isRecord, parseObject } from './parse-object.ts'

export interface ManifestFile {
  readonly bytes: number
  readonly sha256: string
  /** Slipway made a `.gz` beside it. */
  readonly gzipped: boolean
}

export interface ReleaseManifest {
  readonly number: number
  readonly spaFallback: boolean
  /** Where its files are shown, and so in which folder of the release they are. */
  readonly address: SiteAddress
  /** Seconds; the time that new files of the release carry, later than any release's before. */
  readonly modifiedAt: number
  readonly bytes: number
  /** What `_headers` and `_redirects` say of it; nothing where it is shown in a sub-directory. */
  readonly ruleFiles: RuleFiles
  readonly files: ReadonlyMap<string, ManifestFile>
}

/** `given` is what the caller wants to keep; it can't hide what is the release's own. */
export function renderManifest(
  manifest: ReleaseManifest,
  given: Readonly<Record<string, unknown>>,
): string {
  const { files, ...facts } = manifest
  const paths = [...files.keys()].toSorted()
  const whole = {
    ...given,
    ...facts,
    fileCount: files.size,
    files: Object.fromEntries(paths.map((path) => [path, files.get(path)])),
  }
  return `${JSON.stringify(whole, null, 2)}\n`
}

/** Null where there is none that can be read. */
export async function readManifest(path: string): Promise<ReleaseManifest | null> {
  const text = await readFile(path, 'utf8').catch(() => null)
  return text === null ? null : parseManifest(text)
}

export function parseManifest(text: string): ReleaseManifest | null {
  const parsed = parseObject(text)
  if (parsed === null) return null
  const { number, spaFallback, modifiedAt, bytes, files } = parsed
  const address = parsed['address'] === 'subdirectory' ? 'subdirectory' : 'subdomain'
  if (typeof number !== 'number' || typeof modifiedAt !== 'number') return null
  if (typeof spaFallback !== 'boolean' || typeof bytes !== 'number' || !isRecord(files)) return null
  const known = new Map<string, ManifestFile>()
  for (const [path, file] of Object.entries(files)) {
    if (!isManifestFile(file)) return null
    known.set(path, file)
  }
  const ruleFiles = toRuleFiles(parsed['ruleFiles'])
  return { number, spaFallback, address, modifiedAt, bytes, ruleFiles, files: known }
}

/** What of the store of apps the release needs; null where the text is no manifest. */
export function parseStoreNames(text: string): readonly string[] | null {
  const parsed = parseObject(text)
  if (typeof parsed?.['number'] !== 'number') return null
  const names = parsed['store'] ?? []
  return Array.isArray(names) && names.every((name) => typeof name === 'string') ? names : null
}

function isManifestFile(value: unknown): value is ManifestFile {
  return (
    isRecord(value) &&
    typeof value['bytes'] === 'number' &&
    typeof value['sha256'] === 'string' &&
    typeof value['gzipped'] === 'boolean'
  )
}
