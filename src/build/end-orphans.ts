/**
 * Ends the sandboxes of a server that was killed. bubblewrap ends with its parent, but for one that
 * was killed in the moment before bubblewrap could say so.
 */
import { readdir, readFile } from 'node:fs/promises'

const roundsMax = 100

/** Only what has lost its parent and belongs to the user that builds; other servers' builds go on. */
export async function endOrphans(uid: number): Promise<void> {
  // The end of an outer process may make an orphan of its inner one.
  for (let round = 0; round < roundsMax; round += 1) {
    const orphans = await findOrphans(uid)
    if (orphans.length === 0) return
    for (const pid of orphans) endProcess(pid)
  }
}

async function findOrphans(uid: number): Promise<readonly number[]> {
  const names = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name))
  const found = await Promise.all(
    names.map(async (name) => ((await isOrphan(name, uid)) ? [Number(name)] : [])),
  )
  return found.flat()
}

async function isOrphan(name: string, uid: number): Promise<boolean> {
  const status = await readFile(`/proc/${name}/status`, 'latin1').catch(() => '')
  return (
    status.startsWith('Name:\tbwrap\n') &&
    status.includes('\nPPid:\t1\n') &&
    status.includes(`\nUid:\t${uid}\t`) &&
    !/\nState:\t[ZX]/.test(status)
  )
}

/** The first process of a sandbox takes all others of it along. */
function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // ESRCH: it has ended meanwhile.
  }
}
