/**
 * One certificate authority by ACME (RFC 8555): an account that is kept, orders, and renewal
 * information (RFC 9773). Decides nothing of when: that is the schedule's.
 */
import 'reflect-metadata'
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  AuthorityKeyIdentifierExtension,
  X509Certificate as ParsedCertificate,
} from '@peculiar/x509'
import { axios, Client, crypto } from 'acme-client'
import type { Authorization, Order } from 'acme-client'
import { limits } from '../config.ts'
import { hasErrorCode, writeFileAtomically } from '../machine/files.ts'
import { AcmeError, readProblem, readRetryAfterMs } from './acme-error.ts'
import type { KeyPair } from './certificate-files.ts'

/** Puts the proof where the authority looks, and takes it away again. */
export interface ChallengeSolver {
  readonly type: 'http-01' | 'dns-01'
  /** `proof` is the key authorization of HTTP-01, or the TXT value of DNS-01. */
  readonly present: (challenge: SolvedChallenge, signal: AbortSignal) => Promise<void>
  readonly cleanUp: (challenge: SolvedChallenge, signal: AbortSignal) => Promise<void>
}

export interface SolvedChallenge {
  /** Without `*.`. */
  readonly host: string
  readonly token: string
  readonly proof: string
}

export interface IssueRequest {
  readonly names: readonly string[]
  readonly solver: ChallengeSolver
  /** The ARI id of the certificate that this one comes after. */
  readonly replaces: string | null
  /** PEM of the key that the certificate is for; null or left out: a new one. */
  readonly key?: string | null
  readonly signal: AbortSignal
}

export interface RenewalWindow {
  readonly start: Date
  readonly end: Date
  /** For how long the authority is not to be asked again; null where it does not say. */
  readonly retryAfterMs: number | null
}

export interface Authority {
  /** Its directory, or `local`. */
  readonly name: string
  /** Throws an AcmeError; no proof is left behind then either. */
  readonly issue: (request: IssueRequest) => Promise<KeyPair>
  /** When the authority would like the certificate to be renewed; null where it has no say. */
  readonly renewalWindow: (chain: string) => Promise<RenewalWindow | null>
}

export interface AcmeAuthorityParts {
  readonly directory: string
  readonly email: string
  /** Where the account's key is kept. */
  readonly folder: string
}

export function createAcmeAuthority(parts: AcmeAuthorityParts): Authority {
  let account: Promise<Client> | null = null
  const openClient = (): Promise<Client> => {
    account ??= openAccount(parts)
    account.catch(() => {
      account = null
    })
    return account
  }
  return {
    name: parts.directory,
    issue: async (request) => {
      try {
        return await issue(await openClient(), request)
      } catch (error) {
        // An authority that has forgotten the account gets a new one at the next try.
        if (error instanceof AcmeError && error.type === 'accountDoesNotExist') account = null
        throw error
      }
    },
    renewalWindow: async (chain) => {
      const { data: directory } = await axios.get<Readonly<Record<string, unknown>>>(
        parts.directory,
      )
      const url = directory['renewalInfo']
      const id = renewalId(chain)
      if (typeof url !== 'string' || id === null) return null
      const { data, headers } = await axios.get<unknown>(`${url.replace(/\/$/, '')}/${id}`)
      return readWindow(data, readRetryAfterMs(headers['retry-after'], Date.now()))
    },
  }
}

/** RFC 9773, section 4.1; null where the certificate names no key of its issuer. */
export function renewalId(chain: string): string | null {
  const certificate = new ParsedCertificate(chain)
  const issuer = certificate.getExtension(AuthorityKeyIdentifierExtension)?.keyId
  if (issuer === undefined) return null
  // As DER writes an integer: a first bit that is set would make it negative.
  const digits = new X509Certificate(chain).serialNumber.toLowerCase()
  const even = digits.length % 2 === 0 ? digits : `0${digits}`
  const serial = Buffer.from(/^[89a-f]/.test(even) ? `00${even}` : even, 'hex')
  return `${Buffer.from(issuer, 'hex').toString('base64url')}.${serial.toString('base64url')}`
}

function readWindow(data: unknown, retryAfterMs: number | null): RenewalWindow | null {
  if (typeof data !== 'object' || data === null || !('suggestedWindow' in data)) return null
  const { start, end } = { start: '', end: '', ...(data.suggestedWindow as object) }
  const window = { start: new Date(start), end: new Date(end), retryAfterMs }
  const isReal = window.start.getTime() <= window.end.getTime()
  return isReal ? window : null
}

