/**
 * nginx answers by a new configuration while workers of the one before still take visitors. Who is
 * about to switch to what only the new one knows has to wait for their end.
 */
import { readFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import type { Config } from '../config.ts'
import { SlipwayError } from '../domain/errors.ts'

/** Those that take visitors now; none where the master is not to be seen. */
export async function listWorkers(master: number | null): Promise<readonly number[]> {
  const path = `/proc/${master}/task/${master}/children`
  const children = await readFile(path, 'utf8').catch(() => '')
  const pids = children.trim().split(' ').map(Number)
  const areTaking = await Promise.all(pids.map(takesVisitors))
  return pids.filter((_, index) => areTaking[index])
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
    const areTaking = await Promise.all(workers.map(takesVisitors))
    if (!areTaking.includes(true)) return
    if (performance.now() > deadline) {
      const problem = `a worker from before goes on after ${seconds} s.`
      throw new SlipwayError('nginx_refused', { problem })
    }
    await setTimeout(pauseMs)
  }
}

/** By the title that it gives itself before it closes its listening sockets. */
async function takesVisitors(pid: number): Promise<boolean> {
  const title = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return title.startsWith('nginx: worker process') && !title.includes('is shutting down')
}
