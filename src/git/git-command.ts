/**
 * The one builder of git's command lines. Every call gets the same guards, so that no file of the
 * operator and nothing in a pushed repository changes what git does here.
 */
import { systemPath } from '../machine/run-command.ts'

/** What of `limits` git is held to. */
export interface GitLimits {
  readonly pushBytesMax: number
  readonly pushRefsMax: number
  readonly refNameBytesMax: number
  readonly treeEntriesMax: number
  readonly treeBytesMax: number
  readonly fetchRequestBytesMax: number
  readonly logLineLengthMax: number
  readonly logBytesMax: number
  readonly gitTimeoutMs: number
  readonly drainTimeoutMs: number
}

export interface GitPlace {
  /** Absolute, as git's `safe.directory` compares it. */
  readonly repositoryDir: string
  readonly hooksDir: string
  readonly limits: GitLimits
}

export interface GitCommand {
  readonly program: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

/** Refs below this are neither shown nor taken. */
export const hiddenRefs = 'refs/slipway'

/** `words` is the subcommand and its arguments; never a name that came from outside. */
export function buildGitCommand(
  place: GitPlace,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): GitCommand {
  const guards = Object.entries(buildGuards(place)).flatMap(([key, value]) => [
    '-c',
    `${key}=${value}`,
  ])
  return {
    program: 'git',
    args: [...guards, ...words],
    environment: { ...buildGitEnvironment(), ...environment },
  }
}

/** The same for a subcommand that works inside the repository. */
export function buildGitCommandInside(
  place: GitPlace,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): GitCommand {
  return buildGitCommand(place, ['--git-dir', place.repositoryDir, ...words], environment)
}

function buildGuards({ repositoryDir, hooksDir, limits }: GitPlace): Record<string, string> {
  return {
    'safe.directory': repositoryDir,
    'core.hooksPath': hooksDir,
    // Deltas between big blobs cost minutes of CPU and save little.
    'core.bigFileThreshold': '1m',
    'pack.threads': '1',
    'pack.windowMemory': '64m',
    'gc.auto': '0',
    'maintenance.auto': 'false',
    'protocol.allow': 'never',
    'transfer.fsckObjects': 'true',
    'transfer.hideRefs': hiddenRefs,
    'receive.maxInputSize': String(limits.pushBytesMax),
    'receive.autogc': 'false',
    'receive.advertiseAtomic': 'true',
    'receive.advertisePushOptions': 'true',
    'receive.procReceiveRefs': 'refs',
    // A CI pushes from a clone of depth 1, and its first push has nothing to join to.
    'receive.shallowUpdate': 'true',
    // The deletion of the production branch is declined by the core, with a better sentence.
    'receive.denyDeleteCurrent': 'ignore',
    'uploadpack.allowTipSHA1InWant': 'false',
    'uploadpack.allowReachableSHA1InWant': 'false',
    'uploadpack.allowAnySHA1InWant': 'false',
    'uploadpack.allowFilter': 'false',
  }
}

function buildGitEnvironment(): Record<string, string> {
  return {
    PATH: systemPath,
    LC_ALL: 'C',
    HOME: '/nonexistent',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
  }
}
