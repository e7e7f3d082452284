/**
 * A host name that somebody brings along: what is none, or may not be had, is refused with a
 * sentence. `URL` converts to the form that DNS knows, and is no check: that is made here.
 */
import { domainToUnicode } from 'node:url'
import { getDomain, getPublicSuffix } from 'tldts'
import { SlipwayError } from '../domain/errors.ts'
import { type HostName, toHostName } from '../domain/names.ts'

export interface OwnNames {
  readonly frontendDomain: HostName
  /** Of the platform itself, wherever they are. */
  readonly reservedHosts: readonly HostName[]
}

/** What is made of it has to be a name, too: that of its proof, and those of files while written. */
const hostLengthMax = 235

/** The form that DNS knows. Throws `domain_invalid` or `domain_reserved`. */
export function parseCustomHost(text: string, own: OwnNames): HostName {
  const given = clean(text)
  const refuse = (problem: string): never => {
    throw new SlipwayError('domain_invalid', { host: text.slice(0, 100), problem })
  }
  const problem = findProblem(given)
  if (problem !== null) return refuse(problem)
  const host = toAscii(given) ?? refuse('it is no host name')
  const labels = host.split('.')
  if (/^[0-9]+$/.test(labels.at(-1) ?? '')) refuse('it is an address; give a name')
  if (labels.length < 2) refuse('a name needs a dot, such as www.example.org')
  if (isOwn(host, own)) {
    throw new SlipwayError('domain_reserved', { host, domain: own.frontendDomain })
  }
  if (host.length > hostLengthMax) {
    refuse(`at most ${hostLengthMax} characters leave room for the name of its proof`)
  }
  if (getPublicSuffix(host, psl) === host) {
    refuse('it is a public suffix, below which others register')
  }
  return host
}

/** The same form of whatever was typed; null where it has none. */
export function toAsciiHost(text: string): HostName | null {
  const given = clean(text)
  return findProblem(given) === null ? toAscii(given) : null
}

/** True where the name is the one that was registered, where no CNAME can be (RFC 1034, 3.6.2). */
export function isApex(host: HostName): boolean {
  return getDomain(host, psl) === host
}

/** As people write it: `café.fr`. */
export function showHost(host: HostName): string {
  const shown = domainToUnicode(host)
  return shown === '' ? host : shown
}

/** Where the letters of one label are of several scripts: `раypal.com` with a Cyrillic beginning. */
export function findLookalike(host: HostName): string | null {
  const shown = showHost(host)
  const isMixed = shown.split('.').some((label) => {
    return scripts.filter((script) => script.test(label)).length > 1
  })
  if (!isMixed) return null
  return `${shown} has letters of several scripts and may be taken for another name: it is ${host}`
}

function clean(text: string): string {
  return text.trim().replace(/\.$/, '').normalize('NFC').toLowerCase()
}

function findProblem(given: string): string | null {
  if (given === '') return 'it is empty'
  if (/^[a-z]+:\/\//.test(given)) return 'give the name alone, without https://'
  if (given.includes('/')) return 'give the name alone, without a path'
  if (given.includes('*')) return 'a wildcard can not be had; add each host by its name'
  if (address.test(given)) return 'it is an address; give a name'
  if (given.includes(':')) return 'give the name without a port'
  if (given.includes('_')) return 'a host has no underscore'
  if (given.length > 253) return 'a name has at most 253 characters'
  return forbidden.test(given) ? 'it has a character that no name has' : null
}

/** IPv6, and IPv4 in all forms that browsers know: `127.1`, `0x7f.1`. */
const address = /^\[|^[0-9a-f]*:[0-9a-f]*:|^(?:[0-9]+|0x[0-9a-f]*)(?:\.(?:[0-9]+|0x[0-9a-f]*))*$/

/** Also the dots of other scripts, and what nobody sees. */
const forbidden = /[\s%@[\]\\?#"'<>`{}|^$&;()!,=+~]|[\p{Cc}\p{Cf}。．｡]/u

function toAscii(given: string): HostName | null {
  const host = toHostName(URL.parse(`http://${given}`)?.hostname ?? '')
  if (host === null) return null
  // What says that it stands for other letters has to stand for some.
  const isEmpty = showHost(host)
    .split('.')
    .some((label) => label.startsWith('xn--'))
  return isEmpty ? null : host
}

function isOwn(host: HostName, { frontendDomain, reservedHosts }: OwnNames): boolean {
  const isBelow = host === frontendDomain || host.endsWith(`.${frontendDomain}`)
  return isBelow || reservedHosts.includes(host)
}

/** `me.github.io` is a domain of its own to its owner, as it is to a browser's cookies. */
const psl = { allowPrivateDomains: true } as const

/** Those that are written together in no language; Japanese alone has three others. */
const scripts = ['Latin', 'Cyrillic', 'Greek', 'Armenian', 'Hebrew', 'Arabic', 'Thai'].map(
  (script) => new RegExp(`\\p{Script=${script}}`, 'u'),
)
