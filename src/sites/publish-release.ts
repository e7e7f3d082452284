/**
 * Publishes files as a release: copied, compressed and synced under a name that nobody serves,
 * then renamed. A release that has its number is complete; a failure leaves none behind.
 */
import { chmod, link, mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Config } from '../config.ts'
import type { ReleaseSummary, Sites } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'
import type { SiteAddress } from '../domain/project.ts'
import { readSiteRules, type RuleFiles } from '../domain/site-rules/read-site-rules.ts'
import { hasErrorCode, syncFolder, toDiskError, writeFileAtomically } from '../machine/files.ts'
import { emptyPool, fillPool, keepForMisses } from './asset-pool.ts'
import { compressFile, isCompressible } from './compress-file.ts'
import { isContentHashed } from './content-hash.ts'
import { copyFile, type CopyOptions, hashFile, writeCopy } from './copy-file.ts'
import { type ManifestFile, type ReleaseManifest, renderManifest } from './manifest.ts'
import { readCurrentRelease, readKeptManifests } from './releases.ts'
import type { WalkedOutput } from './output-tally.ts'
import { withoutRuleFiles } from './rule-files.ts'
import { runFew } from './run-few.ts'
import {
  makeFolder,
  type ReleaseFolders,
  releaseFolders,
  siteFolders,
  type SiteView,
} from './site-folders.ts'
import { linkSpaFallback, writeView } from './site-view.ts'
import { walkFiles } from './walk-files.ts'
import { walkOutput } from './walk-output.ts'

type Release = Parameters<Sites['publish']>[0]

interface Publication {
  readonly config: Config
  readonly release: Release
  readonly target: ReleaseFolders
  readonly address: SiteAddress
  /** Where its files go. */
  readonly view: SiteView
  readonly pool: string
  readonly misses: string
  readonly kept: readonly ReleaseManifest[]
  readonly modifiedAt: number
  readonly folders: string[]
  readonly files: Map<string, ManifestFile>
  readonly pooled: string[]
}

export async function publishRelease(
  config: Config,
  release: Release,
  now: Date,
): Promise<ReleaseSummary> {
  const folders = siteFolders(config, release.slug)
  const place = join(folders.releases, String(release.number))
  const target = releaseFolders(join(folders.releases, `.${release.number}.tmp`))
  const pooled: string[] = []
  if ((await readCurrentRelease(folders.current)) === release.number) {
    throw new Error(`release ${release.number} of ${release.slug} is live and can't be replaced`)
  }
  try {
    for (const folder of [folders.site, folders.releases, folders.pool]) {
      await makeFolder(folder, 0o755)
    }
    await rm(target.release, { recursive: true, force: true })
    const kept = await readKeptManifests(folders, release.number)
    const seconds = Math.floor(now.getTime() / 1000)
    const isAtBoth = (release.subdirectoryPage ?? null) !== null
    const address = isAtBoth ? 'subdomain' : (release.address ?? 'subdomain')
    const publication: Publication = {
      config,
      release,
      target,
      address,
      view: target.views[address],
      pool: folders.pool,
      misses: folders.misses,
      kept,
      // nginx makes its ETag of seconds and size: two releases must never share a second.
      modifiedAt: Math.max(seconds, ...kept.map(({ modifiedAt }) => modifiedAt + 1)),
      folders: [],
      files: new Map(),
      pooled,
    }
    const summary = await fillTarget(publication)
    await rm(place, { recursive: true, force: true })
    await rename(target.release, place)
    await syncFolder(folders.releases)
    return summary
  } catch (error) {
    await rm(target.release, { recursive: true, force: true }).catch(() => undefined)
    await emptyPool(pooled).catch(() => undefined)
    throw toDiskError(error, folders.site)
  }
}

async function fillTarget(publication: Publication): Promise<ReleaseSummary> {
  const { release, target, view, files } = publication
  for (const folder of new Set([target.release, dirname(view.files)])) {
    await mkdir(folder, { mode: 0o755 })
    await chmod(folder, 0o755)
  }
  const { walked, ruleFiles } = await takeAll(publication)
  const { rules, hasSpaFallback } = readSiteRules(ruleFiles)
  if (!files.has('index.html')) {
    throw new SlipwayError('missing_index_html', { output: release.outputName })
  }
  const started = performance.now()
  await compressFiles(publication)
  const compressedMs = Math.round(performance.now() - started)
  const { number } = release
  const { address, modifiedAt } = publication
  const spaFallback = release.spaFallback || hasSpaFallback
  // nginx reads it through `current`, so it changes by the same rename as the files.
  if (spaFallback) publication.folders.push(...(await linkSpaFallback(view)))
  await writeSubdirectory(publication)
  const { leftOut, bytes } = walked
  const facts = { number, spaFallback, address, modifiedAt, bytes }
  // Sites that share an origin do not set the headers of each other's visitors.
  const manifest = { ...facts, ruleFiles: address === 'subdomain' ? ruleFiles : {}, files }
  await Promise.all([
    writeFileAtomically(target.manifest, renderManifest(manifest, release.manifest)),
    runFew(publication.folders, 8, syncFolder),
  ])
  const { pool, misses, kept, pooled } = publication
  await fillPool({ pool, filesDir: view.files, files, kept, made: pooled })
  await keepForMisses({ misses, filesDir: view.files, files })
  return { files: files.size, bytes, leftOut, rules, compressedMs }
}

