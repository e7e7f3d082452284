/**
 * The process: reads the environment, turns signals into an orderly end, and sets the exit code.
 * Nothing else reads the environment or ends the process.
 */
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname, join } from 'node:path'
import { parseEnv } from 'node:util'
import { readConfig, settings } from './config.ts'
import { SlipwayError } from './domain/errors.ts'
import { startSlipway } from './slipway.ts'

const usage = `Usage: slipway serve

Starts the server in the foreground. Its settings are environment variables, or lines of a file
".env" beside the folder SLIPWAY_DATA; the README lists them.
`
const exitUsage = 2

async function main(words: readonly string[]): Promise<number> {
  if (words.length !== 1 || words[0] !== 'serve') {
    process.stderr.write(usage)
    return words[0] === '--help' || words[0] === '-h' ? 0 : exitUsage
  }
  process.umask(0o022)
  const environment = readEnvironment()
  const config = readConfig(environment, cpus().length)
  const ended = waitForSignal()
  await using slipway = await startSlipway(config, {
    environment: npmSettings(environment),
    logDestination: process.stderr,
  })
  process.stdout.write(
    `Slipway serves ${config.publicUrl} on ${slipway.address.host}:${slipway.address.port}.\n` +
      `The admin token is in ${slipway.adminTokenFile}\n`,
  )
  if (config.build.sandbox === 'off') {
    process.stdout.write('Warning: SLIPWAY_SANDBOX=off: builds can do what their user can.\n')
  }
  process.stdout.write(`${await ended}: finishing what runs; the sites stay up.\n`)
  return 0
}

/** The process's environment; what it leaves open may stand in the file. */
function readEnvironment(): Readonly<Record<string, string | undefined>> {
  const dataDir = process.env['SLIPWAY_DATA'] ?? settings.SLIPWAY_DATA.fallback
  const path = join(dirname(dataDir), '.env')
  try {
    const file = parseEnv(readFileSync(path, 'utf8'))
    return { ...file, ...process.env }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return process.env
    const expected = `it can not be read (${error instanceof Error ? error.message : 'unknown'})`
    throw new SlipwayError('config_invalid', { name: '.env', value: path, expected }, error)
  }
}

/**
 * How the operator's npm reaches its registry, where that is set by the environment. The places of
 * npm's own files are left out: an npm that runs a script names those of the script's Node.
 */
function npmSettings(
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const isMeant =
    /^(npm_config_(registry|cafile|proxy|https_proxy|noproxy)|https?_proxy|no_proxy|HOME)$/i
  return Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => isMeant.test(entry[0]) && entry[1] !== undefined,
    ),
  )
}

function waitForSignal(): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>()
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.once(name, () => {
      resolve(name)
    })
  }
  return promise
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof SlipwayError)) throw error
  process.stderr.write(`slipway: ${error.message}\n  ${error.hint}\n`)
  process.exitCode = 1
}
