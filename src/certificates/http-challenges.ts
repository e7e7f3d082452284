/**
 * HTTP-01 (RFC 8555, section 8.3): one file a token, in the folder that nginx shows below
 * `/.well-known/acme-challenge/` on every host, before any redirect.
 */
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { hasErrorCode, writeFileAtomically } from '../machine/files.ts'
import type { ChallengeSolver } from './acme-authority.ts'

export function createHttpSolver(folder: string): ChallengeSolver {
  return {
    type: 'http-01',
    present: async ({ token, proof }) => {
      await mkdir(folder, { recursive: true, mode: 0o755 })
      await writeFileAtomically(tokenFile(folder, token), proof, 0o644)
    },
    cleanUp: async ({ token }) => {
      await rm(tokenFile(folder, token), { force: true })
    },
  }
}

/** Those of a server that went away in the middle of an order; nobody asks for them any more. */
export async function removeChallenges(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (hasErrorCode(error, 'ENOENT')) return []
    throw error
  })
  for (const name of names) await rm(join(folder, name), { recursive: true, force: true })
}

function tokenFile(folder: string, token: string): string {
  if (!/^[A-Za-z0-9_-]{8,256}$/.test(token)) throw new Error('the authority sent an odd token')
  return join(folder, token)
}
