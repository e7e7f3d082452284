/** The key by which variables are sealed: made at the first start, in a file of its own. */
import { randomBytes } from 'node:crypto'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { SlipwayError } from '../domain/errors.ts'
import { readTextIfAny, writeFileAtomically } from '../machine/files.ts'

/** Reads `<dataDir>/secret.key`, or makes it. Throws `secret_key_invalid`. */
export async function ensureSecretKey(dataDir: string): Promise<Buffer> {
  const path = join(dataDir, 'secret.key')
  const known = await readTextIfAny(path)
  if (known === null) {
    const key = randomBytes(32)
    await writeFileAtomically(path, `${key.toString('hex')}\n`, 0o600)
    return key
  }
  if (!/^[0-9a-f]{64}$/.test(known)) throw new SlipwayError('secret_key_invalid', { path })
  // One that came back from a backup may have any mode.
  await chmod(path, 0o600)
  return Buffer.from(known, 'hex')
}
