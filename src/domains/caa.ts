/** Whether the zone lets our authority issue a certificate (RFC 8659). Pure, but for the asking. */
import { limits } from '../config.ts'
import type { HostName } from '../domain/names.ts'
import { type CaaProperty, type Looked, type NameLookup, tooLate } from './look-up.ts'

/** The records that count for a host: the first that there are, upwards from it. */
export interface CaaSeen {
  /** Where they are; the host itself where there are none. */
  readonly at: string
  readonly looked: Looked<CaaProperty>
}

export async function lookUpCaa(
  { caa }: Pick<NameLookup, 'caa'>,
  host: HostName,
): Promise<CaaSeen> {
  const labels = host.split('.')
  const lastAt = performance.now() + limits.dnsTimeoutMs
  for (let index = 0; index < labels.length; index += 1) {
    const at = labels.slice(index).join('.')
    const looked = performance.now() > lastAt ? tooLate : await caa(at)
    if (looked.outcome !== 'none') return { at, looked }
  }
  return { at: host, looked: { outcome: 'none' } }
}

/** What CAA records call the authority; null where we do not know it. */
export function findAuthorityName(directory: string): string | null {
  const host = URL.parse(directory)?.hostname ?? ''
  return /(?:^|\.)letsencrypt\.org$/.test(host) ? 'letsencrypt.org' : null
}

const knownTags = ['issue', 'issuewild', 'iodef', 'issuemail', 'issuevmc', 'contactemail']

/** Null where it may issue, as far as can be known. */
export function findCaaProblem(
  properties: readonly CaaProperty[],
  authority: string | null,
): string | null {
  const odd = properties.find(({ isCritical, tag }) => isCritical && !knownTags.includes(tag))
  if (odd !== undefined) return `its critical property "${odd.tag}" keeps every authority from it`
  const issuers = properties.filter(({ tag }) => tag === 'issue').map(({ value }) => parse(value))
  if (issuers.length === 0) return null
  const named = issuers.map(({ domain }) => domain).filter((domain) => domain !== '')
  if (named.length === 0) return 'it lets no authority issue a certificate'
  if (authority === null) return null
  const own = issuers.filter(({ domain }) => domain === authority)
  if (own.length === 0) return `it lets only ${named.join(', ')} issue, and not ${authority}`
  const methods = own.map(({ parameters }) => parameters.get('validationmethods'))
  const isFit = methods.some((all) => all === undefined || all.split(',').includes('http-01'))
  return isFit
    ? null
    : `it lets ${authority} issue by ${methods.join(', ')} only, and not by http-01`
}

export function showCaa({ isCritical, tag, value }: CaaProperty): string {
  return `${isCritical ? 128 : 0} ${tag} "${value}"`
}

/** `letsencrypt.org; validationmethods=dns-01` */
function parse(value: string): {
  readonly domain: string
  readonly parameters: ReadonlyMap<string, string>
} {
  const [domain = '', ...rest] = value.split(';').map((part) => part.trim().toLowerCase())
  const pairs = rest.map((part) => {
    const at = part.indexOf('=')
    return [part.slice(0, at).trim(), part.slice(at + 1).trim()] as const
  })
  return { domain, parameters: new Map(pairs) }
}
