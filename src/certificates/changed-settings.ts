/** What other settings than at the last start make of the certificates that are there. */
import { join } from 'node:path'
import type { CertificateStore } from '../contracts.ts'
import type { HostName } from '../domain/names.ts'
import { readTextIfAny, writeFileAtomically } from '../machine/files.ts'
import { hostOf } from './certificate-record.ts'
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
  const { store, folder, authority, wildcardDomain, now } = settings
  // A wildcard that nothing is served by any more, and hosts that one serves now.
  const unused = store
    .list()
    .map(({ name }) => name)
    .filter((name) => nameNow(name, wildcardDomain) !== name)
  if (unused.length > 0) store.removeAll(unused)
  const path = join(folder, 'authority')
  const before = await readTextIfAny(path)
  if (before === authority) return
  // Another authority has limits of its own, and signs what the one before has signed.
  if (before !== null) store.startAnew(now)
  await writeFileAtomically(path, `${authority}\n`)
}

function nameNow(name: CertificateName, wildcardDomain: HostName | null): CertificateName {
  return certificateNameOf(hostOf(name), wildcardDomain)
}
