/**
 * Runs strangers' code: in a sandbox, as a user that owns nothing else, with nothing of the
 * server's environment, and never longer than its caller wants.
 */
import { constants } from 'node:os'
import { join } from 'node:path'
import { type Config, limits } from '../config.ts'
import type { BuildResult, BuildRun, Builder } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'
import type { RunAs } from '../machine/run-command.ts'
import { refuseRoot } from './build-user.ts'
import { endMarkedProcesses } from './end-marked.ts'
import { createOutputLines } from './output-lines.ts'
import { type TreeResult, type TreeRun, runTree, waitForEnd } from './run-tree.ts'
import { buildEnvironment, buildSandboxOptions } from './sandbox-command.ts'
import { buildSeccompFilter } from './seccomp.ts'
import type { RegistrySettings, Toolchain } from './toolchain.ts'
import {
  findFolder,
  makeBuildRoot,
  makeWorkspace,
  neighboursOf,
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
    prepared ??= makeBuildRoot(buildRoot).then(async () => writeStubs(buildRoot, toolchain))
    // A full disk may be mended later: the next call tries again.
    prepared.catch(() => {
      prepared = null
    })
    return prepared
  }
  const run = async (given: BuildRun): Promise<BuildResult> => {
    const stubFolder = await prepare()
    return runBuild(given, { ...parts, stubFolder })
  }
  const openWorkspace = async (key: string): ReturnType<Builder['openWorkspace']> => {
    await prepare()
    return makeWorkspace(buildRoot, key, buildUser)
  }
  const closeWorkspace = async (key: string): Promise<void> => removeWorkspace(buildRoot, key)
  return {
    openWorkspace,
    closeWorkspace,
    run,
    findOutput: findFolder,
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
    timeoutMs: 60_000,
    signal: new AbortController().signal,
    onLine: (line) => lines.push(line),
  })
  if (exitCode !== 0) {
    throw new SlipwayError('sandbox_unavailable', { problem: lines[0] ?? 'node does not start.' })
  }
}

type Prepared = BuilderParts & { readonly stubFolder: string }

async function runBuild(run: BuildRun, parts: Prepared): Promise<BuildResult> {
  const { homeDir } = neighboursOf(run.workspace)
  const output = createOutputLines(outputLimits, run.onLine)
  let lastComplaint = ''
  const isSandboxed = parts.config.build.sandbox === 'required'
  const shared = {
    timeoutMs: run.timeoutMs,
    signal: run.signal,
    onOutput: (chunk: Buffer, stream: 'stdout' | 'stderr') => {
      if (stream === 'stderr') lastComplaint = chunk.subarray(-1_000).toString('utf8')
      output.write(chunk, stream)
    },
  }
  const result = await runTree(
    isSandboxed
      ? { ...shared, ...sandboxed(run, parts, homeDir) }
      : { ...shared, ...unprotected(run, parts) },
  )
  output.end()
  if (isSandboxed) requireStarted(result, lastComplaint)
  return { outcome: result.outcome, ...readExit(result) }
}

const outputLimits = {
  lineLengthMax: limits.logLineLengthMax,
  bytesMax: limits.logBytesMax,
  tailLinesMax: limits.logTailLinesMax,
}

const seccompFilter = buildSeccompFilter(process.arch)

type TreeParts = Pick<TreeRun, 'command' | 'inputs' | 'endRest'>

function sandboxed(run: BuildRun, parts: Prepared, homeDir: string): TreeParts {
  const { toolchain, buildUser } = parts
  if (toolchain.bwrapPath === null) {
    throw new SlipwayError('sandbox_unavailable', { problem: 'bubblewrap is not installed.' })
  }
  const { sourceDir } = run.workspace
  const options = buildSandboxOptions(run, { ...parts, sourceDir, homeDir })
  const filter = seccompFilter === null ? [] : ['--seccomp', '5']
  const bwrap = [toolchain.bwrapPath, '--json-status-fd', '3', '--args', '4', ...filter, '--']
  return {
    // Its first process shows its environment to the build, so it must start without any.
    command: { program: '/usr/bin/env', args: ['-i', ...bwrap, ...run.command], runAs: buildUser },
    inputs: [
      Buffer.from(`${options.join('\0')}\0`),
      ...(seccompFilter === null ? [] : [seccompFilter]),
    ],
    endRest: async (status) => {
      const pid = /"child-pid": *([0-9]+)/.exec(status)?.[1]
      if (pid !== undefined) await waitForEnd(Number(pid))
    },
  }
}

/** The same environment and user, and no wall. */
function unprotected(run: BuildRun, parts: Prepared): TreeParts {
  const { homeDir, tmpDir } = neighboursOf(run.workspace)
  const seen = { home: homeDir, tmp: tmpDir, programs: join(parts.stubFolder, 'bin') }
  const [program = 'true', ...args] = run.command
  return {
    command: {
      program,
      args,
      cwd: join(run.workspace.sourceDir, run.rootDir),
      environment: buildEnvironment(run, { ...seen, registry: parts.registry }),
      runAs: parts.buildUser,
    },
    inputs: [],
    endRest: async () => endMarkedProcesses(homeDir),
  }
}

/** bubblewrap tells an exit code only where the command was started. */
function requireStarted({ outcome, status }: TreeResult, lastComplaint: string): void {
  if (outcome !== 'ended' || status.includes('"exit-code"')) return
  const problem = /^bwrap: (?!execvp |Can't chdir )[^\n]*/m.exec(lastComplaint)?.[0]
  if (problem !== undefined) throw new SlipwayError('sandbox_unavailable', { problem })
}

/** bubblewrap tells a signal as shells do: 128 and its number. */
function readExit({ exitCode, signalName }: TreeResult): Omit<BuildResult, 'outcome'> {
  const signal = Object.entries(constants.signals).find(([, code]) => exitCode === 128 + code)
  return signal === undefined ? { exitCode, signalName } : { exitCode: null, signalName: signal[0] }
}
