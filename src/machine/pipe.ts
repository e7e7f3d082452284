/**
 * Pipes for what a process prints. Node gives a child a pair of sockets, which hold a few hundred
 * writes; a program that ends at once, as `process.exit` does, loses the rest: its last words. A
 * pipe of the kernel holds 64 KiB, however they were written.
 */
import { closeSync, constants, openSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { Socket } from 'node:net'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { toDiskError } from './files.ts'
import { runCommand } from './run-command.ts'

export interface Pipe {
  /** Ends when no process holds the writing end any more. */
  readonly output: Readable
  /** The writing end, to be given to a process. */
  readonly descriptor: number
  /** To be called once, as soon as the process has been started or could not be. */
  readonly closeWritingEnd: () => void
}

/** Makes as many pipes as are wanted; nothing is left of the names that they have below `folder`. */
export async function openPipes(folder: string, count: number): Promise<readonly Pipe[]> {
  const names = await makeFolder(folder)
  try {
    const paths = Array.from({ length: count }, (_, index) => join(names, String(index)))
    const { exitCode, stderr } = await runCommand({
      program: 'mkfifo',
      // Whoever prints may open it as /dev/stdout, too.
      args: ['-m', '622', '--', ...paths],
      timeoutMs: mkfifoTimeoutMs,
    })
    if (exitCode !== 0) throw new Error(`mkfifo ended with ${exitCode}: ${stderr}`)
    return paths.map(openPipe)
  } finally {
    await rm(names, { recursive: true, force: true })
  }
}

const mkfifoTimeoutMs = 10_000

/** Opening it never waits: the reading end comes first, and does not ask for a writer. */
function openPipe(path: string): Pipe {
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const descriptor = openSync(path, constants.O_WRONLY)
  return {
    output: new Socket({ fd: reader, readable: true, writable: false }),
    descriptor,
    closeWritingEnd: () => {
      closeSync(descriptor)
    },
  }
}

async function makeFolder(folder: string): Promise<string> {
  try {
    return await mkdtemp(join(folder, '.pipes-'))
  } catch (error) {
    throw toDiskError(error, folder)
  }
}
