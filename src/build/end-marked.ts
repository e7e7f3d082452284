/**
 * Ends the processes of a build that ran without a sandbox. They are known by the HOME that they
 * inherited; one that hides it stays, which is among the reasons to have a sandbox.
 */
import { readdir, readFile } from 'node:fs/promises'

/** Returns when a look at all processes found none. */
export async function endMarkedProcesses(homeDir: string): Promise<void> {
  for (let round = 0; round < roundsMax; round += 1) {
    const pids = await findMarked(homeDir)
    if (pids.length === 0) return
    for (const pid of pids) endProcess(pid)
  }
  throw new Error(`processes with HOME=${homeDir} could not be ended`)
}

const roundsMax = 1_000

async function findMarked(homeDir: string): Promise<readonly number[]> {
  const names = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name))
  const marked: number[] = []
  for (const name of names) {
    // Empty for a process that has ended and one of another user's.
    const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '')
    if (environment.split('\0').includes(`HOME=${homeDir}`)) marked.push(Number(name))
  }
  return marked
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // ESRCH: it has ended meanwhile.
  }
}
