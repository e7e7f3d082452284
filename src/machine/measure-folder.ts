/** How many bytes of the disk a folder holds; a file with several names in it counts once. */
import { runCommand } from './run-command.ts'

/** 0 where there is no such folder. What goes away meanwhile is not counted. */
export async function measureFolder(path: string): Promise<number> {
  const { stdout } = await runCommand({
    program: 'du',
    args: ['-s', '--block-size=1', '--', path],
    timeoutMs: 60_000,
  })
  const bytes = Number.parseInt(stdout.toString('utf8'), 10)
  return Number.isNaN(bytes) ? 0 : bytes
}
