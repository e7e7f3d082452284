/**
 * The text of nginx's configuration, from the templates in `nginx/`. Every value that enters it is
 * checked here, since nginx text knows no safe way of quoting.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { Eta } from 'eta'
import type { Config } from '../config.ts'
import { SlipwayError } from '../domain/errors.ts'
import { type Entrance, entranceValues } from './entrance.ts'
import {
  appsFolder,
  appStoreFolder,
  certificatesFolder,
  challengesFolder,
  hostsFolder,
} from './site-folders.ts'
import { plainHeaders } from './vhosts/header-lines.ts'
import { vhostValues } from './vhosts/render-vhost.ts'
import type { Vhost } from './vhosts/vhost.ts'

/** A configuration and what it answers to `/__slipway_generation` once nginx runs by it. */
export interface NginxText {
  readonly text: string
  readonly generation: string
}

export interface SharedTextInput {
  /** False where others have told nginx how long its names may be; it may be told once. */
  readonly setsNamesHash?: boolean
  /** Changes with the files of projects that nginx reads beside this text. */
  readonly vhostsDigest?: string
  /** Such as `127.0.0.1:8080` or `[::]:80`. */
  readonly listen: readonly string[]
  /** Null: sites only. */
  readonly entrance: Entrance | null
  /** Left out: HTTP only. */
  readonly tls?: TlsTextInput | null
}

export interface TlsTextInput {
  /** Such as `127.0.0.1:8443`. */
  readonly listen: readonly string[]
  /** nginx 1.25.1 and newer; the others know HTTP/2 as a word of `listen`. */
  readonly hasHttp2Directive: boolean
  /** False before it is there: hosts are served by certificates of their own then, if they have any. */
  readonly hasWildcard: boolean
}

export interface MainTextInput extends SharedTextInput {
  /** Null: the workers stay who the master is. */
  readonly workerUser: string | null
}

/** It holds the secret of the entrance; nginx reads it as root, or as our own user. */
export const nginxTextMode = 0o600

const templates = new Eta({
  views: join(import.meta.dirname, '../../nginx'),
  autoEscape: false,
  cache: true,
})

/** The whole configuration of an nginx of our own. */
export function renderMainText(config: Config, input: MainTextInput): NginxText {
  const prefix = checkPath('SLIPWAY_DATA', managedPrefix(config))
  const workerUser = input.workerUser
  return withGeneration(input, (generation) =>
    templates.render('./main', {
      ...sharedValues(config, input),
      prefix,
      workerUser,
      workerShutdownSeconds: Math.ceil(config.limits.gitTimeoutMs / 1_000),
      accessLog: accessLogOf(config),
      vhosts: vhostsInclude(config),
      generation,
    }),
  )
}

/** What is included by the `http` block of the system's nginx. */
export function renderSharedText(config: Config, input: SharedTextInput): NginxText {
  return withGeneration(input, (generation) =>
    templates.render('./shared-vhost', {
      ...sharedValues(config, input),
      accessLog: accessLogOf(config),
      generation,
    }),
  )
}

/** The file of one project, for an nginx that has the shared text, too. */
export function renderVhostText(config: Config, input: SharedTextInput, vhost: Vhost): string {
  return templates.render('./own-vhost', {
    ...sharedValues(config, input),
    accessLog: accessLogOf(config),
    ...vhostValues(vhost),
  })
}

/** How an nginx of our own includes the files of projects. */
export function vhostsInclude(config: Config): string {
  return `include ${managedPrefix(config)}/vhosts/*.conf;`
}

/** Where an nginx of our own has its files. */
export function managedPrefix(config: Config): string {
  return join(config.dataDir, 'nginx')
}

function sharedValues(
  config: Config,
  { listen, entrance, tls = null, setsNamesHash = true }: SharedTextInput,
): object {
  return {
    setsNamesHash,
    listen: listen.map(checkAddress),
    tls: tls === null ? null : tlsValues(config, tls),
    headers: plainHeaders,
    entrance: entrance?.hosts.length ? entranceValues(config, entrance) : null,
    domain: config.frontendDomain,
    domainPattern: config.frontendDomain.replaceAll('.', '\\.'),
    hostsDir: checkPath('SLIPWAY_DATA', hostsFolder(config)),
    appsDir: checkPath('SLIPWAY_DATA', appsFolder(config)),
    storeDir: checkPath('NGINX_WWW_ROOT', appStoreFolder(config)),
    challengesDir: checkPath('SLIPWAY_DATA', challengesFolder(config)),
    backendUrl: checkBackendUrl(config.backendUrl),
  }
}

function tlsValues(
  config: Config,
  { listen, hasHttp2Directive, hasWildcard }: TlsTextInput,
): object {
  const { httpsPort, hstsSeconds } = config.nginx
  return {
    listen: listen.map(checkAddress),
    hasHttp2Directive,
    certificatesDir: checkPath('SLIPWAY_DATA', certificatesFolder(config)),
    hasWildcard,
    port: httpsPort === 443 ? '' : `:${httpsPort}`,
    hstsSeconds,
  }
}

function accessLogOf(config: Config): string {
  return config.nginx.mode === 'system'
    ? '/var/log/nginx/slipway.access.log'
    : `${managedPrefix(config)}/logs/access.log`
}

/** Equal texts are of one generation, so a server that starts again changes nothing. */
function withGeneration(
  { vhostsDigest = '' }: SharedTextInput,
  render: (generation: string) => string,
): NginxText {
  const hash = createHash('sha256').update(render('')).update(vhostsDigest)
  const generation = hash.digest('hex').slice(0, 32)
  return { text: render(generation), generation }
}

function checkPath(name: string, path: string): string {
  if (/^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+)+$/.test(path)) return path
  throw new SlipwayError('config_invalid', {
    name,
    value: path,
    expected: 'expected a folder whose name has only letters, digits and . _ -',
  })
}

function checkAddress(address: string): string {
  if (/^(?:(?:[0-9.]+|\[[0-9a-f:]+\]):)?[0-9]{1,5}$/.test(address)) return address
  throw new Error(`no address to listen on: ${address}`)
}

function checkBackendUrl(given: string): string {
  const url = URL.parse(given)
  if (url !== null && /^https?:\/\/[A-Za-z0-9.:[\]_-]+$/.test(given) && url.pathname === '/') {
    return given
  }
  throw new SlipwayError('config_invalid', {
    name: 'BACKEND_URL',
    value: given,
    expected: 'expected an http or https URL without a path',
  })
}
