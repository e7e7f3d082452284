/** The process of an nginx of our own: tested, started, reloaded and ended, and never mistaken. */
import { randomBytes } from 'node:crypto'
import { open, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Config } from '../config.ts'
import { SlipwayError } from '../domain/errors.ts'
import { hasErrorCode } from '../machine/files.ts'
import { type CommandResult, runCommand } from '../machine/run-command.ts'
import { waitForGeneration } from './generation.ts'
import { firstComplaint } from './nginx-complaint.ts'
import { listWorkers, waitForTheirEnd } from './old-workers.ts'
import { type NginxText, nginxTextMode } from './render-nginx.ts'

export interface Places {
  readonly prefix: string
  readonly text: string
  readonly pid: string
  readonly errorLog: string
}

export function placesOf(prefix: string): Places {
  return {
    prefix,
    text: join(prefix, 'nginx.conf'),
    pid: join(prefix, 'nginx.pid'),
    errorLog: join(prefix, 'logs', 'error.log'),
  }
}

export interface Reload {
  readonly master: number
  readonly wanted: NginxText
  readonly testedMs: number
}

/** The candidate has a pid file of its own, since `nginx -t` empties the one that it is given. */
export async function testText(config: Config, places: Places, text: string): Promise<void> {
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

export async function startMaster(config: Config, places: Places): Promise<void> {
  const result = await runNginx(config, places, ['-c', places.text, ...pidAt(places.pid)])
  if (result.exitCode !== 0) throw refused(result)
}

/** `nginx -t` does not see a port that is taken; the error log does, and the old workers go on. */
export async function reload(
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

export async function stopMaster(config: Config, places: Places): Promise<void> {
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
export async function findMaster(
  places: Places,
  known: number | null = null,
): Promise<number | null> {
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
