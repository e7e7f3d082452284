/** What other settings than at the last start make of the certificates that are there. */
import { join } from 'node:path'
import type { CertificateStore } from '../contracts.ts'
import type { HostName } from '../domain/names.ts'
import { readTextIfAny, writeFileAtomically } from '../machine/files.ts'
import { hostOf, isServed } from './certificate-record.ts'
import { type CertificateName, certificateNameOf } from './names.ts'

export interface ChangedSettings {
  readonly store: CertificateStore
  /** Of the ACME account. */
  readonly folder: string
  /** Its directory, or `local`. */
  readonly authority: string
  readonly wildcardDomain: HostName | null
  readonly now: Date
}

export async function settleSettings(settings: ChangedSettings): Promise<void> {
  const { store, folder, authority, now } = settings
  forgetUnused(settings)
  const path = join(folder, 'authority')
  const before = await readTextIfAny(path)
  if (before === authority) return
  // Another authority has limits of its own, and signs what the one before has signed.
  if (before !== null) store.startAnew(now)
  await writeFileAtomically(path, `${authority}\n`)
}

/**
 * Forgets a wildcard that nothing is served by any more, and the hosts that one serves now. Those
 * that have a certificate of their own go on by it, and have it renewed, until the wildcard is there.
 */
export function forgetUnused({
  store,
  wildcardDomain,
  now,
}: Pick<ChangedSettings, 'store' | 'wildcardDomain' | 'now'>): void {
  const wildcard = wildcardDomain === null ? null : store.find(`*.${wildcardDomain}`)
  const isThere = isServed(wildcard, now)
  const unused = store
    .list()
    .filter(({ name }) => nameNow(name, wildcardDomain) !== name)
    .filter((record) => isThere || record.name.startsWith('*.') || !isServed(record, now))
  if (unused.length > 0) store.removeAll(unused.map(({ name }) => name))
}

function nameNow(name: CertificateName, wildcardDomain: HostName | null): CertificateName {
  return certificateNameOf(hostOf(name), wildcardDomain)
}
