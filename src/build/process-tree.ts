/**
 * What a process and all below it have taken of the machine, as the kernel tells it to anybody in
 * /proc: needs no control group and no rights. Read from outside, so a build can't change it.
 */
import { readdirSync, readFileSync } from 'node:fs'

export interface TreeUse {
  /** Of those that run, and of those that ended and were waited for. */
  readonly cpuMs: number
  /** What they hold now; files that are mapped, such as the programs themselves, don't count. */
  readonly heldBytes: number
}

/** Null where the process has ended, or the kernel tells nothing. */
export function readTreeUse(rootPid: number): TreeUse | null {
  let [cpuMs, heldBytes] = [0, 0]
  let isThere = false
  const pids = [rootPid]
  // From above to below: one that ends meanwhile is missed, where it would be counted twice else.
  for (let pid = pids.shift(); pid !== undefined; pid = pids.shift()) {
    const cpu = readCpuMs(pid)
    if (cpu === null) continue
    isThere = true
    cpuMs += cpu
    heldBytes += readMemoryBytes(pid)
    pids.push(...readChildren(pid))
  }
  return isThere ? { cpuMs, heldBytes } : null
}

/** Linux tells times to programs in hundredths of a second, whatever it counts in itself. */
const tickMs = 10

function readCpuMs(pid: number): number | null {
  const stat = readProc(`${pid}/stat`)
  if (stat === null) return null
  // The name of the program stands in brackets and may hold anything, so count from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // utime, stime, cutime and cstime of proc(5).
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * tickMs, 0)
}

function readMemoryBytes(pid: number): number {
  const status = readProc(`${pid}/status`) ?? ''
  let kibibytes = 0
  for (const [, amount] of status.matchAll(/^Rss(?:Anon|Shmem):\s*([0-9]+) kB$/gm)) {
    kibibytes += Number(amount)
  }
  return kibibytes * 1024
}

/** Every thread has children of its own. */
function readChildren(pid: number): readonly number[] {
  const threads = readNames(`${pid}/task`)
  return threads.flatMap((thread) =>
    (readProc(`${pid}/task/${thread}/children`) ?? '').split(' ').filter(Boolean).map(Number),
  )
}

/** These are no files on a disk: reading them waits for nothing. Null where the process has ended. */
function readProc(path: string): string | null {
  try {
    return readFileSync(`/proc/${path}`, 'latin1')
  } catch {
    return null
  }
}

function readNames(path: string): readonly string[] {
  try {
    return readdirSync(`/proc/${path}`)
  } catch {
    return []
  }
}
