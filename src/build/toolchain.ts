/** Finds the programs that builds use, and how the operator's npm reaches its registry. */
import { constants } from 'node:fs'
import { access, readFile, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { SlipwayError } from '../domain/errors.ts'
import { type CommandResult, runCommand, systemPath } from '../machine/run-command.ts'

export interface Toolchain {
  readonly nodePath: string
  /** Changes with anything here that an install's result depends on. */
  readonly fingerprint: string
  /** The folder of the npm package, which need not lie beside Node. */
  readonly npmFolder: string
  /** The operator's npm, whose configuration counts; null where none is on the PATH. */
  readonly operatorNpm: string | null
  /** Null where bubblewrap is not installed. */
  readonly bwrapPath: string | null
}

/** What an install needs of the operator's npm configuration. Holds no credentials. */
export interface RegistrySettings {
  readonly registry: string
  readonly cafile: string | null
  readonly proxy: string | null
  readonly httpsProxy: string | null
  readonly noProxy: string | null
}

/** `pathFolders` are asked last. Throws `sandbox_unavailable` where there is no npm. */
export async function findToolchain(
  pathFolders: readonly string[] = systemPath.split(':'),
  nodePath = process.execPath,
): Promise<Toolchain> {
  const npmFolder = await findNpm(nodePath, pathFolders)
  if (npmFolder === null) {
    throw new SlipwayError('sandbox_unavailable', {
      problem: `there is no npm beside ${nodePath}, in /usr/lib/node_modules or on the PATH.`,
    })
  }
  const bwrapPath = await findFirst(pathFolders.map((folder) => join(folder, 'bwrap')))
  const operatorNpm = await findFirst(pathFolders.map((folder) => join(folder, 'npm')))
  const npm = npmPackage.parse(JSON.parse(await readFile(join(npmFolder, 'package.json'), 'utf8')))
  const fingerprint = [process.version, npm.version, process.platform, process.arch].join(' ')
  return { nodePath: await realpath(nodePath), fingerprint, npmFolder, operatorNpm, bwrapPath }
}

/** Asks npm, as the server's own user; `environment` is what the operator started the server with. */
export async function readRegistrySettings(
  { nodePath, npmFolder, operatorNpm }: Toolchain,
  environment: Readonly<Record<string, string>> = {},
): Promise<RegistrySettings> {
  // npm finds its global configuration beside its Node, so the operator's own pair is asked first.
  const own = [nodePath, join(npmFolder, 'bin/npm-cli.js')]
  const asked = operatorNpm === null ? null : await askNpm([operatorNpm], environment)
  const { exitCode, stdout, stderr } =
    asked?.exitCode === 0 ? asked : await askNpm(own, environment)
  if (exitCode !== 0) {
    const problem = `npm config ended with ${exitCode}: ${stderr.split('\n')[0] ?? ''}`
    throw new SlipwayError('sandbox_unavailable', { problem })
  }
  const given = npmConfig.parse(JSON.parse(stdout.toString('utf8')))
  return {
    registry: given.registry,
    cafile: given.cafile,
    proxy: given.proxy,
    httpsProxy: given['https-proxy'],
    noProxy: given.noproxy.join(','),
  }
}

const npmPackage = z.object({ version: z.string() })

const textOrNull = z.string().nullable().catch(null)
const npmConfig = z.object({
  registry: z.string(),
  cafile: textOrNull,
  proxy: textOrNull,
  'https-proxy': textOrNull,
  noproxy: z.union([z.array(z.string()), z.string().transform((text) => [text])]).catch([]),
})

async function askNpm(
  [program = 'npm', ...args]: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<CommandResult> {
  const asking = [...args, 'config', 'list', '--json']
  // The system's PATH, since a server started by a script of npm has other Nodes first on its own.
  const cleaned = { ...environment, PATH: systemPath }
  return runCommand({ program, args: asking, environment: cleaned, timeoutMs: 60_000 })
}

async function findNpm(nodePath: string, pathFolders: readonly string[]): Promise<string | null> {
  const nodeFolder = dirname(await realpath(nodePath))
  const usual = [
    join(nodeFolder, '../lib/node_modules/npm'),
    join(nodeFolder, '../../npm'),
    '/usr/lib/node_modules/npm',
    '/usr/local/lib/node_modules/npm',
    '/usr/share/nodejs/npm',
  ]
  const found = await findFirst([
    ...usual.map((folder) => join(folder, 'bin/npm-cli.js')),
    ...pathFolders.map((folder) => join(folder, 'npm')),
  ])
  return found === null || !found.endsWith('/bin/npm-cli.js') ? null : dirname(dirname(found))
}

/** The true path of the first program that exists and may be run. */
async function findFirst(paths: readonly string[]): Promise<string | null> {
  for (const path of paths) {
    try {
      await access(path, constants.X_OK)
      return await realpath(path)
    } catch {
      // Not here: the next one may be.
    }
  }
  return null
}
