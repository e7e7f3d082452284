/**
 * The environment becomes a frozen Config, once. The limits are in domain/limits.ts. An
 * unknown `SLIPWAY_…` name or a value that can't be read stops the start with one line.
 */
import { SlipwayError } from './domain/errors.ts'
import { limits } from './domain/limits.ts'
import { type HostName, type Slug, toHostName } from './domain/names.ts'
import { findNearestName } from './domain/nearest-name.ts'
import { basePathOf, type Project } from './domain/project.ts'

export { limits }

export interface Config {
  readonly frontendDomain: HostName
  readonly buildRoot: string
  readonly dataDir: string
  readonly listen: { readonly host: string; readonly port: number }
  readonly publicUrl: string
  readonly backendUrl: string
  readonly sslEmail: string
  readonly acme: { readonly directory: string; readonly challenge: 'http-01' | 'dns-01' | 'off' }
  readonly schemaPull: boolean
  readonly nginx: {
    readonly mode: 'system' | 'managed'
    readonly sitesDir: string
    readonly wwwRoot: string
    readonly httpPort: number
    readonly httpsPort: number
  }
  readonly build: {
    readonly concurrency: number
    readonly installTimeoutMs: number
    readonly buildTimeoutMs: number
    readonly memoryBytes: number
    readonly cpus: number
    readonly pids: number
    readonly diskBytes: number
    readonly sandbox: 'required' | 'off'
    readonly limits: 'required' | 'best-effort'
  }
  readonly rateLimits: boolean
  readonly keepReleases: number
  readonly storageQuotaBytes: number
  readonly limits: typeof limits
}

const sizeBytesMin = 1024 ** 2

interface Setting {
  readonly fallback: string
  readonly expected: string
}

/** Every name that may be set, in the README's order. */
export const settings = {
  FRONTEND_DOMAIN: setting('localhost', 'a domain such as example.org'),
  FRONTEND_BUILD_ROOT: setting('/tmp/nocode_builds', 'an absolute folder'),
  NGINX_SITES_DIR: setting('/etc/nginx/sites-available', 'an absolute folder'),
  NGINX_WWW_ROOT: setting('/var/www/apps', 'an absolute folder'),
  SSL_EMAIL: setting('', 'an e-mail address'),
  BACKEND_URL: setting('http://localhost:8000', 'an http or https URL without a path'),
  SLIPWAY_DATA: setting('/var/lib/slipway', 'an absolute folder'),
  SLIPWAY_LISTEN: setting('127.0.0.1:7080', 'an address and a port, such as 127.0.0.1:7080'),
  SLIPWAY_PUBLIC_URL: setting('', 'an http or https URL'),
  NGINX_MODE: setting('system', 'system or managed'),
  NGINX_HTTP_PORT: setting('80', 'a port from 1 to 65535'),
  NGINX_HTTPS_PORT: setting('443', 'a port from 1 to 65535'),
  BUILD_CONCURRENCY: setting('', 'a number from 1 to 64'),
  INSTALL_TIMEOUT: setting('300', 'seconds from 1 to 86400'),
  BUILD_TIMEOUT: setting('600', 'seconds from 1 to 86400'),
  BUILD_MEMORY: setting('2g', 'a size such as 512m or 2g'),
  BUILD_CPUS: setting('2', 'a number from 1 to 256'),
  BUILD_PIDS: setting('512', 'a number from 16 to 65536'),
  BUILD_DISK: setting('4g', 'a size such as 512m or 4g'),
  KEEP_RELEASES: setting('5', 'a number from 1 to 1000'),
  STORAGE_QUOTA: setting('1g', 'a size such as 512m or 1g'),
  ACME_DIRECTORY: setting('https://acme-v02.api.letsencrypt.org/directory', 'an https URL, or off'),
  ACME_CHALLENGE: setting('http-01', 'http-01, dns-01 or off'),
  SCHEMA_PULL: setting('off', 'on or off'),
  SLIPWAY_LIMITS: setting('required', 'required or best-effort'),
  SLIPWAY_RATE_LIMITS: setting('on', 'on or off'),
  SLIPWAY_SANDBOX: setting('required', 'required or off'),
} as const satisfies Record<string, Setting>

type SettingName = keyof typeof settings

