/**
 * An nginx of our own below the data folder: started as a daemon, so that sites outlive the server,
 * and adopted by the next one. A configuration that nginx does not take never replaces one that it
 * runs by.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { writeFileAtomically } from '../machine/files.ts'
import { gatherReloads } from './gather-reloads.ts'
import { readGeneration, timeOf, waitForGeneration } from './generation.ts'
import { requireFreeAddresses } from './listen-addresses.ts'
import {
  findMaster,
  type Places,
  placesOf,
  type Reload,
  reload,
  startMaster,
  stopMaster,
  testText,
} from './managed-process.ts'
import type { Nginx } from './nginx.ts'
import { endOldest } from './old-workers.ts'
import { managedPrefix, type NginxText, nginxTextMode, vhostsInclude } from './render-nginx.ts'
import { makeFolder, prepareSharedFolders } from './site-folders.ts'

/** `render` is asked at every `apply`. */
export function createManagedNginx(config: Config, render: () => NginxText): Nginx {
  const places = placesOf(managedPrefix(config))
  let applied: NginxText | null = null
  const start = async (): Promise<void> => {
    const wanted = render()
    await testText(config, places, wanted.text)
    await startByText(config, places, wanted)
    applied = wanted
  }
  const isServing = async (): Promise<boolean> => {
    const generation = await readGeneration(config)
    return generation !== null && generation === (applied ?? render()).generation
  }
  let pauseMs: number = config.limits.reloadPauseMs
  const reloads = gatherReloads(
    async () => {
      const master = await findMaster(places)
      // Whoever starts it again finds what is wanted then.
      if (master === null) return
      const wanted = render()
      const testedMs = await timeOf(() => testText(config, places, wanted.text))
      if (applied?.generation === wanted.generation && (await isServing())) return
      await reloadByText(config, places, { master, wanted, testedMs })
      applied = wanted
      pauseMs = await endOldest(config, master)
    },
    { pauseMs: () => pauseMs },
  )
  let tried: string | null = null
  /** A text that is refused fails here, and not those who wait for the same reload. */
  const tryAlone = async ({ text, generation }: NginxText): Promise<void> => {
    const alone = text.replace(vhostsInclude(config), '').replaceAll(generation, '')
    if (alone !== tried) await testText(config, places, alone)
    tried = alone
  }
  const bring: Nginx['reload'] = async (tellWait) => {
    const wanted = render()
    // What is seen while another reload goes on may not be all that visitors see.
    if (applied === null || applied.generation === wanted.generation) {
      if ((await readGeneration(config)) === wanted.generation) {
        applied = wanted
        return
      }
    }
    await tryAlone(wanted)
    await reloads.request(tellWait)
  }
  const stop = async (): Promise<void> => {
    await stopMaster(config, places)
    reloads.hurry()
  }
  return {
    apply: async (tellWait) => {
      await prepareFolders(config, places)
      if ((await findMaster(places)) === null) await start()
      else await bring(tellWait)
    },
    reload: async (tellWait) => {
      if ((await findMaster(places)) !== null) await bring(tellWait)
    },
    test: () => testText(config, places, render().text),
    tryVhost: (text) => tryVhost(config, places, { text, beside: render().text }),
    isServing,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function startByText(config: Config, places: Places, wanted: NginxText): Promise<void> {
  await requireFreeAddresses(listenAddresses(wanted.text))
  await writeFileAtomically(places.text, wanted.text, nginxTextMode)
  await startMaster(config, places)
  await waitForGeneration(config, wanted)
}

async function reloadByText(config: Config, places: Places, asked: Reload): Promise<void> {
  const { master, wanted } = asked
  const before = await readFile(places.text, 'utf8').catch(() => null)
  await writeFileAtomically(places.text, wanted.text, nginxTextMode)
  try {
    await reload(config, places, asked)
  } catch (error) {
    if (before !== null) {
      await writeFileAtomically(places.text, before, nginxTextMode)
      if ((await findMaster(places, master)) !== null) process.kill(master, 'SIGHUP')
    }
    throw error
  }
}

async function prepareFolders(config: Config, { prefix }: Places): Promise<void> {
  await prepareSharedFolders(config)
  for (const folder of [prefix, join(prefix, 'temp')]) await makeFolder(folder)
  await mkdir(join(prefix, 'logs'), { recursive: true, mode: 0o755 })
}

async function tryVhost(
  config: Config,
  places: Places,
  { text, beside }: { readonly text: string; readonly beside: string },
): Promise<void> {
  const candidate = join(places.prefix, `candidate-${randomBytes(6).toString('hex')}.vhost`)
  try {
    await writeFile(candidate, text)
    await testText(config, places, beside.replace(vhostsInclude(config), `include ${candidate};`))
  } finally {
    await rm(candidate, { force: true })
  }
}

function listenAddresses(text: string): readonly string[] {
  return [...text.matchAll(/^\s*listen (\S+) /gm)].map(([, address]) => address ?? '')
}
