/**
 * Headers of a project as nginx text. Each name has a variable, which all projects share: it begins
 * as what all sites send, a rule that is met changes it, and nginx sends no header that is empty.
 */
import type { HeaderRule, PathPattern } from '../../domain/site-rules/site-rules.ts'
import { type SiteCache, siteCaches, siteHeaders } from '../site-headers.ts'
import { matchDecoded } from './match-path.ts'
import { quotePattern, quoteWord } from './nginx-text.ts'

/** Rules, and the word by which `$slipway_rules` says that they are those of the request. */
export interface HeaderVariant {
  readonly id: number
  readonly headers: readonly HeaderRule[]
}

export interface HeaderLines {
  /** Of the server block, in this order. */
  readonly lines: readonly string[]
  /** What stands for the values in the lines that send them. */
  readonly sent: SentHeaders
}

export interface SentHeaders {
  readonly caches: Readonly<Record<SiteCache, string>>
  readonly others: readonly { readonly name: string; readonly value: string }[]
}

/** What sites send that say nothing themselves. */
export const plainHeaders: SentHeaders = {
  caches: { page: quoteWord(siteCaches.page), asset: quoteWord(siteCaches.asset) },
  others: siteHeaders.map(({ name, value }) => ({ name, value: quoteWord(value) })),
}

export function renderHeaders(variants: readonly HeaderVariant[]): HeaderLines {
  const rules = variants.flatMap(({ headers }) => headers)
  const names = rules.flatMap(({ set, unset }) => [...set.map(({ name }) => name), ...unset])
  const changed = [...new Set(names)].filter((name) => name !== cacheControl).toSorted()
  const slotOf = new Map(changed.map((name, index) => [name, `$slipway_header_${index}`]))
  const changesCache = names.includes(cacheControl)
  const beginnings = changed.map((name) => {
    const { value } = siteHeaders.find((header) => header.name === name) ?? { value: '' }
    return `set ${slotOf.get(name)} ${quoteWord(value)};`
  })
  const caches = changesCache
    ? Object.entries(siteCaches).map(
        ([kind, value]) => `set ${cacheSlot(kind)} ${quoteWord(value)};`,
      )
    : []
  const assign = (name: string, value: string): string =>
    (name === cacheControl ? Object.keys(siteCaches).map(cacheSlot) : [slotOf.get(name)])
      .map((slot) => `set ${slot} ${quoteWord(value)};`)
      .join(' ')
  const others = [...siteHeaders.map(({ name }) => name), ...changed]
  return {
    lines: [
      ...caches,
      ...beginnings,
      ...variants.flatMap(({ id, headers }) =>
        headers.map((rule) => `if (${condition(id, rule.path)}) { ${assignAll(rule, assign)} }`),
      ),
    ],
    sent: {
      caches: changesCache
        ? { page: cacheSlot('page'), asset: cacheSlot('asset') }
        : plainHeaders.caches,
      others: [...new Set(others)].map((name) => {
        const plain = plainHeaders.others.find((header) => header.name === name)
        return { name, value: slotOf.get(name) ?? plain?.value ?? '""' }
      }),
    },
  }
}

const cacheControl = 'Cache-Control'

function cacheSlot(kind: string): string {
  return `$slipway_${kind}_cache`
}

function assignAll(
  { set, unset }: HeaderRule,
  assign: (name: string, value: string) => string,
): string {
  return [
    ...set.map(({ name, value }) => assign(name, value)),
    ...unset.map((name) => assign(name, '')),
  ].join(' ')
}

function condition(id: number, path: PathPattern): string {
  const [first, second] = path
  const isAny = first?.kind === 'text' && first.text === '/' && second?.kind === 'rest'
  if (isAny) return `$slipway_rules = ${id}`
  return `$slipway_asked ~ ${quotePattern(`(?s)^${id} ${matchDecoded(path)}\\z`)}`
}
