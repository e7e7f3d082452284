/** Names that no public authority signs, whoever asks: to ask costs one of the few failures. */
import { parse } from 'tldts'
import type { CertificateName } from './names.ts'

export function requirePublicName(name: CertificateName): void {
  const host = name.replace(/^\*\./, '')
  const { isIcann, isPrivate, domain } = parse(host, { allowPrivateDomains: true })
  if (domain !== null && (isIcann === true || isPrivate === true)) return
  throw new Error(
    `no public authority signs ${host}, since nobody can register it; ` +
      'set FRONTEND_DOMAIN to a domain of yours, or ACME_DIRECTORY to local or off',
  )
}