async function openAccount({ directory, email, folder }: AcmeAuthorityParts): Promise<Client> {
  const accountKey = await readAccountKey(folder)
  const client = new Client({
    directoryUrl: directory,
    accountKey,
    backoffAttempts: limits.acmePollsMax,
    backoffMin: limits.acmePollMinMs,
    backoffMax: limits.acmePollMaxMs,
  })
  // The same key finds the same account (RFC 8555, section 7.3.1).
  await client.createAccount({ termsOfServiceAgreed: true, contact: [`mailto:${email}`] })
  return client
}

async function readAccountKey(folder: string): Promise<string> {
  const path = join(folder, 'account.key')
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (!hasErrorCode(error, 'ENOENT')) throw error
    const made = (await crypto.createPrivateEcdsaKey('P-256')).toString()
    await writeFileAtomically(path, made, 0o600)
    return made
  }
}

async function issue(client: Client, request: IssueRequest): Promise<KeyPair> {
  const { signal } = request
  const order = await createOrder(client, request)
  for (const authorization of await client.getAuthorizations(order)) {
    signal.throwIfAborted()
    if (authorization.status !== 'valid') await authorize(client, authorization, request)
  }
  const { finalized, key } = await finalize(client, order, request)
  return { chain: await client.getCertificate(finalized), key }
}

async function finalize(
  client: Client,
  order: Order,
  { names, key: known }: IssueRequest,
): Promise<{ readonly finalized: Order; readonly key: string }> {
  const finalizeBy = async (key: string) => {
    // No common name: it is deprecated, and has room for 64 characters only.
    const [, csr] = await crypto.createCsr({ altNames: [...names] }, key)
    return { finalized: await client.finalizeOrder(order, csr), key }
  }
  try {
    if (known !== undefined && known !== null) return await finalizeBy(known)
  } catch (error) {
    // Somebody has reported the key; the order still waits for another one (RFC 8555, section 7.4).
    const isRefused = error instanceof AcmeError && ['badCSR', 'badPublicKey'].includes(error.type)
    if (!isRefused) throw error
  }
  return finalizeBy((await crypto.createPrivateEcdsaKey('P-256')).toString())
}

async function createOrder(client: Client, request: IssueRequest): Promise<Order> {
  const identifiers = request.names.map((value) => ({ type: 'dns', value }))
  if (request.replaces === null) return client.createOrder({ identifiers })
  const renewal = { identifiers, replaces: request.replaces }
  try {
    return await client.createOrder(renewal)
  } catch (error) {
    // It was renewed already, or the authority knows it no more: then it is an order like any other.
    const isMalformed =
      error instanceof AcmeError && ['alreadyReplaced', 'malformed'].includes(error.type)
    if (!isMalformed) throw error
    return client.createOrder({ identifiers })
  }
}

async function authorize(
  client: Client,
  authorization: Authorization,
  { solver, signal }: IssueRequest,
): Promise<void> {
  const challenge = authorization.challenges.find(({ type }) => type === solver.type)
  const host = authorization.identifier.value
  if (challenge === undefined) {
    const detail = `it offers no ${solver.type} for ${host}`
    throw new AcmeError({ type: 'unsupported', detail, retryAfterMs: null })
  }
  const proof = await client.getChallengeKeyAuthorization(challenge)
  const solved = { host, token: challenge.token, proof }
  try {
    await solver.present(solved, signal)
    signal.throwIfAborted()
    await client.completeChallenge(challenge)
    await client.waitForValidStatus(challenge)
  } catch (error) {
    throw (await readChallengeError(client, authorization, challenge.url)) ?? error
  } finally {
    await solver.cleanUp(solved, AbortSignal.timeout(limits.acmeRequestTimeoutMs)).catch(() => null)
  }
}

/** acme-client says that it failed; the authorization says why. */
async function readChallengeError(
  client: Client,
  authorization: Authorization,
  challengeUrl: string,
): Promise<AcmeError | null> {
  try {
    const order = { authorizations: [authorization.url] } as unknown as Order
    const [now] = await client.getAuthorizations(order)
    const failed = now?.challenges.find(({ url }) => url === challengeUrl)?.error
    return failed === undefined
      ? null
      : new AcmeError({ ...readProblem(failed), retryAfterMs: null })
  } catch {
    return null
  }
}
