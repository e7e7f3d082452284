/** What `nginx/own-vhost.eta` is filled with. */
import { createHash } from 'node:crypto'
import { rulesKey, type SiteRules } from '../../domain/site-rules/site-rules.ts'
import { renderHeaders, type SentHeaders } from './header-lines.ts'
import { type RedirectLines, renderRedirects } from './redirect-lines.ts'
import { rulesOf, type Vhost } from './vhost.ts'

export interface VhostValues {
  readonly slug: string
  readonly hosts: readonly string[]
  readonly newest: number
  /** Releases that have other rules than the newest, by the number of the newest of them. */
  readonly others: readonly { readonly id: number; readonly numbers: readonly number[] }[]
  readonly lines: readonly string[]
  readonly headers: SentHeaders
  /** Null where there are none. */
  readonly redirects: (RedirectLines & { readonly variable: string }) | null
}

interface Variant extends SiteRules {
  readonly id: number
  readonly numbers: number[]
}

export function vhostValues(vhost: Vhost): VhostValues {
  const { slug, hosts, newest } = vhost
  const [first, ...others] = findVariants(vhost)
  const variants = first === undefined ? [] : [first, ...others]
  const headers = renderHeaders(variants)
  const redirects = renderRedirects(variants)
  return {
    slug,
    hosts,
    newest: newest.number,
    others,
    lines: headers.lines,
    headers: headers.sent,
    redirects: redirects.entries.length === 0 ? null : { ...redirects, variable: variableOf(slug) },
  }
}

/** Short, whatever the slug is: nginx has 64 bytes for one, and ends over a longer name. */
function variableOf(slug: string): string {
  return `$slipway_redirect_${createHash('sha256').update(slug).digest('hex').slice(0, 16)}`
}

/** Those of the newest release first. */
function findVariants({ newest, others }: Vhost): readonly Variant[] {
  const variants = new Map<string, Variant>()
  for (const release of [newest, ...others]) {
    const rules = rulesOf(release)
    const key = rulesKey(rules)
    const known = variants.get(key)
    if (known === undefined)
      variants.set(key, { ...rules, id: release.number, numbers: [release.number] })
    else known.numbers.push(release.number)
  }
  return [...variants.values()]
}
