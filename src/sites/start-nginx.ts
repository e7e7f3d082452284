/** Which nginx stands in front of the sites: Debian's, or one of our own. */
import { existsSync } from 'node:fs'
import { type Config, wildcardDomainOf } from '../config.ts'
import type { Slug } from '../domain/names.ts'
import { runCommand } from '../machine/run-command.ts'
import type { Entrance } from './entrance.ts'
import { allAddresses, loopbackAddresses } from './listen-addresses.ts'
import { createManagedNginx } from './managed-nginx.ts'
import type { Nginx } from './nginx.ts'
import {
  renderMainText,
  renderSharedText,
  renderVhostText,
  type SharedTextInput,
} from './render-nginx.ts'
import { wildcardFile } from './site-folders.ts'
import { createSystemNginx } from './system-nginx.ts'
import { openVhostFiles } from './vhosts/vhost-files.ts'
import { openVhostRecords } from './vhosts/vhost-records.ts'
import { Vhosts } from './vhosts/vhosts.ts'

/** With the files of projects that it reads beside our own. */
export interface SitesNginx extends Nginx {
  readonly vhosts: Vhosts
}

const noLog = (): void => undefined

export interface NginxOptions {
  readonly setsNamesHash?: boolean
  readonly hasHttp2Directive?: boolean
  /** Gets what went wrong while nobody waited for it. */
  readonly logError?: (message: string, error: unknown) => void
}

/** Without an entrance it carries the sites only. */
export function createNginx(
  config: Config,
  entrance: Entrance | null,
  { hasHttp2Directive = false, setsNamesHash = true, logError = noLog }: NginxOptions = {},
): SitesNginx {
  const { mode, httpPort, httpsPort } = config.nginx
  const addresses = mode === 'system' ? allAddresses : loopbackAddresses
  const isEncrypted = config.acme.directory !== 'off'
  const files = openVhostFiles(config)
  const chooseInput = (): SharedTextInput => {
    const listen = addresses(httpsPort)
    const tls = { listen, hasHttp2Directive, hasWildcard: isWildcardThere(config) }
    const vhostsDigest = files.digest()
    const shared = { listen: addresses(httpPort), entrance, setsNamesHash, vhostsDigest }
    return { ...shared, tls: isEncrypted ? tls : null }
  }
  const workerUser = isRoot() ? 'www-data' : null
  const nginx =
    mode === 'system'
      ? createSystemNginx(config, () => renderSharedText(config, chooseInput()))
      : createManagedNginx(config, () => renderMainText(config, { ...chooseInput(), workerUser }))
  const vhosts = new Vhosts({
    limits: config.limits,
    nginx,
    files,
    records: openVhostRecords(config),
    render: (vhost) => renderVhostText(config, chooseInput(), vhost),
    logError,
  })
  const stop = async (): Promise<void> => {
    vhosts.end()
    await nginx.stop()
    await vhosts.settle()
  }
  return { ...nginx, vhosts, stop, [Symbol.asyncDispose]: stop }
}

/** `isProject` tells whether there is still one of that name. */
export async function startNginx(
  config: Config,
  entrance: Entrance,
  started: Pick<NginxOptions, 'logError'> & { readonly isProject: (slug: Slug) => boolean },
): Promise<SitesNginx> {
  const nginx = createNginx(config, entrance, {
    ...started,
    hasHttp2Directive: await knowsHttp2Directive(config),
    setsNamesHash: !(await isNamesHashSet(config)),
  })
  await nginx.vhosts.mend(started.isProject)
  await applyWhatIsTaken(nginx)
  return nginx
}

/** A project's file that nginx does not take costs that project its rules, and no site its nginx. */
export async function applyWhatIsTaken(nginx: Pick<SitesNginx, 'apply' | 'vhosts'>): Promise<void> {
  for (;;) {
    try {
      await nginx.apply()
      return
    } catch (error) {
      if (!(await nginx.vhosts.setAside(error))) throw error
    }
  }
}

/** By others than us, beside whose files ours are. */
async function isNamesHashSet({ nginx, limits }: Config): Promise<boolean> {
  if (nginx.mode !== 'system') return false
  const asked = { program: 'nginx', args: ['-T', '-q'], timeoutMs: 3 * limits.nginxTimeoutMs }
  const told = await runCommand(asked).then(
    ({ stdout }) => stdout.toString('utf8'),
    () => '',
  )
  return findNamesHash(told)
}

/** In what `nginx -T` prints: every file, below a line with its name. */
export function findNamesHash(printed: string): boolean {
  const files = printed.split(/^# configuration file (?=.*:$)/m)
  const ofOthers = files.filter((file) => !/^\S*\/slipway[^/\s]*:\n/.test(file))
  return ofOthers.some((file) => /^\s*server_names_hash_(?:bucket|max)_size\s/m.test(file))
}

/** nginx 1.25.1 made a directive of what was a word of `listen` before. */
async function knowsHttp2Directive({ acme, limits }: Config): Promise<boolean> {
  if (acme.directory === 'off') return false
  const asked = { program: 'nginx', args: ['-v'], timeoutMs: limits.nginxTimeoutMs }
  // Where nginx is missing, its start says so.
  const told = await runCommand(asked).then(
    ({ stderr }) => stderr,
    () => '',
  )
  return hasHttp2Directive(told)
}

/** By what `nginx -v` prints, such as `nginx version: nginx/1.22.1`. */
export function hasHttp2Directive(printed: string): boolean {
  const [, major = 0, minor = 0, patch = 0] = (
    /nginx\/([0-9]+)\.([0-9]+)\.([0-9]+)/.exec(printed) ?? []
  ).map(Number)
  return major * 1_000_000 + minor * 1_000 + patch >= 1_025_001
}

function isWildcardThere(config: Config): boolean {
  const domain = wildcardDomainOf(config)
  return domain !== null && existsSync(wildcardFile(config, domain))
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}
