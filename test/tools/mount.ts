/** A small file system of a test's own, so that a disk can be full or read-only. Needs root. */
import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface SmallDisk extends AsyncDisposable {
  readonly makeReadOnly: () => Promise<void>
}

/** Null where this machine lets nobody mount, with the reason told to `skip`. */
export async function mountSmallDisk(
  folder: string,
  sizeKiB: number,
  skip: (reason: string) => void,
): Promise<SmallDisk | null> {
  await mkdir(folder, { recursive: true })
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeKiB}k,mode=755`, 'tmpfs', folder])
  } catch (error) {
    skip(`mounting is not permitted here: ${String(error)}`)
    return null
  }
  return {
    makeReadOnly: async () => {
      await run('mount', ['-o', 'remount,ro', folder])
    },
    [Symbol.asyncDispose]: async () => {
      await run('umount', [folder])
    },
  }
}
