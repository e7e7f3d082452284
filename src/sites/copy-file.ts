/** Copies one file to a new path, byte for byte and no further than it was long at first. */
import { createHash } from 'node:crypto'
import { type FileHandle, open, readFile, unlink } from 'node:fs/promises'
import { refuseChanged } from './walk-output.ts'

/** Files of a release: readable for nginx whatever the umask, dated by their release, synced. */
export async function sealFile(file: FileHandle, modifiedAt: number): Promise<void> {
  await file.chmod(0o644)
  await file.utimes(modifiedAt, modifiedAt)
  await file.datasync()
}

export interface Source {
  readonly path: string
  readonly file: FileHandle
  readonly bytes: number
}

export interface CopyOptions {
  readonly modifiedAt: number
  readonly signal: AbortSignal
  /** Tells, by the hash of the whole, that the copy is not needed. */
  readonly isKnown: (sha256: string) => Promise<boolean>
}

const chunkBytesMax = 256 * 1024

/** Answers the SHA-256 of the content. What is known already leaves no copy. */
export async function writeCopy(
  content: Buffer,
  target: string,
  { modifiedAt, signal, isKnown }: CopyOptions,
): Promise<string> {
  signal.throwIfAborted()
  const sha256 = createHash('sha256').update(content).digest('hex')
  if (await isKnown(sha256)) return sha256
  const copy = await open(target, 'wx', 0o644)
  try {
    await copy.writeFile(content)
    await sealFile(copy, modifiedAt)
  } finally {
    await copy.close()
  }
  return sha256
}

/**
 * The same for a file that is read in parts. One that is known already is removed again instead of
 * being synced.
 */
export async function copyFile(
  source: Source,
  target: string,
  { modifiedAt, signal, isKnown }: CopyOptions,
): Promise<string> {
  const copy = await open(target, 'wx', 0o644)
  try {
    const hash = createHash('sha256')
    const chunk = Buffer.allocUnsafe(chunkBytesMax)
    let bytes = 0
    for (;;) {
      signal.throwIfAborted()
      const { bytesRead } = await source.file.read(chunk, 0, chunk.length)
      if (bytesRead === 0) break
      bytes += bytesRead
      if (bytes > source.bytes) throw refuseChanged(source.path)
      const part = chunk.subarray(0, bytesRead)
      hash.update(part)
      await copy.writeFile(part)
    }
    if (bytes !== source.bytes) throw refuseChanged(source.path)
    const sha256 = hash.digest('hex')
    if (await isKnown(sha256)) await unlink(target)
    else await sealFile(copy, modifiedAt)
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
