/**
 * An nginx of our own below the data folder: started as a daemon, so that sites outlive the server,
 * and adopted by the next one. A configuration that nginx does not take never replaces one that it
 * runs by.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Config } from '../config.ts'
import { SlipwayError } from '../domain/errors.ts'
import { hasErrorCode, writeFileAtomically } from '../machine/files.ts'
import { type CommandResult, runCommand } from '../machine/run-command.ts'
import { gatherReloads } from './gather-reloads.ts'
import { readGeneration, timeOf, waitForGeneration } from './generation.ts'
import { requireFreeAddresses } from './listen-addresses.ts'
import { firstComplaint } from './nginx-complaint.ts'
import type { Nginx } from './nginx.ts'
import { endOldest, listWorkers, waitForTheirEnd } from './old-workers.ts'
import { managedPrefix, type NginxText, nginxTextMode, vhostsInclude } from './render-nginx.ts'
import { makeFolder, prepareSharedFolders } from './site-folders.ts'

interface Places {
  readonly prefix: string
  readonly text: string
  readonly pid: string
  readonly errorLog: string
}

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
  const stop = async (): Promise<void> => {
    await stopMaster(config, places)
    reloads.hurry()
  }
  return {
    apply: async (tellWait) => {
      const wanted = render()
      await prepareFolders(config, places)
      if ((await findMaster(places)) === null) {
        await start()
        return
      }
      // What is seen while another reload goes on may not be all that visitors see.
      if (applied === null || applied.generation === wanted.generation) {
        if ((await readGeneration(config)) === wanted.generation) {
          applied = wanted
          return
        }
      }
      await tryAlone(wanted)
      await reloads.request(tellWait)
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

interface Reload {
  readonly master: number
  readonly wanted: NginxText
  readonly testedMs: number
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

/** The candidate has a pid file of its own, since `nginx -t` empties the one that it is given. */
async function testText(config: Config, places: Places, text: string): Promise<void> {
  const candidate = join(places.prefix, `candidate-${randomBytes(6).toString('hex')}.conf`)
  const pid = `${candidate}.pid`
  try {
    await writeFile(candidate, text, { mode: nginxTextMode })
    const result = await runNginx(config, places, ['-t', '-q', '-c', candidate, ...pidAt(pid)])
    // A candidate is told by the name that it would have.
    const stderr = result.stderr.replaceAll(candidate, places.text)
    if (result.exitCode !== 0) throw refused({ ...result, stderr })
  } finally {
    await rm(candidate, { force: true })
    await rm(pid, { force: true })
  }
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

async function startMaster(config: Config, places: Places): Promise<void> {
  const result = await runNginx(config, places, ['-c', places.text, ...pidAt(places.pid)])
  if (result.exitCode !== 0) throw refused(result)
}

/** `nginx -t` does not see a port that is taken; the error log does, and the old workers go on. */
async function reload(
  config: Config,
  places: Places,
  { master, wanted, testedMs }: Reload,
): Promise<void> {
  const logged = await sizeOf(places.errorLog)
  const before = await listWorkers(master)
  process.kill(master, 'SIGHUP')
  const readProblem = async (): Promise<string | null> => {
    if ((await findMaster(places, master)) === null) return 'it has ended meanwhile.'
    const text = await readFrom(places.errorLog, logged)
    return /\[emerg\]/.test(text) ? firstComplaint(text) : null
  }
  await waitForGeneration(config, { ...wanted, testedMs, readProblem })
  await waitForTheirEnd(config, before)
}

async function stopMaster(config: Config, places: Places): Promise<void> {
  const master = await findMaster(places)
  if (master === null) return
  process.kill(master, 'SIGTERM')
  const deadline = performance.now() + config.limits.nginxTimeoutMs
  while ((await findMaster(places, master)) !== null) {
    if (performance.now() > deadline) process.kill(master, 'SIGKILL')
    await setTimeout(5)
  }
}

/**
 * The process of the pid file, where it is an nginx with our prefix: a number alone may have passed
 * to any other process since.
 */
async function findMaster(places: Places, known: number | null = null): Promise<number | null> {
  const pid = known ?? Number((await readFile(places.pid, 'utf8').catch(() => '')).trim())
  if (!Number.isInteger(pid) || pid <= 1) return null
  try {
    const program = (await readlink(`/proc/${pid}/exe`)).replace(/ \(deleted\)$/, '')
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split(/[\0 ]/)
    const prefix = words[words.indexOf('-p') + 1]
    return basename(program) === 'nginx' && prefix === places.prefix ? pid : null
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ESRCH', 'EACCES')) return null
    throw error
  }
}

async function runNginx(
  config: Config,
  { prefix, errorLog }: Places,
  args: readonly string[],
): Promise<CommandResult> {
  try {
    return await runCommand({
      program: 'nginx',
      args: ['-p', prefix, '-e', errorLog, ...args],
      timeoutMs: 3 * config.limits.nginxTimeoutMs,
    })
  } catch (error) {
    if (!hasErrorCode(error, 'ENOENT')) throw error
    throw new SlipwayError('nginx_refused', { problem: 'nginx is not installed.' }, error)
  }
}

function pidAt(path: string): readonly string[] {
  return ['-g', `pid ${path};`]
}

function refused({ stderr, exitCode }: CommandResult): SlipwayError {
  const problem = firstComplaint(stderr) ?? `it ended with ${exitCode ?? 'a signal'}.`
  return new SlipwayError('nginx_refused', { problem })
}

function listenAddresses(text: string): readonly string[] {
  return [...text.matchAll(/^\s*listen (\S+) /gm)].map(([, address]) => address ?? '')
}

/** At most 64 KiB of what was written since the file had `start` bytes. */
async function readFrom(path: string, start: number): Promise<string> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64 * 1024), { position: start })
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path)).size
}

function placesOf(prefix: string): Places {
  return {
    prefix,
    text: join(prefix, 'nginx.conf'),
    pid: join(prefix, 'nginx.pid'),
    errorLog: join(prefix, 'logs', 'error.log'),
  }
}