async function takeAll(
  publication: Publication,
): Promise<{ readonly walked: WalkedOutput; readonly ruleFiles: RuleFiles }> {
  const { config, release } = publication
  const rules = { limits: config.limits, signal: release.signal }
  const visitor = withoutRuleFiles({
    onFolder: (path) => copyFolder(publication, path),
    onWholeFile: (path, content) =>
      takeFile(publication, { path, bytes: content.length }, (copy, options) =>
        writeCopy(content, copy, options),
      ),
    onFile: (path, file, bytes) =>
      takeFile(publication, { path, bytes }, (copy, options) =>
        copyFile({ path, file, bytes }, copy, options),
      ),
  })
  const { from } = release
  const walked = await ('dir' in from
    ? walkOutput(from.dir, visitor, rules)
    : walkFiles(from.files, visitor, rules))
  return { walked, ruleFiles: visitor.ruleFiles() }
}

async function copyFolder({ view, folders }: Publication, path: string): Promise<void> {
  const folder = join(view.files, path)
  await mkdir(folder, { mode: 0o755 })
  await chmod(folder, 0o755)
  folders.push(folder)
}

async function takeFile(
  publication: Publication,
  { path, bytes }: { readonly path: string; readonly bytes: number },
  copyTo: (copy: string, options: CopyOptions) => Promise<string>,
): Promise<void> {
  const { modifiedAt, release, view, files } = publication
  const copy = join(view.files, path)
  let known: string | null = null
  const sha256 = await copyTo(copy, {
    modifiedAt,
    signal: release.signal,
    isKnown: async (hash) => (known = await findEqual(publication, path, hash)) !== null,
  })
  if (known !== null) await link(known, copy)
  files.set(path, { bytes, sha256, gzipped: false })
}

/** An equal file of the same path that is published already: of a kept release, or in the pool. */
async function findEqual(
  { config, release, pool, kept }: Publication,
  path: string,
  sha256: string,
): Promise<string | null> {
  const earlier = kept.find(({ files }) => files.get(path)?.sha256 === sha256)
  if (earlier !== undefined) return join(filesOf(config, release, earlier), path)
  if (!isContentHashed(path)) return null
  const pooled = join(pool, path)
  return (await hashFile(pooled)) === sha256 ? pooled : null
}

/** A `.gz` of the user's own is never replaced; what an equal file has already is linked. */
async function compressFiles({
  config,
  release,
  view,
  files,
  kept,
  modifiedAt,
}: Publication): Promise<void> {
  const { precompressedBytesMax } = config.limits
  const wanted = [...files].filter(
    ([path, { bytes }]) =>
      isCompressible(path, bytes) &&
      bytes <= precompressedBytesMax &&
      path.length < 200 &&
      !files.has(`${path}.gz`),
  )
  await runFew(wanted, 4, async ([path, file]) => {
    release.signal.throwIfAborted()
    const copy = join(view.files, path)
    const earlier = kept.find((other) => {
      const known = other.files.get(path)
      return known?.sha256 === file.sha256 && known.gzipped
    })
    const isDone =
      earlier !== undefined &&
      (await linkIfThere(join(filesOf(config, release, earlier), `${path}.gz`), `${copy}.gz`))
    const gzipped = isDone || (await compressFile(copy, modifiedAt))
    files.set(path, { ...file, gzipped })
  })
}

/** The files as the other address shows them. */
async function writeSubdirectory(publication: Publication): Promise<void> {
  const { release, target, view, files, folders, modifiedAt } = publication
  const page = release.subdirectoryPage ?? null
  if (page === null) return
  const other = { ...target.views.subdirectory, spaFallback: release.spaFallback }
  folders.push(...(await writeView(other, { filesDir: view.files, files, page, modifiedAt })))
}

function filesOf(
  config: Config,
  { slug }: Release,
  { number, address }: Pick<ReleaseManifest, 'number' | 'address'>,
): string {
  const { releases } = siteFolders(config, slug)
  return releaseFolders(join(releases, String(number))).views[address].files
}

async function linkIfThere(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return false
    throw error
  }
}
