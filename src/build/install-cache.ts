/**
 * What installs have left, one folder a project: `node_modules` taken out of a workspace, given to
 * the server's own user and from then on only shown to builds, never lent. No build can change it,
 * and no project sees another's.
 */
import { createHash, randomUUID } from 'node:crypto'
import { lstat, mkdir, readdir, readFile, rename, rm, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { Builder, Workspace } from '../contracts.ts'
import { limits } from '../config.ts'
import type { ProjectId } from '../domain/names.ts'
import { hasErrorCode, toDiskError } from '../machine/files.ts'
import type { RunAs } from '../machine/run-command.ts'
import { bytesFile, moveOrCopy, runTool, sealFolder, writeBytes } from './sealed-folder.ts'
import { findFolder } from './workspace.ts'

export type InstallCache = Pick<Builder, 'findModules' | 'sealModules' | 'clearCache'>

/** Folders in `node_modules` that tools write to while they build; each build gets its own. */
export const scratchFolders = ['.vite', '.vite-temp', '.cache', '.tmp'] as const

/** `fingerprint` tells the tools apart that an install depends on; `bytesMax` is each project's. */
export function createInstallCache(
  dataDir: string,
  fingerprint: string,
  bytesMax: number = limits.installCacheBytesMax,
): InstallCache {
  const folderOf = (projectId: ProjectId): string => installCacheFolder(dataDir, projectId)
  const entryOf = (projectId: ProjectId, key: string): string => {
    const name = createHash('sha256').update(`${fingerprint}\0${key}`).digest('hex').slice(0, 32)
    return join(folderOf(projectId), name)
  }
  return {
    findModules: async (projectId, key) => {
      const entry = entryOf(projectId, key)
      if (!(await isFolder(join(entry, 'node_modules')))) return null
      const now = new Date()
      await utimes(entry, now, now)
      return join(entry, 'node_modules')
    },
    sealModules: async (projectId, key, { workspace, rootDir }) => {
      const modules = `${rootDir}/node_modules`
      if ((await findFolder(workspace, [modules])) === null) return null
      const entry = entryOf(projectId, key)
      const source = join(workspace.sourceDir, modules)
      try {
        await seal(source, entry)
        await removeLeastUsed(folderOf(projectId), { kept: entry, bytesMax })
      } catch (error) {
        throw toDiskError(error, entry)
      }
      return join(entry, 'node_modules')
    },
    clearCache: (projectId) => rm(folderOf(projectId), { recursive: true, force: true }),
  }
}

/** All that installs of a project have left. */
export function installCacheFolder(dataDir: string, projectId: ProjectId): string {
  return join(dataDir, 'caches', projectId)
}

/** A copy of sealed modules for one build that has to write to them. */
export async function copyModules(
  modulesDir: string,
  place: {
    readonly workspace: Workspace
    readonly rootDir: string
    readonly buildUser: RunAs | null
  },
): Promise<void> {
  const { workspace, rootDir, buildUser } = place
  const target = join(workspace.sourceDir, rootDir, 'node_modules')
  // As the build user, who owns the copy and could not write anywhere else.
  await runTool(
    'cp',
    ['-r', '--preserve=mode,links', '--reflink=auto', '-T', '--', modulesDir, target],
    buildUser,
  )
}

/** A move back is tried where the move can't be finished, so that the build has its modules. */
async function seal(source: string, entry: string): Promise<void> {
  const fresh = `${entry}.${randomUUID()}.tmp`
  await mkdir(fresh, { recursive: true, mode: 0o711 })
  const target = join(fresh, 'node_modules')
  const isMoved = await moveOrCopy(source, target)
  try {
    for (const name of scratchFolders) await makeEmptyFolder(join(target, name))
    await sealFolder(target)
    await writeBytes(fresh)
    await rm(entry, { recursive: true, force: true })
    await rename(fresh, entry)
  } catch (error) {
    if (isMoved) await rename(target, source)
    throw error
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}

async function makeEmptyFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true })
  await mkdir(path)
}

/** Removes the entries that were used longest ago, until the rest keeps within the limit. */
async function removeLeastUsed(
  folder: string,
  { kept, bytesMax }: { readonly kept: string; readonly bytesMax: number },
): Promise<void> {
  const names = (await readdir(folder)).filter((name) => !name.endsWith('.tmp'))
  const entries = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name)
      const [{ mtimeMs }, bytes] = await Promise.all([lstat(path), readBytes(path)])
      return { path, usedAtMs: mtimeMs, bytes }
    }),
  )
  let bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0)
  for (const entry of entries.toSorted((a, b) => a.usedAtMs - b.usedAtMs)) {
    if (bytes <= bytesMax) return
    if (entry.path === kept) continue
    await rm(entry.path, { recursive: true, force: true })
    bytes -= entry.bytes
  }
}

async function readBytes(entry: string): Promise<number> {
  try {
    return Number(await readFile(bytesFile(entry), 'utf8'))
  } catch (error) {
    // One that was cut short: it goes first where room is needed.
    if (hasErrorCode(error, 'ENOENT')) return 0
    throw error
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory()
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return false
    throw error
  }
}
