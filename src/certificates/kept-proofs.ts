/**
 * The proofs that stand in a zone now, each noted in a file before it is set: what a server has left
 * that went away in the middle of an order is taken away by the next one.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readTextIfAny, writeFileAtomically } from '../machine/files.ts'
import type { DnsProvider } from './dns-provider.ts'

export interface KeptProofsParts {
  readonly provider: DnsProvider
  readonly folder: string
  readonly timeoutMs: number
  readonly logError: (message: string, error: unknown) => void
}

/** What was left is being taken away when this resolves; no proof is set before that is done. */
export async function keepProofs(parts: KeptProofsParts): Promise<DnsProvider> {
  const { provider, folder } = parts
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const left = await readdir(folder)
  const cleaning = removeLeft(parts, left)
  return {
    present: async (name, value, signal) => {
      await cleaning
      await writeFileAtomically(noteOf(folder, name, value), `${name} ${value}\n`, 0o600)
      await provider.present(name, value, signal)
    },
    cleanUp: async (name, value, signal) => {
      await provider.cleanUp(name, value, signal)
      await rm(noteOf(folder, name, value), { force: true })
    },
  }
}

async function removeLeft(
  { provider, folder, timeoutMs, logError }: KeptProofsParts,
  files: readonly string[],
): Promise<void> {
  for (const file of files) {
    try {
      const [name = '', value = ''] = ((await readTextIfAny(join(folder, file))) ?? '').split(' ')
      if (value !== '') await provider.cleanUp(name, value.trim(), AbortSignal.timeout(timeoutMs))
      await rm(join(folder, file), { force: true })
    } catch (error) {
      logError('the proof of an order that was cut short is still in the zone', error)
    }
  }
}

function noteOf(folder: string, name: string, value: string): string {
  return join(folder, createHash('sha256').update(`${name} ${value}`).digest('hex'))
}
