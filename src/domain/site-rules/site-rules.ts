/**
 * What a release asks of nginx beyond what all sites get: the words of `_headers` and `_redirects`
 * after they have been read. Strangers write those two files, so the types below say which
 * characters are left in each text; whoever renders them holds on to that.
 */

export interface SiteRules {
  /** All that match apply, in this order: what a later one says of a name is what holds. */
  readonly headers: readonly HeaderRule[]
  /** The first that matches applies. */
  readonly redirects: readonly RedirectRule[]
}

export interface HeaderRule {
  readonly path: PathPattern
  /** No name twice, and none that is in `unset`. */
  readonly set: readonly HeaderValue[]
  /** Taken away: what all sites get, or what an earlier rule has set. */
  readonly unset: readonly string[]
}

export interface HeaderValue {
  /** Of `A-Z a-z 0-9 -`, always in the form `X-Frame-Options`, so that equal names are equal texts. */
  readonly name: string
  /** Of space and visible ASCII without `$`; neither empty nor with a space at an end. */
  readonly value: string
}

export interface RedirectRule {
  readonly from: PathPattern
  readonly to: RedirectTarget
  readonly status: RedirectStatus
  /** Also where the release has a file to show. */
  readonly isForced: boolean
}

export type RedirectStatus = 301 | 302 | 303 | 307 | 308

/**
 * What a visitor asks for, decoded, without its query: as `$uri` of nginx is before it changes. A
 * slash at the end makes no difference, neither here nor there: `/a` is `/a/`, and `/a/*` is `/a` too.
 * The first piece is a text, which begins with `/`; nothing stands beside a `segment` or a `rest` in
 * the same segment. Texts are of any characters but control characters; they have no doubled slash,
 * and only that of the pattern `/` alone, or before another piece, ends with one.
 */
export type PathPattern = readonly PathPiece[]

/**
 * Where to, encoded: a path, or a whole URL of http or https, whose origin is in the first piece. A
 * `segment` or `rest` stands for what the pattern has met there, and is text of a stranger; each of
 * them is in the pattern. Texts are of the characters of RFC 3986 without `$`. The visitor's query
 * goes along where the target has neither `?` nor `#`.
 */
export type RedirectTarget = readonly PathPiece[]

export type PathPiece =
  | { readonly kind: 'text'; readonly text: string }
  /** `:name`: one whole segment, not empty. The name is of `A-Z a-z 0-9 _`, and no name is twice. */
  | { readonly kind: 'segment'; readonly name: string }
  /** `*`, at the end of a pattern only; `:splat` in a target. May be empty. */
  | { readonly kind: 'rest' }

export const noRules: SiteRules = { headers: [], redirects: [] }

export function hasRules({ headers, redirects }: SiteRules): boolean {
  return headers.length + redirects.length > 0
}

/** Whether nginx needs to know them apart. */
export function sameRules(one: SiteRules, other: SiteRules): boolean {
  return rulesKey(one) === rulesKey(other)
}

/** Equal for rules that say the same, whatever they were read from. */
export function rulesKey({ headers, redirects }: SiteRules): string {
  return JSON.stringify([
    headers.map(({ path, set, unset }) => [
      pathKey(path),
      set.map(({ name, value }) => [name, value]),
      unset,
    ]),
    redirects.map(({ from, to, status, isForced }) => [
      pathKey(from),
      pathKey(to),
      status,
      isForced,
    ]),
  ])
}

function pathKey(pieces: readonly PathPiece[]): readonly unknown[] {
  return pieces.map((piece) => {
    if (piece.kind === 'text') return piece.text
    return piece.kind === 'segment' ? [piece.name] : []
  })
}
