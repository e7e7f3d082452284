/**
 * Certificates of this machine's own. One root signs FRONTEND_DOMAIN and what is below it; each
 * domain that somebody else has registered has a root of its own, so that nobody who trusts one
 * trusts it for more.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { HostName } from '../domain/names.ts'
import type { Authority } from './acme-authority.ts'
import { markAuthority } from './authority-mark.ts'
import type { CertificateFiles } from './certificate-files.ts'
import { registeredOf } from './certificate-record.ts'
import { openLocalAuthority } from './local-authority.ts'
import { coveredNames, folderNameOf } from './names.ts'

const name = 'local'

/** It asks for no proof: whoever can start an order here is the server itself. */
export function createLocalSigning(folder: string, domain: HostName): Authority {
  return {
    name,
    issue: async ({ names, key = null }) => {
      const isOwn = names.every((one) => `.${one}`.endsWith(`.${domain}`))
      const { issue } = isOwn
        ? await openLocalAuthority(folder, domain)
        : await openForOthers(folder, registeredOf(names[0] ?? ''))
      return issue(names, key)
    },
    renewalWindow: () => Promise.resolve(null),
  }
}

/** Made before nginx starts, which then is told of it at once. */
export async function makeLocalWildcard(
  files: CertificateFiles,
  folder: string,
  domain: HostName,
): Promise<void> {
  const certificate = `*.${domain}` as const
  if ((await files.read(folderNameOf(certificate))) !== null) return
  const { issue } = await openLocalAuthority(folder, domain)
  const { chain, key } = await issue(coveredNames(certificate))
  const pair = { chain: markAuthority(chain, name), key }
  await files.write(folderNameOf(certificate), pair, coveredNames(certificate))
}

async function openForOthers(folder: string, domain: string) {
  const own = join(folder, name, domain)
  await mkdir(own, { recursive: true, mode: 0o711 })
  return openLocalAuthority(own, domain)
}
