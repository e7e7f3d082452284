/** What a build could leave behind on the machine: processes and folders. */
import { readdir, readFile } from 'node:fs/promises'
import type { SlipwayServer } from './slipway-server.ts'
import { until } from './until.ts'

/** Every process of a project's builds, as a line for people: all inherit the site's URL. */
export async function findBuildProcesses(
  server: SlipwayServer,
  slug: string,
): Promise<readonly string[]> {
  const mark = `SLIPWAY_URL=http://${slug}.localhost:${server.httpPort}\0`
  const found: string[] = []
  for (const pid of await readdir('/proc')) {
    if (!/^[0-9]+$/.test(pid)) continue
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')
    if (!environment.includes(mark)) continue
    const words = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')
    found.push(`${pid} ${words.replaceAll('\0', ' ').slice(0, 100)}`)
  }
  return found
}

/** A live site does not wait for its workspace to go, so a test has to. */
export async function untilNoBuildsLeft(server: SlipwayServer): Promise<void> {
  await until(async () => (await server.leftBuilds()).length === 0)
}
