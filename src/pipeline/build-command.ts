/**
 * Runs one command of a build plan in the sandbox, its lines told as they come, and turns how it
 * ended into an error that names the cause.
 */
import { type Config, siteUrl } from '../config.ts'
import type { Builder } from '../contracts.ts'
import { baseEnvironment } from '../domain/base-path.ts'
import { type PlainScript, showCommand } from '../domain/build-plan.ts'
import { type ErrorCode, SlipwayError } from '../domain/errors.ts'
import { explainFailure } from '../domain/failure-causes.ts'
import { basePathOf } from '../domain/project.ts'
import type { StepContext } from './step.ts'

export interface BuildCommand {
  readonly phase: 'install' | 'build'
  readonly sourceDir: string
  readonly rootDir: string
  readonly command: readonly string[]
  /** Run instead, under the command's name. */
  readonly script?: PlainScript | null
  readonly modulesDir: string | null
}

const tailLinesMax = 200

/** Returns when the command ended well and all its processes are gone; else throws. */
export async function runBuildCommand(
  { config, builder }: { readonly config: Config; readonly builder: Builder },
  context: StepContext,
  { phase, sourceDir, rootDir, command, script = null, modulesDir }: BuildCommand,
): Promise<void> {
  const { timeoutMs, network, setting, failure } = phases(config)[phase]
  if (config.build.sandbox === 'off') {
    context.output('warning: SLIPWAY_SANDBOX=off: this server does not isolate what it builds')
  }
  // While a tool is silent, this line says what is awaited.
  context.output(`$ ${showCommand(command)}`)
  if (script !== null) context.output(`> ${script.text}`, 'stdout')
  const tail: string[] = []
  const result = await builder.run({
    workspace: { sourceDir },
    rootDir,
    command: script === null ? command : ['sh', '-c', script.text],
    findsModules: script !== null,
    modulesDir,
    environment: { ...buildEnvironment(config, context), ...script?.environment },
    network,
    timeoutMs,
    signal: context.signal,
    onLine: (line, stream) => {
      if (tail.push(line) > tailLinesMax) tail.shift()
      context.output(line, stream)
    },
  })
  if (result.used !== null) context.use(result.used)
  const shown = showCommand(command)
  if (result.outcome === 'timeout') {
    throw new SlipwayError('build_timeout', { command: shown, seconds: timeoutMs / 1_000, setting })
  }
  if (result.outcome === 'aborted') throw context.signal.reason
  if (result.exitCode === 0) return
  const cause = explainFailure(tail, phase)
  throw new SlipwayError(cause?.code ?? failure, {
    command: shown,
    exit:
      result.exitCode === null
        ? `signal ${result.signalName ?? 'unknown'}`
        : `exit code ${result.exitCode}`,
    problem: cause?.line ?? '',
  })
}

/** What a build sees beside the sandbox's own variables. */
export function buildEnvironment(
  config: Config,
  { project, deployment, variables }: Pick<StepContext, 'project' | 'deployment' | 'variables'>,
): Readonly<Record<string, string>> {
  const basePath = basePathOf(project)
  return {
    ...variables,
    SLIPWAY_PROJECT: project.slug,
    SLIPWAY_DEPLOYMENT: String(deployment.number),
    SLIPWAY_COMMIT: deployment.commit ?? '',
    SLIPWAY_BRANCH: deployment.branch ?? '',
    SLIPWAY_URL: siteUrl(config, project),
    ...(basePath !== null && baseEnvironment(basePath)),
  }
}

interface Phase {
  readonly timeoutMs: number
  readonly network: 'registry' | 'none'
  readonly setting: string
  readonly failure: ErrorCode
}

function phases({ build }: Config): Readonly<Record<BuildCommand['phase'], Phase>> {
  return {
    install: {
      timeoutMs: build.installTimeoutMs,
      network: 'registry',
      setting: 'INSTALL_TIMEOUT',
      failure: 'install_failed',
    },
    build: {
      timeoutMs: build.buildTimeoutMs,
      network: 'none',
      setting: 'BUILD_TIMEOUT',
      failure: 'build_failed',
    },
  }
}
