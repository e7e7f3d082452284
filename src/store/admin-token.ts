/** The operator's first token: made once, kept in a file that only the operator can read. */
import { join } from 'node:path'
import type { TokenStore } from '../contracts.ts'
import { readTextIfAny, writeFileAtomically } from '../machine/files.ts'

/** Answers the file's path. A file whose token is not valid any more gets a new one. */
export async function ensureAdminToken(dataDir: string, tokens: TokenStore): Promise<string> {
  const path = join(dataDir, 'admin-token')
  const known = await readTextIfAny(path)
  if (known === null || tokens.verify(known) === null) {
    const wish = { projectId: null, scope: 'admin', name: 'admin', expiresAt: null } as const
    await writeFileAtomically(path, `${tokens.create(wish).secret.reveal()}\n`, 0o600)
  }
  return path
}
