/**
 * The environment becomes a frozen Config, once. The limits are in domain/limits.ts. An
 * unknown `SLIPWAY_…` name or a value that can't be read stops the start with one line.
 */
import {
  type Address,
  type DnsProviderConfig,
  isEncrypted,
  isOrigin,
  readAddress,
  readAddresses,
  readDnsProvider,
  readEmail,
  readPublicUrl,
  readSize,
  readUrl,
  refuse,
  refuseUnknownNames,
} from './config/read-values.ts'
import { type SettingName, settings } from './config/settings.ts'
import { limits } from './domain/limits.ts'
import { type HostName, type Slug, toHostName } from './domain/names.ts'
import { basePathOf, type Project } from './domain/project.ts'

export { limits, settings }
export type { DnsProviderConfig }

export interface Config {
  readonly frontendDomain: HostName
  readonly buildRoot: string
  readonly dataDir: string
  readonly listen: Address
  readonly publicUrl: string
  readonly backendUrl: string
  readonly sslEmail: string
  readonly acme: AcmeConfig
  /** Name servers that are asked about custom domains, as `address:port`; none: the system's. */
  readonly domainResolvers: readonly string[]
  readonly schemaPull: boolean
  readonly nginx: {
    readonly mode: 'system' | 'managed'
    readonly sitesDir: string
    readonly wwwRoot: string
    readonly httpPort: number
    readonly httpsPort: number
    /** For how long browsers are told to come by https only; 0: they are told nothing. */
    readonly hstsSeconds: number
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

export interface AcmeConfig {
  /** `local`: an authority of this machine's own; `off`: sites are served over HTTP only. */
  readonly directory: string
  readonly challenge: 'http-01' | 'dns-01'
  /** PEM of the root of an authority that is not public. */
  readonly caFile: string | null
  readonly dns: DnsProviderConfig | null
  /** Waited for after a record is there, for name servers that nobody can ask. */
  readonly dnsWaitMs: number
}

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
  const listen = readAddress('SLIPWAY_LISTEN', text('SLIPWAY_LISTEN'))
  return deepFreeze({
    frontendDomain,
    buildRoot: folder('FRONTEND_BUILD_ROOT'),
    dataDir: folder('SLIPWAY_DATA'),
    listen,
    publicUrl: readPublicUrl(text('SLIPWAY_PUBLIC_URL'), { frontendDomain, listen }),
    backendUrl: readUrl('BACKEND_URL', text('BACKEND_URL'), isOrigin),
    sslEmail: readEmail(text('SSL_EMAIL'), frontendDomain),
    acme: {
      directory: ['off', 'local'].includes(text('ACME_DIRECTORY'))
        ? text('ACME_DIRECTORY')
        : readUrl('ACME_DIRECTORY', text('ACME_DIRECTORY'), isEncrypted),
      challenge: oneOf('ACME_CHALLENGE', 'http-01', 'dns-01'),
      caFile: text('ACME_CA_FILE') === '' ? null : folder('ACME_CA_FILE'),
      dns: readDnsProvider({ text, path: folder }, frontendDomain),
      dnsWaitMs: number('ACME_DNS_WAIT', 0, 3_600) * 1_000,
    },
    domainResolvers: readAddresses('DOMAIN_RESOLVERS', text('DOMAIN_RESOLVERS')),
    schemaPull: oneOf('SCHEMA_PULL', 'on', 'off') === 'on',
    nginx: {
      mode: oneOf('NGINX_MODE', 'system', 'managed'),
      sitesDir: folder('NGINX_SITES_DIR'),
      wwwRoot: folder('NGINX_WWW_ROOT'),
      httpPort: number('NGINX_HTTP_PORT', 1, 65_535),
      httpsPort: number('NGINX_HTTPS_PORT', 1, 65_535),
      hstsSeconds: number('HSTS', 0, 63_072_000),
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

/**
 * Where a project's site is: a host without a slash at the end, or a sub-directory with one. By
 * https unless told otherwise, where there are certificates.
 */
export function siteUrl(
  config: Config,
  project: Pick<Project, 'slug' | 'settings'>,
  isEncrypted = config.acme.directory !== 'off',
): string {
  const { httpPort, httpsPort } = config.nginx
  const scheme = isEncrypted ? 'https' : 'http'
  const [port, usual] = isEncrypted ? [httpsPort, 443] : [httpPort, 80]
  const origin = (host: string): string => `${scheme}://${host}${port === usual ? '' : `:${port}`}`
  const basePath = basePathOf(project)
  return basePath === null
    ? origin(`${project.slug}.${config.frontendDomain}`)
    : `${origin(config.frontendDomain)}${basePath}`
}

/**
 * The domain whose projects share a wildcard; null where each host has a certificate of its own.
 * Browsers take no wildcard of a name without a dot, such as `*.localhost`.
 */
export function wildcardDomainOf({ acme, frontendDomain }: Config): HostName | null {
  const isProved = acme.directory === 'local' || acme.challenge === 'dns-01'
  return acme.directory !== 'off' && isProved && frontendDomain.includes('.')
    ? frontendDomain
    : null
}

/** The git remote of a project. */
export function remoteUrl(config: Config, slug: Slug): string {
  return `${config.publicUrl}/${slug}.git`
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) deepFreeze(part as object)
  }
  return Object.freeze(value)
}
