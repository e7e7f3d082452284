/**
 * Names the cause of a failed install or build from what the tool printed. What a build prints is
 * its author's, so a cause decides on words and retries only, never on what is published.
 */
export interface FailureCause {
  readonly code:
    'lockfile_mismatch' | 'registry_unreachable' | 'network_denied' | 'modules_read_only'
  /** The line of the tool that shows it. */
  readonly line: string
}

/** Null where no known cause shows. */
export function explainFailure(
  lines: readonly string[],
  phase: 'install' | 'build',
): FailureCause | null {
  const causes = phase === 'install' ? installCauses : buildCauses
  for (const { code, patterns } of causes) {
    for (const pattern of patterns) {
      const line = lines.find((candidate) => pattern.test(candidate))
      if (line !== undefined) return { code, line: line.replace(/^npm (?:error|ERR!) /, '').trim() }
    }
  }
  return null
}

interface Cause {
  readonly code: FailureCause['code']
  readonly patterns: readonly RegExp[]
}

/** The more telling ones first. */
const registryPatterns: readonly RegExp[] = [
  /^npm (?:error|ERR!) (?:5\d\d|429) .* - (?:GET|POST) /,
  /^npm (?:error|ERR!) code (?:E5\d\d|E429|ECONNRESET|ECONNREFUSED|ECONNABORTED|ETIMEDOUT|ESOCKETTIMEDOUT|EAI_AGAIN|ENOTFOUND|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|EIDLETIMEOUT)\b/,
  /^npm (?:error|ERR!) network request /,
]

const installCauses: readonly Cause[] = [
  {
    code: 'lockfile_mismatch',
    patterns: [
      /`npm ci` can only install packages when your package\.json and package-lock\.json/,
      /^npm (?:error|ERR!) (?:Missing: \S+ from lock file|Invalid: lock file's )/,
    ],
  },
  { code: 'registry_unreachable', patterns: registryPatterns },
]

const buildCauses: readonly Cause[] = [
  {
    code: 'modules_read_only',
    patterns: [
      /\bnode_modules\b.*\bread-only file system\b/i,
      /\bread-only file system\b.*\bnode_modules\b/i,
    ],
  },
  {
    code: 'network_denied',
    patterns: [
      /\bgetaddrinfo (?:ENOTFOUND|EAI_AGAIN)\b/,
      /\bconnect (?:ENETUNREACH|ECONNREFUSED|EHOSTUNREACH|EADDRNOTAVAIL)\b/,
      /\b(?:Temporary failure in name resolution|Could not resolve host|Network is unreachable)\b/,
    ],
  },
]
