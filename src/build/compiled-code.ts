/**
 * What V8 made of an install's packages, so that builds need not compile them each time: Node's
 * module compile cache. The first build that has the packages writes it, and it is sealed beside
 * them: no later build can change it, no other project sees it, and it goes when they go.
 */
import { randomUUID } from 'node:crypto'
import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { limits } from '../config.ts'
import type { Workspace } from '../contracts.ts'
import { hasErrorCode } from '../machine/files.ts'
import { measureBytes, moveOrCopy, sealFolder, writeBytes } from './sealed-folder.ts'
import { neighboursOf } from './workspace.ts'

export interface CompiledCode {
  readonly dir: string
  /** False for an empty folder of the workspace, which the build may fill. */
  readonly isSealed: boolean
}

/** Null for a build that has no sealed packages. */
export async function findCompiledCode(
  modulesDir: string | null,
  workspace: Workspace,
): Promise<CompiledCode | null> {
  if (modulesDir === null) return null
  const dir = sealedFolder(modulesDir)
  if (await isThere(dir)) return { dir, isSealed: true }
  return { dir: neighboursOf(workspace).tmpDir, isSealed: false }
}

/**
 * Keeps what a build wrote that ended well, all processes of it included. What can't be kept costs
 * the next build a moment, and this one nothing.
 */
export async function keepCompiledCode(modulesDir: string, dir: string): Promise<void> {
  const sealed = sealedFolder(modulesDir)
  const fresh = `${sealed}.${randomUUID()}.tmp`
  try {
    if ((await readdir(dir)).length === 0) return
    await moveOrCopy(dir, fresh)
    if ((await measureBytes(fresh)) > limits.sandboxTmpBytesMax) await makeEmpty(fresh)
    await sealFolder(fresh)
    await rename(fresh, sealed)
    await writeBytes(dirname(modulesDir))
  } catch {
    // The disk may be full, which the release will say where it matters.
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}

function sealedFolder(modulesDir: string): string {
  return join(dirname(modulesDir), 'compiled-code')
}

/** Kept all the same, so that no later build writes as much only to have it thrown away. */
async function makeEmpty(folder: string): Promise<void> {
  await rm(folder, { recursive: true })
  await mkdir(folder)
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return false
    throw error
  }
}
