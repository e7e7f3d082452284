/** One order of one certificate: proved, issued, entered into the ledger, and put where nginx reads. */
import { limits } from '../config.ts'
import type { ProjectId } from '../domain/names.ts'
import type { Authority, ChallengeSolver } from './acme-authority.ts'
import { AcmeError } from './acme-error.ts'
import { markAuthority } from './authority-mark.ts'
import type { CertificateFiles, ReadCertificate } from './certificate-files.ts'
import type { KeptLedger } from './kept-ledger.ts'
import { type CertificateName, coveredNames, folderNameOf } from './names.ts'

/** The authority was asked for nothing, since it would have refused. */
export class PreflightError extends Error {
  override readonly name = 'PreflightError'
}

export interface OrderParts {
  readonly files: CertificateFiles
  readonly authority: Authority
  /** A wildcard can only be proved by DNS. */
  readonly solverOf: (name: CertificateName) => ChallengeSolver
  /** Throws with a sentence where an order could not succeed; spends nothing of the limits. */
  readonly preflight: (name: CertificateName, signal: AbortSignal) => Promise<void>
  readonly ledger: KeptLedger
  /** Ends the order, which is then entered nowhere. */
  readonly ending: AbortSignal
}

export interface CertificateOrder {
  readonly name: CertificateName
  readonly projectId: ProjectId | null
  /** The ARI id of the certificate that this one comes after. */
  readonly replaces: string | null
  /**
   * What visitors get now; null where they get nothing. Its key stays: nginx opens the certificate
   * and then the key, and between the two they may be exchanged.
   */
  readonly served: ReadCertificate | null
  /** Of what this authority has issued before. */
  readonly isRenewal: boolean
}

export async function orderCertificate(
  { authority, files, solverOf, preflight, ledger, ending }: OrderParts,
  { name, projectId, replaces, served, isRenewal }: CertificateOrder,
): Promise<ReadCertificate> {
  const names = coveredNames(name)
  const entry = { names, projectId, isRenewal }
  const signal = AbortSignal.any([ending, AbortSignal.timeout(limits.certificateOrderTimeoutMs)])
  await preflight(name, signal).catch((error: unknown) => {
    throw new PreflightError(error instanceof Error ? error.message : String(error))
  })
  let pair
  try {
    const key = served?.key ?? null
    pair = await authority.issue({ names, solver: solverOf(name), replaces, key, signal })
  } catch (error) {
    // Who could not be reached, or would not listen, counted nothing.
    const isCounted = !(error instanceof AcmeError && uncounted.includes(error.type))
    if (isCounted && !ending.aborted) ledger.enter({ ...entry, outcome: 'failed' })
    throw error
  }
  ledger.enter({ ...entry, outcome: 'issued' })
  const chain = markAuthority(pair.chain, authority.name)
  await files.write(folderNameOf(name), { ...pair, chain }, names)
  const written = await files.read(folderNameOf(name))
  if (written === null) throw new Error('the certificate was written, and can not be read')
  return written
}

const uncounted = ['network', 'serverInternal', 'rateLimited']
