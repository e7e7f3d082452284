/**
 * What a wildcard that is renewed no more does for the hosts it was for: its certificate is that of
 * each which has none, until it has its own. So nobody is without https for a change of the settings.
 */
import type { CertificateStore } from '../contracts.ts'
import type { HostName } from '../domain/names.ts'
import type { CertificateFiles } from './certificate-files.ts'
import { unknownRecord } from './certificate-record.ts'
import { certificateNameOf, folderNameOf } from './names.ts'

export interface LendParts {
  readonly store: CertificateStore
  readonly files: CertificateFiles
  /** Whose wildcard it was. */
  readonly domain: HostName
  /** What another one has signed may be trusted by nobody. */
  readonly authority: string
  readonly now: Date
}

/** To be called before nginx forgets the wildcard. */
export async function lendWildcard(
  { store, files, domain, authority, now }: LendParts,
  hosts: AsyncIterable<HostName>,
): Promise<void> {
  const wildcard = certificateNameOf(domain, domain)
  const lent = await files.read(folderNameOf(wildcard))
  if (lent === null || lent.notAfter <= now) return
  if (lent.authority !== null && lent.authority !== authority) return
  const { notBefore, notAfter } = lent
  for await (const host of hosts) {
    if (certificateNameOf(host, domain) !== wildcard || store.find(host) !== null) continue
    const own = await files.read(host)
    if (own !== null && own.notAfter > now) continue
    await files.lend(folderNameOf(wildcard), host)
    store.save({ ...unknownRecord(host), notBefore, notAfter, renewAt: now, nextTry: now })
  }
}
