/** What rules say of one path, as nginx does it: to know what is to be seen once they are live. */
import { matchesPath } from './path-pattern.ts'
import type { RedirectRule, SiteRules } from './site-rules.ts'

/** By their names; null for one that is taken away. `path` is decoded, without its query. */
export function headersAt(
  { headers }: SiteRules,
  path: string,
): ReadonlyMap<string, string | null> {
  const matching = headers.filter((rule) => matchesPath(rule.path, path))
  return new Map(
    matching.flatMap(({ set, unset }): readonly (readonly [string, string | null])[] => [
      ...set.map(({ name, value }) => [name, value] as const),
      ...unset.map((name) => [name, null] as const),
    ]),
  )
}

/** The redirect that a visitor of the path gets, whatever files there are. */
export function forcedRedirectAt({ redirects }: SiteRules, path: string): RedirectRule | null {
  const first = redirects.find((rule) => matchesPath(rule.from, path))
  return first?.isForced === true ? first : null
}
