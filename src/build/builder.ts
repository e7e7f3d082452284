/**
 * Runs strangers' code: in a sandbox, as a user that owns nothing else, with nothing of the
 * server's environment, and never longer than its caller wants.
 */
import type { Config } from '../config.ts'
import type { BuildResult, BuildRun, Builder } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'
import type { RunAs } from '../machine/run-command.ts'
import { refuseRoot } from './build-user.ts'
import { findCompiledCode, keepCompiledCode } from './compiled-code.ts'
import { endOrphans } from './end-orphans.ts'
import { copyModules, createInstallCache } from './install-cache.ts'
import { runBuild } from './run-build.ts'
import type { RegistrySettings, Toolchain } from './toolchain.ts'
import {
  findFolder,
  listFolders,
  makeBuildRoot,
  makeWorkspace,
  removeWorkspace,
  writeStubs,
} from './workspace.ts'

export interface BuilderParts {
  readonly config: Config
  /** Null: the server's own user, which must not be root. */
  readonly buildUser: RunAs | null
  readonly toolchain: Toolchain
  readonly registry: RegistrySettings
}

/** Throws `sandbox_unavailable` where builds would run as root. */
export function createBuilder(parts: BuilderParts): Builder {
  const { config, buildUser, toolchain } = parts
  const { buildRoot } = config
  refuseRoot(buildUser)
  let prepared: Promise<string> | null = null
  const prepare = (): Promise<string> => {
    prepared ??= endOrphans(buildUser?.uid ?? process.geteuid?.() ?? -1)
      .then(async () => makeBuildRoot(buildRoot))
      .then(async () => writeStubs(buildRoot, toolchain))
    // A full disk may be mended later: the next call tries again.
    prepared.catch(() => {
      prepared = null
    })
    return prepared
  }
  const run = async (given: BuildRun): Promise<BuildResult> => {
    const stubFolder = await prepare()
    const { modulesDir, workspace } = given
    const compiledCode = await findCompiledCode(modulesDir, workspace)
    const result = await runBuild(given, { ...parts, stubFolder, compiledCode })
    const isWritten = compiledCode?.isSealed === false && result.exitCode === 0
    if (isWritten && modulesDir !== null) await keepCompiledCode(modulesDir, compiledCode.dir)
    return result
  }
  const openWorkspace = async (key: string): ReturnType<Builder['openWorkspace']> => {
    await prepare()
    return makeWorkspace(buildRoot, key, buildUser)
  }
  const closeWorkspace = async (key: string): Promise<void> => {
    await prepare()
    await removeWorkspace(buildRoot, key)
  }
  const isSealing = config.build.sandbox === 'required'
  const cache = createInstallCache(config.dataDir, toolchain.fingerprint)
  return {
    openWorkspace,
    closeWorkspace,
    leftWorkspaces: () => listFolders(buildRoot),
    run,
    findOutput: findFolder,
    fingerprint: toolchain.fingerprint,
    // Without a sandbox nothing could be shown and not lent.
    findModules: async (...asked) => (isSealing ? cache.findModules(...asked) : null),
    sealModules: async (...asked) => (isSealing ? cache.sealModules(...asked) : null),
    clearCache: cache.clearCache,
    lendModules: async (modulesDir, { workspace, rootDir }) => {
      await copyModules(modulesDir, { workspace, rootDir, buildUser })
    },
    checkSandbox: async () => {
      if (config.build.sandbox === 'off') return
      const key = `check-${process.pid}`
      const workspace = await openWorkspace(key)
      try {
        await tryOut(run, workspace)
      } finally {
        await closeWorkspace(key)
      }
    },
  }
}

async function tryOut(run: Builder['run'], workspace: BuildRun['workspace']): Promise<void> {
  const lines: string[] = []
  const { exitCode } = await run({
    workspace,
    rootDir: '.',
    command: ['node', '--version'],
    environment: {},
    network: 'none',
    modulesDir: null,
    timeoutMs: 60_000,
    signal: new AbortController().signal,
    onLine: (line) => lines.push(line),
  })
  if (exitCode !== 0) {
    throw new SlipwayError('sandbox_unavailable', { problem: lines[0] ?? 'node does not start.' })
  }
}
