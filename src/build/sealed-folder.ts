/**
 * Makes a folder that strangers' code wrote the server's own, so that it can be shown to builds and
 * changed by none. Nothing may run any more that writes to it.
 */
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hasErrorCode } from '../machine/files.ts'
import { type RunAs, runCommand } from '../machine/run-command.ts'

/** False where the source lies on another file system, and keeps its own. */
export async function moveOrCopy(source: string, target: string): Promise<boolean> {
  try {
    await rename(source, target)
    return true
  } catch (error) {
    if (!hasErrorCode(error, 'EXDEV')) throw error
    await runTool('cp', ['-a', '--reflink=auto', '--', source, target])
    return false
  }
}

/** All that is in it belongs to the server from now on, and can be read by everybody. */
export async function sealFolder(folder: string): Promise<void> {
  const owner = `${process.geteuid?.() ?? 0}:${process.getegid?.() ?? 0}`
  await runTool('chown', ['-R', '-h', owner, '--', folder])
  await runTool('chmod', ['-R', 'u+rwX,go=rX,ug-s', '--', folder])
}

/** What a folder takes of the disk. */
export async function measureBytes(folder: string): Promise<number> {
  const listed = await runTool('du', ['-s', '--block-size=1', '--', folder])
  return Number.parseInt(listed, 10)
}

/** Where an entry of the install cache says how large it is. */
export function bytesFile(entry: string): string {
  return join(entry, 'bytes')
}

export async function writeBytes(entry: string): Promise<void> {
  await writeFile(bytesFile(entry), String(await measureBytes(entry)))
}

const toolTimeoutMs = 600_000

/** Throws an error of the file system's kind; answers what the tool printed. */
export async function runTool(
  program: string,
  args: readonly string[],
  runAs: RunAs | null = null,
): Promise<string> {
  const result = await runCommand({ program, args, runAs, timeoutMs: toolTimeoutMs })
  if (result.exitCode === 0) return result.stdout.toString('utf8')
  const problem = result.stderr.trim()
  const code = problem.includes('No space left') ? 'ENOSPC' : 'EIO'
  throw Object.assign(new Error(`${program}: ${problem}`), { code })
}