/**
 * Reads all settings from an environment. `cpuCount` is the machine's number of cores. Throws
 * `config_unknown` or `config_invalid` for the first that is wrong.
 */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
  cpuCount: number,
): Config {
  refuseUnknownNames(Object.keys(environment))
  const text = (name: SettingName): string => {
    const given = environment[name]
    return given === undefined || given === '' ? settings[name].fallback : given
  }
  const frontendDomain =
    toHostName(text('FRONTEND_DOMAIN')) ?? refuse('FRONTEND_DOMAIN', text('FRONTEND_DOMAIN'))
  const number = (name: SettingName, min: number, max: number): number => {
    const given = text(name)
    const value = /^[0-9]{1,9}$/.test(given) ? Number(given) : Number.NaN
    return value >= min && value <= max ? value : refuse(name, given)
  }
  const folder = (name: SettingName): string => {
    const given = text(name)
    const isPlain = /^(?:\/(?!\.{1,2}(?:\/|$))[^/\p{Cc}]+)+\/?$/u.test(given)
    return isPlain ? given.replace(/\/$/, '') : refuse(name, given)
  }
  const oneOf = <const Choice extends string>(name: SettingName, ...choices: Choice[]): Choice => {
    const given = text(name)
    return choices.find((choice) => choice === given) ?? refuse(name, given)
  }
  return deepFreeze({
    frontendDomain,
    buildRoot: folder('FRONTEND_BUILD_ROOT'),
    dataDir: folder('SLIPWAY_DATA'),
    listen: readListen(text('SLIPWAY_LISTEN')),
    publicUrl:
      text('SLIPWAY_PUBLIC_URL') === ''
        ? `https://deploy.${frontendDomain}`
        : readUrl('SLIPWAY_PUBLIC_URL', text('SLIPWAY_PUBLIC_URL')),
    backendUrl: readUrl('BACKEND_URL', text('BACKEND_URL'), isOrigin),
    sslEmail: readEmail(text('SSL_EMAIL'), frontendDomain),
    acme: {
      directory:
        text('ACME_DIRECTORY') === 'off'
          ? 'off'
          : readUrl('ACME_DIRECTORY', text('ACME_DIRECTORY'), isEncrypted),
      challenge: oneOf('ACME_CHALLENGE', 'http-01', 'dns-01', 'off'),
    },
    schemaPull: oneOf('SCHEMA_PULL', 'on', 'off') === 'on',
    nginx: {
      mode: oneOf('NGINX_MODE', 'system', 'managed'),
      sitesDir: folder('NGINX_SITES_DIR'),
      wwwRoot: folder('NGINX_WWW_ROOT'),
      httpPort: number('NGINX_HTTP_PORT', 1, 65_535),
      httpsPort: number('NGINX_HTTPS_PORT', 1, 65_535),
    },
    build: {
      concurrency:
        text('BUILD_CONCURRENCY') === ''
          ? Math.max(1, Math.floor(cpuCount / 2))
          : number('BUILD_CONCURRENCY', 1, 64),
      installTimeoutMs: number('INSTALL_TIMEOUT', 1, 86_400) * 1_000,
      buildTimeoutMs: number('BUILD_TIMEOUT', 1, 86_400) * 1_000,
      memoryBytes: readSize('BUILD_MEMORY', text('BUILD_MEMORY')),
      cpus: number('BUILD_CPUS', 1, 256),
      pids: number('BUILD_PIDS', 16, 65_536),
      diskBytes: readSize('BUILD_DISK', text('BUILD_DISK')),
      sandbox: oneOf('SLIPWAY_SANDBOX', 'required', 'off'),
      limits: oneOf('SLIPWAY_LIMITS', 'required', 'best-effort'),
    },
    rateLimits: oneOf('SLIPWAY_RATE_LIMITS', 'on', 'off') === 'on',
    keepReleases: number('KEEP_RELEASES', 1, 1_000),
    storageQuotaBytes: readSize('STORAGE_QUOTA', text('STORAGE_QUOTA')),
    limits,
  })
}

/** Where a project's site is: a host without a slash at the end, or a sub-directory with one. */
export function siteUrl(config: Config, project: Pick<Project, 'slug' | 'settings'>): string {
  const port = config.nginx.httpPort === 80 ? '' : `:${config.nginx.httpPort}`
  const basePath = basePathOf(project)
  return basePath === null
    ? `http://${project.slug}.${config.frontendDomain}${port}`
    : `http://${config.frontendDomain}${port}${basePath}`
}

/** The git remote of a project. */
export function remoteUrl(config: Config, slug: Slug): string {
  return `${config.publicUrl}/${slug}.git`
}

function refuseUnknownNames(names: readonly string[]): void {
  for (const name of names) {
    if (!name.startsWith('SLIPWAY_') || name in settings) continue
    const known = Object.keys(settings).filter((other) => other.startsWith('SLIPWAY_'))
    const suggestion = findNearestName(name, known)
    throw new SlipwayError('config_unknown', { name, suggestion })
  }
}

function readListen(given: string): Config['listen'] {
  const found = /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})$/.exec(given)
  const port = Number(found?.[2] ?? Number.NaN)
  const host = found?.[1]
  if (host === undefined || !(port <= 65_535)) return refuse('SLIPWAY_LISTEN', given)
  return { host: host.replace(/^\[|\]$/g, ''), port }
}

function readUrl(
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

function isOrigin({ pathname }: URL): boolean {
  return pathname === '/'
}

function isEncrypted({ protocol }: URL): boolean {
  return protocol === 'https:'
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/]*@/, '//[redacted]@')
}

function readEmail(given: string, frontendDomain: HostName): string {
  if (given === '') return `admin@${frontendDomain}`
  return /^[^\s@<>"(),;]+@[^\s@<>"(),;]+$/.test(given) ? given : refuse('SSL_EMAIL', given)
}

function readSize(name: SettingName, given: string): number {
  const found = /^([1-9][0-9]{0,6})([kmgt]?)$/i.exec(given)
  const unit = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }[
    (found?.[2] ?? '').toLowerCase()
  ]
  const bytes = Number(found?.[1] ?? Number.NaN) * (unit ?? Number.NaN)
  // "2" where "2g" was meant would build nothing, and say so much later.
  return bytes >= sizeBytesMin && Number.isSafeInteger(bytes) ? bytes : refuse(name, given)
}

function refuse(name: SettingName, value: string): never {
  const { expected } = settings[name]
  throw new SlipwayError('config_invalid', { name, value, expected: `expected ${expected}` })
}

function setting(fallback: string, expected: string): Setting {
  return { fallback, expected }
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) deepFreeze(part as object)
  }
  return Object.freeze(value)
}
