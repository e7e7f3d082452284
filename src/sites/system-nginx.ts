/**
 * Debian's nginx: our shared block is one file of `NGINX_SITES_DIR`, enabled by a link beside it.
 * What nginx does not take is put back as it was before.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Config } from '../config.ts'
import { SlipwayError } from '../domain/errors.ts'
import { readLinkIfAny, replaceLink, toDiskError, writeFileAtomically } from '../machine/files.ts'
import { runCommand } from '../machine/run-command.ts'
import { gatherReloads } from './gather-reloads.ts'
import { readGeneration, readWorker, timeOf, waitForGeneration } from './generation.ts'
import { firstComplaint } from './nginx-complaint.ts'
import type { Nginx } from './nginx.ts'
import { endOldest, findParent, listWorkers, waitForTheirEnd } from './old-workers.ts'
import { type NginxText, nginxTextMode } from './render-nginx.ts'
import { prepareSharedFolders } from './site-folders.ts'

/** The command lines that ask something of the system. */
export interface SystemCommands {
  readonly test: readonly string[]
  /** Tried in this order until one works. */
  readonly reloads: readonly (readonly string[])[]
}

const debianCommands: SystemCommands = {
  test: ['nginx', '-t', '-q'],
  reloads: [
    ['systemctl', 'reload', 'nginx'],
    ['nginx', '-s', 'reload'],
  ],
}

const namesHash = 'server_names_hash_bucket_size'

export function createSystemNginx(
  config: Config,
  render: () => NginxText,
  commands: SystemCommands = debianCommands,
): Nginx {
  let tried: string | null = null
  let applied: NginxText | null = null
  let pauseMs: number = config.limits.reloadPauseMs
  const bring = async (): Promise<void> => {
    const wanted = render()
    const master = await bringText(config, commands, wanted)
    applied = wanted
    pauseMs = await endOldest(config, master)
  }
  const reloads = gatherReloads(bring, { pauseMs: () => pauseMs })
  const apply: Nginx['apply'] = async (tellWait) => {
    const wanted = render()
    await prepareSharedFolders(config)
    if (await isRunningBy(config, wanted)) {
      applied = wanted
      return
    }
    // A text that is refused fails here, and not those who wait for the same reload.
    const alone = wanted.text.replaceAll(wanted.generation, '')
    if (alone !== tried) await testAlone(config, commands, alone)
    tried = alone
    await reloads.request(tellWait)
  }
  return {
    apply,
    reload: apply,
    test: () => runOrRefuse(config, [commands.test]),
    tryVhost: (text) => testAlone(config, commands, `${render().text}\n${text}`),
    isServing: async () => (await readGeneration(config)) === (applied ?? render()).generation,
    stop: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

interface Places {
  readonly available: string
  readonly enabled: string
}

interface Placed {
  readonly text: string | null
  readonly link: string | null
}

async function isRunningBy(config: Config, wanted: NginxText): Promise<boolean> {
  const { text } = await readPlaced(placesOf(config))
  return text === wanted.text && (await readGeneration(config)) === wanted.generation
}

/** Without the files of others, which are not to be tested with what may be broken. */
async function testAlone(config: Config, { test }: SystemCommands, inHttp: string): Promise<void> {
  const candidate = join(config.dataDir, `candidate-${randomBytes(6).toString('hex')}.conf`)
  const pid = `${candidate}.pid`
  try {
    // Others may have said so, and are not here.
    const names = inHttp.includes(namesHash) ? '' : `${namesHash} 512;\n`
    const text = `pid ${pid};\nevents {}\nhttp {\n${names}${inHttp}}\n`
    await writeFile(candidate, text, { mode: nginxTextMode })
    await runOrRefuse(config, [[...test, '-c', candidate]])
  } finally {
    await rm(candidate, { force: true })
    await rm(pid, { force: true })
  }
}

/** Answers which process is nginx; null where it is not to be seen. */
async function bringText(
  config: Config,
  commands: SystemCommands,
  wanted: NginxText,
): Promise<number | null> {
  const { available, enabled } = placesOf(config)
  const before = await readPlaced({ available, enabled })
  const place = (placed: Placed): Promise<void> => placeFile({ available, enabled }, placed)
  let testedMs = 0
  try {
    await place({ text: wanted.text, link: available })
    testedMs = await timeOf(() => runOrRefuse(config, [commands.test]))
  } catch (error) {
    await place(before)
    throw error
  }
  const master = await findParent(await readWorker(config))
  const workers = await listWorkers(master)
  try {
    await runOrRefuse(config, commands.reloads)
    await waitForGeneration(config, { ...wanted, testedMs })
    await waitForTheirEnd(config, workers)
    return master
  } catch (error) {
    await place(before)
    await runOrRefuse(config, commands.reloads)
    throw error
  }
}

function placesOf({ nginx }: Config): Places {
  return {
    available: join(nginx.sitesDir, 'slipway.conf'),
    enabled: join(dirname(nginx.sitesDir), 'sites-enabled', 'slipway.conf'),
  }
}

async function readPlaced({ available, enabled }: Places): Promise<Placed> {
  return {
    text: await readFile(available, 'utf8').catch(() => null),
    link: await readLinkIfAny(enabled),
  }
}

async function placeFile({ available, enabled }: Places, { text, link }: Placed): Promise<void> {
  try {
    await mkdir(dirname(available), { recursive: true })
    await mkdir(dirname(enabled), { recursive: true })
    if (link === null) await rm(enabled, { force: true })
    if (text === null) await rm(available, { force: true })
    else await writeFileAtomically(available, text, nginxTextMode)
    if (link !== null) await replaceLink(link, enabled)
  } catch (error) {
    throw toDiskError(error, available)
  }
}

/** Throws `nginx_refused` with what the last of the command lines said. */
async function runOrRefuse(
  config: Config,
  commandLines: readonly (readonly string[])[],
): Promise<void> {
  let problem = 'there is no way to reach it.'
  for (const [program = '', ...args] of commandLines) {
    const timeoutMs = 3 * config.limits.nginxTimeoutMs
    const result = await runCommand({ program, args, timeoutMs }).catch((error: unknown) => error)
    if (result instanceof Error) problem = result.message
    else if (isEnded(result)) {
      if (result.exitCode === 0) return
      problem = firstComplaint(result.stderr) ?? (result.stderr.trim() || `${program} failed.`)
    }
  }
  throw new SlipwayError('nginx_refused', { problem })
}

function isEnded(result: unknown): result is Awaited<ReturnType<typeof runCommand>> {
  return typeof result === 'object' && result !== null && 'exitCode' in result
}
