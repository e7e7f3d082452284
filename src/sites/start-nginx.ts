/** Which nginx stands in front of the sites: Debian's, or one of our own. */
import type { Config } from '../config.ts'
import type { Entrance } from './entrance.ts'
import { allAddresses, loopbackAddresses } from './listen-addresses.ts'
import { createManagedNginx } from './managed-nginx.ts'
import type { Nginx } from './nginx.ts'
import { renderMainText, renderSharedText } from './render-nginx.ts'
import { createSystemNginx } from './system-nginx.ts'

/** Without an entrance it carries the sites only. */
export function createNginx(config: Config, entrance: Entrance | null): Nginx {
  const { mode, httpPort } = config.nginx
  if (mode === 'system') {
    const listen = allAddresses(httpPort)
    return createSystemNginx(config, () => renderSharedText(config, { listen, entrance }))
  }
  const workerUser = isRoot() ? 'www-data' : null
  const listen = loopbackAddresses(httpPort)
  return createManagedNginx(config, () => renderMainText(config, { listen, entrance, workerUser }))
}

export async function startNginx(config: Config, entrance: Entrance): Promise<Nginx> {
  const nginx = createNginx(config, entrance)
  await nginx.apply()
  return nginx
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}
