/**
 * nginx answers by a new configuration while workers of the one before still take visitors. Who is
 * about to switch to what only the new one knows has to wait for their end. After that they only
 * finish what they have begun, which a visitor can draw out, and each holds a configuration.
 */
import { readFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import type { Config } from '../config.ts'
import { SlipwayError } from '../domain/errors.ts'
import { hasErrorCode } from '../machine/files.ts'

/** Those that take visitors now; none where the master is not to be seen. */
export function listWorkers(master: number | null): Promise<readonly number[]> {
  return listChildren(master, 'takes visitors')
}

/**
 * Ends the oldest of those that take no more visitors, where they are more than
 * `limits.oldWorkersMax`: nginx would keep as many as there were reloads. Answers for how many
 * milliseconds the next reload is held back, which is longer where there are many.
 */
export async function endOldest({ limits }: Config, master: number | null): Promise<number> {
  const old = await listChildren(master, 'finishes')
  for (const pid of old.slice(0, -limits.oldWorkersMax)) end(pid)
  const isCrowded = old.length > limits.oldWorkersMax / 2
  return isCrowded ? limits.crowdedReloadPauseMs : limits.reloadPauseMs
}

/** Null where there is no such process. */
export async function findParent(pid: number | null): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const found = /^PPid:\s+([0-9]+)$/m.exec(status)
  return found === null ? null : Number(found[1])
}

/** Throws `nginx_refused` where one of them goes on. */
export async function waitForTheirEnd(config: Config, workers: readonly number[]): Promise<void> {
  const seconds = config.limits.nginxTimeoutMs / 1_000
  const deadline = performance.now() + config.limits.nginxTimeoutMs
  for (let pauseMs = 1; ; pauseMs = Math.min(2 * pauseMs, 50)) {
    const states = await Promise.all(workers.map(readState))
    if (!states.includes('takes visitors')) return
    if (performance.now() > deadline) {
      const problem = `a worker from before goes on after ${seconds} s.`
      throw new SlipwayError('nginx_refused', { problem })
    }
    await setTimeout(pauseMs)
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM')
  } catch (error) {
    if (!hasErrorCode(error, 'ESRCH')) throw error
  }
}

type WorkerState = 'takes visitors' | 'finishes' | null

/** The oldest first. */
async function listChildren(master: number | null, state: WorkerState): Promise<readonly number[]> {
  const path = `/proc/${master}/task/${master}/children`
  const children = await readFile(path, 'utf8').catch(() => '')
  const pids = children.trim().split(' ').map(Number)
  const states = await Promise.all(pids.map(readState))
  return pids.filter((_, index) => states[index] === state)
}

/** By the title that it gives itself before it closes its listening sockets. */
async function readState(pid: number): Promise<WorkerState> {
  const title = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  if (!title.startsWith('nginx: worker process')) return null
  return title.includes('is shutting down') ? 'finishes' : 'takes visitors'
}
