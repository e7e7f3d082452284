/** Copies one open file to a new path, byte for byte and no further than it was long at first. */
import { createHash } from 'node:crypto'
import { type FileHandle, open, readFile, unlink } from 'node:fs/promises'
import { refuseChanged } from './walk-output.ts'

/** Files of a release: readable for nginx whatever the umask, dated by their release, synced. */
export async function sealFile(file: FileHandle, modifiedAt: number): Promise<void> {
  await file.chmod(0o644)
  await file.utimes(modifiedAt, modifiedAt)
  await file.datasync()
}

/**
 * Answers the SHA-256 of what was copied. `isKnown` tells, by that hash, that the copy is not
 * needed: then it is removed again instead of being synced.
 */
export async function copyFile(
  source: { readonly path: string; readonly file: FileHandle; readonly bytes: number },
  target: string,
  options: {
    readonly modifiedAt: number
    readonly signal: AbortSignal
    readonly isKnown: (sha256: string) => Promise<boolean>
  },
): Promise<string> {
  const copy = await open(target, 'wx', 0o644)
  try {
    const hash = createHash('sha256')
    const chunk = Buffer.allocUnsafe(Math.min(source.bytes + 1, 256 * 1024))
    let bytes = 0
    let bytesRead: number
    do {
      options.signal.throwIfAborted()
      bytesRead = (await source.file.read(chunk, 0, chunk.length)).bytesRead
      bytes += bytesRead
      if (bytes > source.bytes) throw refuseChanged(source.path)
      const part = chunk.subarray(0, bytesRead)
      hash.update(part)
      await copy.writeFile(part)
      // One byte was asked for above the size, so a full chunk alone means that there may be more.
    } while (bytesRead === chunk.length)
    if (bytes !== source.bytes) throw refuseChanged(source.path)
    const sha256 = hash.digest('hex')
    if (await options.isKnown(sha256)) await unlink(target)
    else await sealFile(copy, options.modifiedAt)
    return sha256
  } finally {
    await copy.close()
  }
}

/** The SHA-256 of a file of ours; null where there is none. */
export async function hashFile(path: string): Promise<string | null> {
  const data = await readFile(path).catch(() => null)
  return data === null ? null : createHash('sha256').update(data).digest('hex')
}
