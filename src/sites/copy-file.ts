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

interface Source {
  readonly path: string
  readonly file: FileHandle
  readonly bytes: number
}

interface CopyOptions {
  readonly modifiedAt: number
  readonly signal: AbortSignal
  /** Tells, by the hash of the whole, that the copy is not needed. */
  readonly isKnown: (sha256: string) => Promise<boolean>
}

const chunkBytesMax = 256 * 1024

/** Answers the SHA-256 of what was read. What is known already leaves no copy. */
export async function copyFile(
  source: Source,
  target: string,
  options: CopyOptions,
): Promise<string> {
  options.signal.throwIfAborted()
  return source.bytes < chunkBytesMax
    ? copySmallFile(source, target, options)
    : copyLargeFile(source, target, options)
}

/** As one piece, which is written only where it is new. */
async function copySmallFile(
  source: Source,
  target: string,
  { modifiedAt, isKnown }: CopyOptions,
): Promise<string> {
  const chunk = Buffer.allocUnsafe(source.bytes + 1)
  // One byte more than it was long: less than that is the end of it.
  const { bytesRead } = await source.file.read(chunk, 0, chunk.length, 0)
  if (bytesRead !== source.bytes) throw refuseChanged(source.path)
  const whole = chunk.subarray(0, bytesRead)
  const sha256 = createHash('sha256').update(whole).digest('hex')
  if (await isKnown(sha256)) return sha256
  const copy = await open(target, 'wx', 0o644)
  try {
    await copy.writeFile(whole)
    await sealFile(copy, modifiedAt)
  } finally {
    await copy.close()
  }
  return sha256
}

async function copyLargeFile(
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
