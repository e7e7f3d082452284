/**
 * Removes from the store of apps what no release names any more, and what nobody has needed for as
 * long as assets of earlier releases answer: a page that is open somewhere may still ask for it.
 */
import { lstatSync, type Stats, unlinkSync } from 'node:fs'
import { lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { isSlugShaped } from '../domain/names.ts'
import { hasErrorCode } from '../machine/files.ts'
import { parseStoreNames } from './manifest.ts'
import { listReleases } from './releases.ts'
import { runFew } from './run-few.ts'
import { appStoreFolder, type ReleaseFolders, releaseFolders } from './site-folders.ts'

export interface Collected {
  readonly files: number
  readonly bytes: number
}

const dayMs = 86_400_000

/** Throws, and has removed nothing, where a release does not say what it needs. */
export async function collectAppFiles(config: Config, now: Date): Promise<Collected> {
  const folder = appStoreFolder(config)
  const before = now.getTime() - config.limits.assetAgeDaysMax * dayMs
  const old = await findOld(folder, before)
  if (old.length === 0) return { files: 0, bytes: 0 }
  const needed = await readNeeded(config.nginx.wwwRoot)
  let [files, bytes] = [0, 0]
  for (const name of old.filter((candidate) => !needed.has(plainName(candidate)))) {
    const freed = removeIfOld(folder, name, before)
    files += Number(freed !== null)
    bytes += freed ?? 0
  }
  return { files, bytes }
}

/** Now and once a day. `tell` hears of what was removed. */
export function collectDaily(
  config: Config,
  {
    tell,
    tellError,
  }: {
    readonly tell: (collected: Collected) => void
    readonly tellError: (error: unknown) => void
  },
): AsyncDisposable {
  let running = Promise.resolve()
  const collect = (): void => {
    running = collectAppFiles(config, new Date()).then((collected) => {
      if (collected.files > 0) tell(collected)
    }, tellError)
  }
  const timer = setInterval(collect, dayMs).unref()
  collect()
  return {
    [Symbol.asyncDispose]: () => {
      clearInterval(timer)
      return running
    },
  }
}

/** Plain files before their compressed forms, which are as old as they are. */
async function findOld(folder: string, before: number): Promise<readonly string[]> {
  const changed = new Map<string, number>()
  await runFew(await readFolder(folder), 8, async (name) => {
    const stats = await lstat(join(folder, name)).catch(noneIfAbsent)
    if (stats?.isFile() === true) changed.set(name, stats.ctimeMs)
  })
  return [...changed]
    .filter(([name, ctimeMs]) => Math.max(ctimeMs, changed.get(plainName(name)) ?? 0) < before)
    .map(([name]) => name)
    .toSorted()
}

/**
 * Looks once more and removes in one turn of the event loop: a deployment that needs the file either
 * has renewed it by now, or finds it gone and writes it again.
 */
function removeIfOld(folder: string, name: string, before: number): number | null {
  const found = statIfAny(join(folder, name))
  const plain = statIfAny(join(folder, plainName(name)))
  if (found === null || Math.max(found.ctimeMs, plain?.ctimeMs ?? 0) >= before) return null
  unlinkSync(join(folder, name))
  return found.size
}

function statIfAny(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null
}

async function readNeeded(wwwRoot: string): Promise<ReadonlySet<string>> {
  const needed = new Set<string>()
  const slugs = (await readFolder(wwwRoot)).filter(isSlugShaped)
  await runFew(slugs, 4, async (slug) => {
    const releases = join(wwwRoot, slug, 'releases')
    for (const number of await listReleases(releases)) {
      const names = await readStoreNames(releaseFolders(join(releases, String(number))))
      for (const name of names) needed.add(name)
    }
  })
  return needed
}

async function readStoreNames({ release, manifest }: ReleaseFolders): Promise<readonly string[]> {
  const text = await readFile(manifest, 'utf8').catch(noneIfAbsent)
  const names = text === null ? null : parseStoreNames(text)
  if (names !== null) return names
  // It may have been removed meanwhile.
  if (text === null && (await lstat(release).catch(noneIfAbsent)) === null) return []
  throw new Error(`${manifest} can not be read, so no file of an app is removed`)
}

async function readFolder(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(noneIfAbsent)) ?? []
}

function noneIfAbsent(error: unknown): null {
  if (hasErrorCode(error, 'ENOENT', 'ENOTDIR')) return null
  throw error
}

/** Of a compressed form, the file that it is of. */
function plainName(name: string): string {
  return name.replace(/\.(?:br|gz)$/, '')
}
