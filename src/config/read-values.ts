/** How the text of a setting becomes a value. What can't be read throws `config_invalid`. */
import { isIPv4, isIPv6 } from 'node:net'
import { SlipwayError } from '../domain/errors.ts'
import { type HostName, toHostName } from '../domain/names.ts'
import { findNearestName } from '../domain/nearest-name.ts'
import { type SettingName, settings } from './settings.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

export type DnsProviderConfig =
  | { readonly kind: 'exec'; readonly program: string }
  | {
      readonly kind: 'rfc2136'
      readonly server: Address
      readonly zone: HostName
      readonly keyFile: string
    }

const sizeBytesMin = 1024 ** 2

export function refuseUnknownNames(names: readonly string[]): void {
  for (const name of names) {
    if (!name.startsWith('SLIPWAY_') || name in settings) continue
    const known = Object.keys(settings).filter((other) => other.startsWith('SLIPWAY_'))
    const suggestion = findNearestName(name, known)
    throw new SlipwayError('config_unknown', { name, suggestion })
  }
}

export function readAddress(name: SettingName, given: string): Address {
  const found = /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})$/.exec(given)
  const port = Number(found?.[2] ?? Number.NaN)
  const host = found?.[1]
  if (host === undefined || !(port <= 65_535)) return refuse(name, given)
  return { host: host.replace(/^\[|\]$/g, ''), port }
}

/** `192.0.2.53, [2001:db8::53]:5353`, each as `address:port`. */
export function readAddresses(name: SettingName, given: string): readonly string[] {
  if (given === '') return []
  return given.split(',').map((part) => {
    const one = part.trim()
    const [, bracketed, port = '53'] = /^\[([^\]]+)\](?::([0-9]{1,5}))?$/.exec(one) ?? []
    if (bracketed !== undefined) {
      return isIPv6(bracketed) && isPort(port) ? `[${bracketed}]:${port}` : refuse(name, given)
    }
    if (isIPv6(one)) return `[${one}]:53`
    const [address = '', own = '53', ...more] = one.split(':')
    const isWhole = isIPv4(address) && isPort(own) && more.length === 0
    return isWhole ? `${address}:${own}` : refuse(name, given)
  })
}

function isPort(text: string): boolean {
  return /^[1-9][0-9]{0,4}$/.test(text) && Number(text) <= 65_535
}

/**
 * The root of FRONTEND_DOMAIN can't be it: of git and REST, `/api/` there is the platform's. A port
 * that leads to the server itself can.
 */
export function readPublicUrl(
  given: string,
  { frontendDomain, listen }: { readonly frontendDomain: HostName; readonly listen: Address },
): string {
  const usual = `https://deploy.${frontendDomain}`
  if (given === '') return usual
  const url = readUrl('SLIPWAY_PUBLIC_URL', given)
  const { hostname, pathname, port } = new URL(url)
  if (hostname !== frontendDomain || pathname !== '/' || port === String(listen.port)) return url
  const expected = `expected a host other than FRONTEND_DOMAIN, whose /api/ is the platform's, such as ${usual}`
  throw new SlipwayError('config_invalid', { name: 'SLIPWAY_PUBLIC_URL', value: given, expected })
}

/** Null where no zone is changed. DNS-01 without a provider stops the start. */
export function readDnsProvider(
  read: {
    readonly text: (name: SettingName) => string
    readonly path: (name: SettingName) => string
  },
  frontendDomain: HostName,
): DnsProviderConfig | null {
  const given = read.text('ACME_DNS')
  if (given === '') {
    return read.text('ACME_CHALLENGE') === 'dns-01' ? refuse('ACME_CHALLENGE', 'dns-01') : null
  }
  if (given === 'rfc2136') {
    const server = readAddress('ACME_DNS_SERVER', read.text('ACME_DNS_SERVER'))
    const zoneText = read.text('ACME_DNS_ZONE')
    const zone = zoneText === '' ? frontendDomain : toHostName(zoneText)
    if (zone === null) return refuse('ACME_DNS_ZONE', zoneText)
    return { kind: 'rfc2136', server, zone, keyFile: read.path('ACME_DNS_KEY_FILE') }
  }
  const program = /^exec:(\/[!-~]+)$/.exec(given)?.[1]
  return program === undefined ? refuse('ACME_DNS', given) : { kind: 'exec', program }
}

export function readUrl(
  name: SettingName,
  given: string,
  isFit: (url: URL) => boolean = () => true,
): string {
  const url = /^[!-~]+$/.test(given) ? URL.parse(given) : null
  const isPlain =
    url !== null &&
    ['http:', 'https:'].includes(url.protocol) &&
    (toHostName(url.hostname) !== null || url.hostname.startsWith('[')) &&
    `${url.username}${url.password}${url.search}${url.hash}` === ''
  return isPlain && isFit(url) ? url.href.replace(/\/+$/, '') : refuse(name, withoutPassword(given))
}

export function isOrigin({ pathname }: URL): boolean {
  return pathname === '/'
}

export function isEncrypted({ protocol }: URL): boolean {
  return protocol === 'https:'
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/]*@/, '//[redacted]@')
}

export function readEmail(given: string, frontendDomain: HostName): string {
  if (given === '') return `admin@${frontendDomain}`
  return /^[^\s@<>"(),;]+@[^\s@<>"(),;]+$/.test(given) ? given : refuse('SSL_EMAIL', given)
}

export function readSize(name: SettingName, given: string): number {
  const found = /^([1-9][0-9]{0,6})([kmgt]?)$/i.exec(given)
  const unit = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }[
    (found?.[2] ?? '').toLowerCase()
  ]
  const bytes = Number(found?.[1] ?? Number.NaN) * (unit ?? Number.NaN)
  // "2" where "2g" was meant would build nothing, and say so much later.
  return bytes >= sizeBytesMin && Number.isSafeInteger(bytes) ? bytes : refuse(name, given)
}

export function refuse(name: SettingName, value: string): never {
  const { expected } = settings[name]
  throw new SlipwayError('config_invalid', { name, value, expected: `expected ${expected}` })
}
