/** Which certificate serves a host: its own, or the wildcard of the base domain. Pure. */
import type { CertificateRecord } from '../contracts.ts'
import type { HostName } from '../domain/names.ts'

export type CertificateName = CertificateRecord['name']

/** `wildcardDomain` is null where every host has a certificate of its own. */
export function certificateNameOf(
  host: HostName,
  wildcardDomain: HostName | null,
): CertificateName {
  if (wildcardDomain === null) return host
  const [, ...rest] = host.split('.')
  const isBelow = rest.join('.') === wildcardDomain || host === wildcardDomain
  return isBelow ? `*.${wildcardDomain}` : host
}

/** All names that the certificate is for. */
export function coveredNames(name: CertificateName): readonly string[] {
  return name.startsWith('*.') ? [name, name.slice(2)] : [name]
}

/** Its folder; nginx makes the same name of the host that a visitor asks for. */
export function folderNameOf(name: CertificateName): string {
  return name.replace(/^\*/, '_wildcard')
}
