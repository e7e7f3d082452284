/** The group of nginx's workers, who read the keys at each handshake. */
import { readFile } from 'node:fs/promises'

/** Null where the server is not root: then nginx runs as the same user. */
export async function findNginxGroup(): Promise<number | null> {
  if (process.geteuid?.() !== 0) return null
  const groups = await readFile('/etc/group', 'utf8')
  const found = /^www-data:[^:]*:([0-9]+):/m.exec(groups)?.[1]
  return found === undefined ? null : Number(found)
}
