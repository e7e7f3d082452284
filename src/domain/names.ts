/**
 * The names that come from outside and become types at the door: slugs, project ids, hosts, object
 * ids and refs. Whoever holds one of these types need not check it again.
 */
import { SlipwayError } from './errors.ts'

declare const brand: unique symbol
type Brand<Base, Name extends string> = Base & { readonly [brand]: Name }

/** 1 to 63 of `a-z0-9-`, no hyphen at an end, no `--`, not reserved: a DNS label (RFC 1035). */
export type Slug = Brand<string, 'Slug'>
/** The platform's own id of a project: a UUID or a positive integer, as text. */
export type ProjectId = Brand<string, 'ProjectId'>
/** A git object id: 40 hexadecimal digits, lower case. */
export type Oid = Brand<string, 'Oid'>
/** A lower-case host name without a port or a trailing dot. */
export type HostName = Brand<string, 'HostName'>

export const slugLengthMax = 63
export const zeroOid = '0'.repeat(40) as Oid

/** Labels that name a part of the platform, or that a visitor would take for one. */
export const reservedSlugs: ReadonlySet<string> = new Set(
  `www deploy api admin apps app mail smtp imap pop mx ftp ns ns1 ns2 dns autoconfig autodiscover
   _ localhost static assets cdn status docs blog help support login auth account accounts sso
   dashboard console panel root slipway git webmail wpad isatap`
    .trim()
    .split(/\s+/),
)

/** Takes a slug as it stands. Throws `invalid_slug` or `reserved_slug`. */
export function parseSlug(text: string): Slug {
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text) || text.includes('--')) {
    throw new SlipwayError('invalid_slug', { slug: text.slice(0, 80) })
  }
  if (reservedSlugs.has(text)) throw new SlipwayError('reserved_slug', { slug: text })
  return text as Slug
}

/** True where the text could be a slug in a URL; says nothing about reserved names. */
export function isSlugShaped(text: string): boolean {
  return text.length <= slugLengthMax && /^[a-z0-9-]+$/.test(text)
}

/** `mon_app_12345` → `mon-app-12345`. Throws like `parseSlug`. */
export function slugFromSchemaName(schemaName: string): Slug {
  return parseSlug(schemaName.toLowerCase().replaceAll('_', '-'))
}

/**
 * A slug from a project's display name: accents folded, all else a hyphen, then `suffix` (five
 * random characters that the caller chooses). `Café à gogo` → `cafe-a-gogo-k3x9q`.
 */
export function slugFromName(name: string, suffix: string): Slug {
  const folded = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, slugLengthMax - suffix.length - 1)
    .replace(/^-+|-+$/g, '')
  return parseSlug(folded === '' ? `app-${suffix}` : `${folded}-${suffix}`)
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const positiveInteger = /^[1-9][0-9]{0,18}$/

/** Takes any UUID (any case) or positive integer. Throws `invalid_project_id`. */
export function parseProjectId(text: string): ProjectId {
  const lower = text.toLowerCase()
  if (!uuid.test(lower) && !positiveInteger.test(lower)) {
    throw new SlipwayError('invalid_project_id', { id: text.slice(0, 80) })
  }
  return lower as ProjectId
}

/** Returns null where the text is no object id. */
export function toOid(text: string): Oid | null {
  return /^[0-9a-f]{40}$/.test(text) ? (text as Oid) : null
}

/** The first seven digits, as git shows a commit to people. */
export function shortOid(oid: Oid): string {
  return oid.slice(0, 7)
}

/** The host of a project below the base domain. */
export function projectHost(slug: Slug, frontendDomain: HostName): HostName {
  return `${slug}.${frontendDomain}` as HostName
}

/** Takes a host name of letters, digits, hyphens and dots. Returns null where it is none. */
export function toHostName(text: string): HostName | null {
  const lower = text.toLowerCase()
  const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
  return lower.length <= 253 && new RegExp(`^${label}(?:\\.${label})*$`).test(lower)
    ? (lower as HostName)
    : null
}

/** `refs/heads/main` → `main`; null for anything but a branch. */
export function branchOfRef(ref: string): string | null {
  return ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : null
}
