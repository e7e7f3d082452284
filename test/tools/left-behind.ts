/** What a build could leave behind on the machine: processes and folders. */
import { readdir, readFile } from 'node:fs/promises'
import type { SlipwayServer } from './slipway-server.ts'

/**
 * Every process that has the text in its words or its environment, as a line for people. All that a
 * build starts inherits `SLIPWAY_PROJECT=<slug>`, unless it hides it.
 */
export async function findProcesses(text: string): Promise<readonly string[]> {
  const found: string[] = []
  for (const pid of await readdir('/proc')) {
    if (!/^[0-9]+$/.test(pid)) continue
    const [words, environment] = await Promise.all([
      readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => ''),
      readFile(`/proc/${pid}/environ`, 'latin1').catch(() => ''),
    ])
    if (!`${words}\0${environment}`.includes(text)) continue
    found.push(`${pid} ${words.replaceAll('\0', ' ').slice(0, 100)}`)
  }
  return found
}

/** A live site does not wait for its workspace to go, so a test has to. */
export async function untilNoBuildsLeft(server: SlipwayServer): Promise<void> {
  while ((await server.leftBuilds()).length > 0) {
    await new Promise((resume) => setTimeout(resume, 10))
  }
}
