/** What visitors of a host get, looked at before another is ordered; what is of no use is put away. */
import type { CertificateRecord } from '../contracts.ts'
import type { CertificateFiles, ReadCertificate } from './certificate-files.ts'
import { folderNameOf } from './names.ts'

export interface Served {
  /** Null where visitors get none. */
  readonly served: ReadCertificate | null
  /**
   * Of another authority, such as one for trying things out, which browsers may not trust; or lent by
   * a wildcard that is renewed no more.
   */
  readonly isForeign: boolean
  /** Whether this authority has signed the name before. */
  readonly isRenewal: boolean
}

export async function findServed(
  files: CertificateFiles,
  { name, notAfter, reason }: CertificateRecord,
  { now, authority }: { readonly now: Date; readonly authority: string },
): Promise<Served> {
  const folder = folderNameOf(name)
  if (notAfter === null && reason === null) await files.takeBack(folder)
  const found = await files.read(folder)
  // Such as one from before a wildcard: who has no other is visited by http.
  const isLeftOver = found !== null && notAfter === null && found.notAfter <= now
  const served = isLeftOver ? null : found
  if (served === null) await files.putAway(folder)
  const signedBy = found?.authority ?? null
  const isForeign = signedBy !== null && (signedBy !== authority || isLent(found, name))
  return { served, isForeign, isRenewal: found !== null && !isForeign }
}

function isLent(found: ReadCertificate | null, name: string): boolean {
  return !name.startsWith('*.') && (found?.certificate.subjectAltName ?? '').includes('DNS:*.')
}
