/**
 * An nginx that takes its time: its workers stand still until this is disposed of. A deployment that
 * has switched then stays in its last steps, which ask nginx.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SlipwayServer } from './slipway-server.ts'

export async function holdNginx(server: SlipwayServer): Promise<Disposable> {
  const path = join(server.folder, 'data/nginx/nginx.pid')
  const master = (await readFile(path, 'utf8')).trim()
  const children = await readFile(`/proc/${master}/task/${master}/children`, 'utf8')
  const workers = children.trim().split(' ').map(Number)
  for (const pid of workers) signal(pid, 'SIGSTOP')
  return {
    [Symbol.dispose]: () => {
      for (const pid of workers) signal(pid, 'SIGCONT')
    },
  }
}

function signal(pid: number, name: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, name)
  } catch {
    // ESRCH: a worker of the configuration before has ended meanwhile.
  }
}
