/** A file system of a few megabytes of its own, which a test fills or makes read-only. */
import { chmod, mkdtemp, open, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../../src/machine/run-command.ts'
import { patienceMs } from './patience.ts'

export class SmallDisk implements AsyncDisposable {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  /** Leaves no byte free. */
  async fill(): Promise<void> {
    const file = await open(join(this.path, filler), 'a')
    const piece = Buffer.alloc(64 * 1024)
    try {
      for (let size = piece.length; size >= 1; size = Math.floor(size / 2)) {
        try {
          for (;;) await file.write(piece, 0, size)
        } catch (error) {
          if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
        }
      }
    } finally {
      await file.close()
    }
  }

  /** Takes away what `fill` wrote. */
  async free(): Promise<void> {
    await truncate(join(this.path, filler))
    await rm(join(this.path, filler))
  }

  async setReadOnly(isReadOnly: boolean): Promise<void> {
    const done = await mount(['-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, this.path])
    if (!done) throw new Error(`${this.path} could not be mounted anew: is a file of it open?`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await runCommand({ program: 'umount', args: ['--lazy', this.path], timeoutMs: patienceMs })
    await rm(this.path, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Null where this user or this machine may not mount. */
export async function mountSmallDisk(megabytes: number): Promise<SmallDisk | null> {
  const path = await mkdtemp(join(tmpdir(), 'slipway-disk-'))
  await chmod(path, 0o755)
  const options = `size=${megabytes}m,mode=755`
  if (await mount(['-t', 'tmpfs', '-o', options, 'slipway-test', path])) return new SmallDisk(path)
  await rm(path, { recursive: true })
  return null
}

const filler = '.filler'

async function mount(args: readonly string[]): Promise<boolean> {
  const { exitCode } = await runCommand({ program: 'mount', args, timeoutMs: patienceMs })
  return exitCode === 0
}
