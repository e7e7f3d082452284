/**
 * Starts one command of a build, in its sandbox or, where the operator switched that off, without,
 * and tells how it ended.
 */
import { constants } from 'node:os'
import { join } from 'node:path'
import { type Config, limits } from '../config.ts'
import type { BuildResult, BuildRun } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'
import type { RunAs } from '../machine/run-command.ts'
import type { CompiledCode } from './compiled-code.ts'
import { endMarkedProcesses } from './end-marked.ts'
import { createOutputLines } from './output-lines.ts'
import { type TreeResult, type TreeRun, runTree, waitForEnd } from './run-tree.ts'
import { buildEnvironment, buildSandboxOptions } from './sandbox-command.ts'
import { buildSeccompFilter } from './seccomp.ts'
import type { RegistrySettings, Toolchain } from './toolchain.ts'
import { neighboursOf } from './workspace.ts'

export interface RunParts {
  readonly config: Config
  readonly buildUser: RunAs | null
  readonly toolchain: Toolchain
  readonly registry: RegistrySettings
  readonly stubFolder: string
  /** Of the sealed modules; null where the build has none. */
  readonly compiledCode: CompiledCode | null
}

export async function runBuild(run: BuildRun, parts: RunParts): Promise<BuildResult> {
  const { homeDir } = neighboursOf(run.workspace)
  const output = createOutputLines(outputLimits, run.onLine)
  let lastComplaint = ''
  const isSandboxed = parts.config.build.sandbox === 'required'
  const shared = {
    timeoutMs: run.timeoutMs,
    signal: run.signal,
    pipeFolder: parts.config.buildRoot,
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
  return { outcome: result.outcome, ...readExit(result), used: result.used }
}

const outputLimits = {
  lineLengthMax: limits.logLineLengthMax,
  bytesMax: limits.logBytesMax,
  linesMax: limits.logLinesMax,
  tailLinesMax: limits.logTailLinesMax,
}

const seccompFilter = buildSeccompFilter(process.arch)

type TreeParts = Pick<TreeRun, 'command' | 'inputs' | 'endRest'>

function sandboxed(run: BuildRun, parts: RunParts, homeDir: string): TreeParts {
  const { toolchain, buildUser } = parts
  if (toolchain.bwrapPath === null) {
    throw new SlipwayError('sandbox_unavailable', { problem: 'bubblewrap is not installed.' })
  }
  const { sourceDir } = run.workspace
  const options = buildSandboxOptions(run, { ...parts, sourceDir, homeDir })
  const filter = seccompFilter === null ? [] : ['--seccomp', '5']
  const bwrap = [toolchain.bwrapPath, '--json-status-fd', '3', '--args', '4', ...filter, '--']
  return {
    command: {
      program: prlimit,
      // bubblewrap's first process shows its environment to the build: it must start without any.
      args: [...limitWords(parts), '/usr/bin/env', '-i', ...bwrap, ...run.command],
      runAs: buildUser,
    },
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

const prlimit = '/usr/bin/prlimit'

/**
 * Limits that need no cgroup: of each file, and of the processes and threads of the build user in
 * all its builds together. One of memory is not among them: programs reserve far more than they use.
 */
function limitWords({ config: { build } }: RunParts): readonly string[] {
  return ['--core=0', `--fsize=${build.diskBytes}`, `--nproc=${build.pids * build.concurrency}`]
}

/** The same environment and user, and no wall. */
function unprotected(run: BuildRun, parts: RunParts): TreeParts {
  const { homeDir, tmpDir } = neighboursOf(run.workspace)
  const { sourceDir: source } = run.workspace
  const programs = join(parts.stubFolder, 'bin')
  const seen = { source, home: homeDir, tmp: tmpDir, programs, compiled: null }
  const rootDir = join(source, run.rootDir)
  return {
    command: {
      program: prlimit,
      args: [...limitWords(parts), '/usr/bin/env', `--chdir=${rootDir}`, ...run.command],
      environment: buildEnvironment(run, { ...seen, registry: parts.registry }),
      runAs: parts.buildUser,
    },
    inputs: [],
    endRest: async () =>
      endMarkedProcesses(homeDir, parts.buildUser?.uid ?? process.geteuid?.() ?? -1),
  }
}

/** bubblewrap tells an exit code only where the command was started. */
function requireStarted({ outcome, status }: TreeResult, lastComplaint: string): void {
  if (outcome !== 'ended' || status.includes('"exit-code"')) return
  const problem = /^bwrap: (?!execvp |Can't chdir )[^\n]*/m.exec(lastComplaint)?.[0]
  if (problem !== undefined) throw new SlipwayError('sandbox_unavailable', { problem })
}

/** bubblewrap tells a signal as shells do: 128 and its number. */
function readExit({
  exitCode,
  signalName,
}: TreeResult): Pick<BuildResult, 'exitCode' | 'signalName'> {
  const signal = Object.entries(constants.signals).find(([, code]) => exitCode === 128 + code)
  return signal === undefined ? { exitCode, signalName } : { exitCode: null, signalName: signal[0] }
}
