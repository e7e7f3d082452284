/**
 * An nginx of our own below the data folder: started as a daemon, so that sites outlive the server,
 * and adopted by the next one. A configuration that nginx does not take never replaces one that it
 * runs by.
 */
import { mkdir, open, readFile, readlink, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Config } from '../config.ts'
import { SlipwayError } from '../domain/errors.ts'
import { hasErrorCode, writeFileAtomically } from '../machine/files.ts'
import { type CommandResult, runCommand } from '../machine/run-command.ts'
import { readGeneration, waitForGeneration } from './generation.ts'
import { requireFreeAddresses } from './listen-addresses.ts'
import { firstComplaint } from './nginx-complaint.ts'
import type { Nginx } from './nginx.ts'
import { managedPrefix, type NginxText, nginxTextMode } from './render-nginx.ts'
import { makeFolder, prepareSharedFolders } from './site-folders.ts'

interface Places {
  readonly prefix: string
  readonly text: string
  readonly candidate: string
  readonly pid: string
  readonly errorLog: string
}

/** `render` is asked at every `apply`. */
export function createManagedNginx(config: Config, render: () => NginxText): Nginx {
  const places = placesOf(managedPrefix(config))
  let applied: NginxText | null = null
  const stop = async (): Promise<void> => {
    await stopMaster(config, places)
  }
  return {
    apply: async () => {
      const wanted = render()
      await applyText(config, places, wanted)
      applied = wanted
    },
    isServing: async () => {
      const generation = await readGeneration(config)
      return generation !== null && generation === (applied ?? render()).generation
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function applyText(config: Config, places: Places, wanted: NginxText): Promise<void> {
  await prepareFolders(config, places)
  const master = await findMaster(places)
  if (master !== null && (await readGeneration(config)) === wanted.generation) return
  await writeFileAtomically(places.candidate, wanted.text, nginxTextMode)
  await testCandidate(config, places)
  const before = await readFile(places.text, 'utf8').catch(() => null)
  if (master === null) {
    await requireFreeAddresses(listenAddresses(wanted.text))
    await rename(places.candidate, places.text)
    await startMaster(config, places)
    await waitForGeneration(config, wanted.generation, () => Promise.resolve(null))
    return
  }
  await rename(places.candidate, places.text)
  try {
    await reload(config, places, { master, generation: wanted.generation })
  } catch (error) {
    if (before !== null) {
      await writeFileAtomically(places.text, before, nginxTextMode)
      process.kill(master, 'SIGHUP')
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
async function testCandidate(config: Config, places: Places): Promise<void> {
  const pid = `${places.candidate}.pid`
  try {
    const result = await runNginx(config, places, [
      '-t',
      '-q',
      '-c',
      places.candidate,
      ...pidAt(pid),
    ])
    if (result.exitCode === 0) return
    throw refused(result, places)
  } catch (error) {
    await rm(places.candidate, { force: true })
    throw error
  } finally {
    await rm(pid, { force: true })
  }
}

async function startMaster(config: Config, places: Places): Promise<void> {
  const result = await runNginx(config, places, ['-c', places.text, ...pidAt(places.pid)])
  if (result.exitCode !== 0) throw refused(result, places)
}

/** `nginx -t` does not see a port that is taken; the error log does, and the old workers go on. */
async function reload(
  config: Config,
  places: Places,
  { master, generation }: { readonly master: number; readonly generation: string },
): Promise<void> {
  const logged = await sizeOf(places.errorLog)
  process.kill(master, 'SIGHUP')
  await waitForGeneration(config, generation, async () => {
    const text = await readFrom(places.errorLog, logged)
    return /\[emerg\]/.test(text) ? firstComplaint(text) : null
  })
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

function refused(result: CommandResult, { candidate, text }: Places): SlipwayError {
  const problem = firstComplaint(result.stderr) ?? `it ended with ${result.exitCode ?? 'a signal'}.`
  return new SlipwayError('nginx_refused', { problem: problem.replaceAll(candidate, text) })
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
    candidate: join(prefix, 'candidate.conf'),
    pid: join(prefix, 'nginx.pid'),
    errorLog: join(prefix, 'logs', 'error.log'),
  }
}
