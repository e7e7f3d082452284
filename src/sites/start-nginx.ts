/** Which nginx stands in front of the sites: Debian's, or one of our own. */
import type { Config } from '../config.ts'
import { createManagedNginx } from './managed-nginx.ts'
import type { Nginx } from './nginx.ts'
import { createSystemNginx } from './system-nginx.ts'

export function createNginx(config: Config): Nginx {
  return config.nginx.mode === 'managed' ? createManagedNginx(config) : createSystemNginx(config)
}

export async function startNginx(config: Config): Promise<Nginx> {
  const nginx = createNginx(config)
  await nginx.apply()
  return nginx
}
