/** How a build learns that its app is served below a path instead of at the root of a host. */
import type { FrameworkRow } from './frameworks.ts'

/** The variables that tools read; the last is Nuxt's own. */
export function baseEnvironment(basePath: string): Readonly<Record<string, string>> {
  return { BASE_URL: basePath, PUBLIC_URL: basePath, NUXT_APP_BASE_URL: basePath }
}

/**
 * The words that say it on the command line of a build. None where the tool has no flag for it, or
 * where the words at the end of its script would not be the tool's.
 */
export function findBaseWords(
  found: FrameworkRow | undefined,
  script: string | undefined,
  basePath: string | null,
): readonly string[] {
  if (basePath === null || found === undefined || found.baseFlag === null) return []
  return script === undefined || endsWithTool(script, found)
    ? [`${found.baseFlag}=${basePath}`]
    : []
}

/** What to do about an app that ignores it; `{base}` stands for the path. */
export function explainBase(found: FrameworkRow | undefined): string {
  return found === undefined
    ? 'Have it built for the path in process.env.BASE_URL ({base}).'
    : `${found.name} is told by ${found.baseSetting}: set it to process.env.BASE_URL ({base}).`
}

/** npm adds words to the end of the script, so the tool has to be what its last command starts. */
function endsWithTool(script: string, { build, baseFlag }: FrameworkRow): boolean {
  if (!/^[\w@.:/=, -]+(?:&&[\w@.:/=, -]+)*$/.test(script)) return false
  const words = (script.split('&&').at(-1) ?? '').trim().split(/ +/)
  const start = words.findIndex((word) => !/^(?:npx|cross-env|[A-Z_][A-Z0-9_]*=.*)$/.test(word))
  const own = words.slice(start)
  const isTool = build.every((word, index) => own[index] === word)
  return isTool && !own.some((word) => word === '--' || word.split('=')[0] === baseFlag)
}
