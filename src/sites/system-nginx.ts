/**
 * Debian's nginx: our shared block is one file of `NGINX_SITES_DIR`, enabled by a link beside it.
 * What nginx does not take is put back as it was before.
 */
import { mkdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Config } from '../config.ts'
import { SlipwayError } from '../domain/errors.ts'
import { readLinkIfAny, replaceLink, toDiskError, writeFileAtomically } from '../machine/files.ts'
import { runCommand } from '../machine/run-command.ts'
import { readGeneration, waitForGeneration } from './generation.ts'
import { firstComplaint } from './nginx-complaint.ts'
import type { Nginx } from './nginx.ts'
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

export function createSystemNginx(
  config: Config,
  render: () => NginxText,
  commands: SystemCommands = debianCommands,
): Nginx {
  return {
    apply: () => applyText(config, commands, render()),
    isServing: async () => (await readGeneration(config)) === render().generation,
    stop: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

interface Placed {
  readonly text: string | null
  readonly link: string | null
}

async function applyText(
  config: Config,
  commands: SystemCommands,
  wanted: NginxText,
): Promise<void> {
  const available = join(config.nginx.sitesDir, 'slipway.conf')
  const enabled = join(dirname(config.nginx.sitesDir), 'sites-enabled', 'slipway.conf')
  await prepareSharedFolders(config)
  const before: Placed = {
    text: await readFile(available, 'utf8').catch(() => null),
    link: await readLinkIfAny(enabled),
  }
  if (before.text === wanted.text && (await readGeneration(config)) === wanted.generation) return
  const place = (placed: Placed): Promise<void> => placeFile({ available, enabled }, placed)
  try {
    await place({ text: wanted.text, link: available })
    await runOrRefuse(config, [commands.test])
  } catch (error) {
    await place(before)
    throw error
  }
  try {
    await runOrRefuse(config, commands.reloads)
    await waitForGeneration(config, wanted.generation, () => Promise.resolve(null))
  } catch (error) {
    await place(before)
    await runOrRefuse(config, commands.reloads)
    throw error
  }
}

async function placeFile(
  { available, enabled }: { readonly available: string; readonly enabled: string },
  { text, link }: Placed,
): Promise<void> {
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
