/**
 * The user that runs strangers' code: never root, not even inside a sandbox, since bubblewrap that
 * root started makes files of root's on the host.
 */
import { readFileSync } from 'node:fs'
import { SlipwayError } from '../domain/errors.ts'
import type { RunAs } from '../machine/run-command.ts'

/** Made by the installer; a server without it takes a number that belongs to nobody. */
const builderName = 'slipway-builder'
const nobodysId = 64_100

/** Null where the server is no root: then builds run as the server's own user. */
export function chooseBuildUser(): RunAs | null {
  if (process.geteuid?.() !== 0) return null
  return (
    findUser(readFileSync('/etc/passwd', 'utf8'), builderName) ?? { uid: nobodysId, gid: nobodysId }
  )
}

/** Throws `sandbox_unavailable` where builds would run as root. */
export function refuseRoot(buildUser: RunAs | null): void {
  const uid = buildUser?.uid ?? process.geteuid?.()
  const gid = buildUser?.gid ?? process.getegid?.()
  if (uid === 0 || gid === 0) {
    throw new SlipwayError('sandbox_unavailable', { problem: 'they would run as root.' })
  }
}

function findUser(passwd: string, name: string): RunAs | null {
  const found = passwd.split('\n').find((line) => line.startsWith(`${name}:`))
  const [uid, gid] = (found ?? '').split(':').slice(2, 4).map(Number)
  return uid !== undefined && gid !== undefined && uid > 0 && gid > 0 ? { uid, gid } : null
}
