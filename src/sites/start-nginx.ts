/** Which nginx stands in front of the sites: Debian's, or one of our own. */
import { existsSync } from 'node:fs'
import { type Config, wildcardDomainOf } from '../config.ts'
import { runCommand } from '../machine/run-command.ts'
import type { Entrance } from './entrance.ts'
import { allAddresses, loopbackAddresses } from './listen-addresses.ts'
import { createManagedNginx } from './managed-nginx.ts'
import type { Nginx } from './nginx.ts'
import { renderMainText, renderSharedText, type SharedTextInput } from './render-nginx.ts'
import { wildcardFile } from './site-folders.ts'
import { createSystemNginx } from './system-nginx.ts'

/** Without an entrance it carries the sites only. */
export function createNginx(
  config: Config,
  entrance: Entrance | null,
  hasHttp2Directive = false,
): Nginx {
  const { mode, httpPort, httpsPort } = config.nginx
  const addresses = mode === 'system' ? allAddresses : loopbackAddresses
  const isEncrypted = config.acme.directory !== 'off'
  const chooseInput = (): SharedTextInput => {
    const listen = addresses(httpsPort)
    const tls = { listen, hasHttp2Directive, hasWildcard: isWildcardThere(config) }
    return { listen: addresses(httpPort), entrance, tls: isEncrypted ? tls : null }
  }
  if (mode === 'system') {
    return createSystemNginx(config, () => renderSharedText(config, chooseInput()))
  }
  const workerUser = isRoot() ? 'www-data' : null
  return createManagedNginx(config, () => renderMainText(config, { ...chooseInput(), workerUser }))
}

export async function startNginx(config: Config, entrance: Entrance): Promise<Nginx> {
  const nginx = createNginx(config, entrance, await knowsHttp2Directive(config))
  await nginx.apply()
  return nginx
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
