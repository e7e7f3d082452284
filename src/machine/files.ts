/**
 * Files that matter: written under a temporary name, synced, renamed. The one translator of the
 * file system's errors into those that people are told.
 */
import { randomBytes } from 'node:crypto'
import { open, readFile, readlink, rename, symlink, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SlipwayError } from '../domain/errors.ts'

/** Replaces a file as one whole; a reader sees the old text or the new, also after a power cut. */
export async function writeFileAtomically(
  path: string,
  data: string | Buffer,
  mode = 0o644,
): Promise<void> {
  const temporary = temporaryName(path)
  try {
    const file = await open(temporary, 'wx', mode)
    try {
      await file.writeFile(data)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await unlink(temporary).catch(() => undefined)
    throw toDiskError(error, path)
  }
}

/** Makes `path` a symbolic link to `target` by one rename(2), whatever stood there before. */
export async function replaceLink(target: string, path: string): Promise<void> {
  const temporary = temporaryName(path)
  try {
    await symlink(target, temporary)
    await rename(temporary, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await unlink(temporary).catch(() => undefined)
    throw toDiskError(error, path)
  }
}

/** The text of a small file, without the white space around it; null where there is none. */
export async function readTextIfAny(path: string): Promise<string | null> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return null
    throw toDiskError(error, path)
  }
}

/** What a symbolic link says; null where there is none. */
export async function readLinkIfAny(path: string): Promise<string | null> {
  try {
    return await readlink(path)
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'EINVAL', 'ENOTDIR')) return null
    throw error
  }
}

/** Makes the entries of a folder last, as fsync(2) asks for after a rename. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Turns a full disk and a read-only folder into errors for people; leaves the rest alone. */
export function toDiskError(error: unknown, path: string): unknown {
  if (hasErrorCode(error, 'ENOSPC', 'EDQUOT')) return new SlipwayError('disk_full', { path }, error)
  if (hasErrorCode(error, 'EROFS', 'EACCES', 'EPERM')) {
    return new SlipwayError('folder_not_writable', { path, problem: error.code }, error)
  }
  return error
}

export function hasErrorCode(
  error: unknown,
  ...codes: readonly string[]
): error is Error & { readonly code: string } {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    codes.includes(error.code)
  )
}

function temporaryName(path: string): string {
  return `${path}.${randomBytes(6).toString('hex')}.tmp`
}
