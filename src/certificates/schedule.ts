/**
 * The job that gets certificates and keeps them renewed, beside the deployments. What it knows is
 * in the store, so that a start of the server changes nothing; what is due is tried, a few at once.
 */
import { limits } from '../config.ts'
import type {
  CertificateRecord,
  Certificates,
  CertificateState,
  CertificateStore,
} from '../contracts.ts'
import type { HostName } from '../domain/names.ts'
import type { Authority, ChallengeSolver, RenewalWindow } from './acme-authority.ts'
import { renewalId } from './acme-authority.ts'
import { AcmeError } from './acme-error.ts'
import type { CertificateFiles, ReadCertificate } from './certificate-files.ts'
import { hostOf, registeredOf, toCertificateState, unknownRecord } from './certificate-record.ts'
import { findLedgerWait, ledgerMemoryMs, type LedgerWish } from './ledger.ts'
import { type CertificateName, certificateNameOf, coveredNames, folderNameOf } from './names.ts'
import { chooseRenewalTime, chooseRetryDelayMs } from './renewal.ts'

export interface ScheduleParts {
  readonly store: CertificateStore
  readonly files: CertificateFiles
  readonly authority: Authority
  /** A wildcard can only be proved by DNS. */
  readonly solverOf: (name: CertificateName) => ChallengeSolver
  readonly wildcardDomain: HostName | null
  /** Throws with a sentence where an order could not succeed; spends nothing of the limits. */
  readonly preflight: (name: CertificateName, signal: AbortSignal) => Promise<void>
  /** False where no limits of a public authority are to be kept. */
  readonly isLimited: boolean
  readonly logError: (message: string, error: unknown) => void
  readonly now?: () => Date
  readonly random?: () => number
}

/** Also the longest that a certificate goes without the authority being asked about it. */
const checkMs = 6 * 3_600_000
const timerMaxMs = 3_600_000

export class CertificateSchedule implements Certificates, AsyncDisposable {
  readonly #parts: Required<ScheduleParts>
  readonly #ending = new AbortController()
  readonly #running = new Map<string, Promise<void>>()
  readonly #listeners = new Set<(name: CertificateName) => void>()
  #timer: NodeJS.Timeout | null = null

  constructor(parts: ScheduleParts) {
    this.#parts = { now: () => new Date(), random: Math.random, ...parts }
  }

  stateOf(host: HostName): CertificateState {
    return toCertificateState(host, this.#parts.store.find(this.#nameOf(host)), this.#parts.now())
  }

  request(host: HostName): void {
    const name = this.#nameOf(host)
    if (this.#parts.store.find(name) === null) {
      this.#parts.store.save({ ...unknownRecord(name), nextTry: this.#parts.now() })
    }
    this.wake()
  }

  retry(host: HostName): void {
    const known = this.#parts.store.find(this.#nameOf(host))
    if (known !== null) this.#parts.store.save({ ...known, nextTry: this.#parts.now() })
    this.wake()
  }

  /** The wildcard is everybody's. */
  forget(host: HostName): void {
    const name = this.#nameOf(host)
    if (!name.startsWith('*.')) this.#parts.store.remove(name)
  }

  list(): readonly CertificateState[] {
    return this.#parts.store
      .list()
      .map((record) => toCertificateState(hostOf(record.name), record, this.#parts.now()))
  }

  /** Told when a certificate was written that visitors get from now on. */
  onIssued(listener: (name: CertificateName) => void): void {
    this.#listeners.add(listener)
  }

  /** To be called at the start. */
  wake(): void {
    this.#arm(0)
  }

  /** What is served must still be there, and be whole; else it is due at once. */
  async checkFiles(): Promise<void> {
    const { store, files, now } = this.#parts
    for (const { name, notAfter } of store.list()) {
      if (this.#ending.signal.aborted) return
      if (notAfter === null || (await files.read(folderNameOf(name))) !== null) continue
      const known = store.find(name)
      if (known !== null) store.save({ ...known, nextTry: now() })
    }
    this.wake()
  }

  /** Tries all that is due by now, and answers when that is done. */
  async tryDue(): Promise<void> {
    while (this.#begin() || this.#running.size > 0) await Promise.race(this.#running.values())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort()
    if (this.#timer !== null) clearTimeout(this.#timer)
    await Promise.all(this.#running.values())
  }

  #arm(delayMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.#ending.signal.aborted) return
    this.#timer = setTimeout(() => {
      this.#turn()
    }, delayMs).unref()
  }

  #turn(): void {
    try {
      this.#begin()
      const next = this.#parts.store.nextTry()
      const delayMs = next === null ? timerMaxMs : next.getTime() - this.#parts.now().getTime()
      // What is due and does not run yet waits for one that does, which wakes us.
      if (delayMs > 0 || this.#running.size === 0)
        this.#arm(Math.min(Math.max(delayMs, 1_000), timerMaxMs))
    } catch (error) {
      this.#parts.logError('certificates can not be read from the database', error)
      this.#arm(60_000)
    }
  }

  /** Answers whether any was begun. */
  #begin(): boolean {
    if (this.#ending.signal.aborted) return false
    const room = limits.certificateOrdersMax - this.#running.size
    const due = this.#parts.store
      .due(this.#parts.now(), limits.certificateOrdersMax * 2)
      .filter(({ name }) => !this.#running.has(name))
      .slice(0, room)
    for (const record of due) {
      const running = this.#try(record)
        .catch((error: unknown) => {
          this.#parts.logError(`the certificate of ${record.name} could not be tried`, error)
        })
        .finally(() => {
          this.#running.delete(record.name)
          this.wake()
        })
      this.#running.set(record.name, running)
    }
    return due.length > 0
  }

  /** One turn of one certificate: nothing to do yet, a wait, a success or a failure; all recorded. */
  async #try(record: CertificateRecord): Promise<void> {
    const { store, files, now, random } = this.#parts
    const { name } = record
    const served = await files.read(folderNameOf(name))
    const window = served === null ? null : await this.#askWindow(served)
    const known = await this.#settleServed(record, served, window)
    if (known.renewAt !== null && known.renewAt > now()) {
      const next = Math.min(known.renewAt.getTime(), now().getTime() + checkMs)
      save(store, { ...known, nextTry: new Date(next) })
      return
    }
    const replaces =
      window === null || served === null ? null : renewalId(served.certificate.toString())
    const renewal = replaces !== null ? 'replaces' : served !== null ? 'same-names' : 'none'
    const wait = this.#findWait(name, renewal)
    if (wait !== null) {
      const reason = `${wait.reason}; it goes on at ${wait.until.toISOString()}`
      save(store, { ...known, reason, nextTry: wait.until })
      return
    }
    try {
      const issued = await this.#issue(name, { replaces, isRenewal: renewal !== 'none' })
      const renewAt = chooseRenewalTime(issued, null, random)
      // Also where the clocks differ so much that it should be renewed already.
      const nextTry = new Date(now().getTime() + checkMs)
      const { notBefore, notAfter } = issued
      const dates = { notBefore, notAfter, renewAt, nextTry }
      if (save(store, { name, failures: 0, reason: null, ...dates })) {
        for (const listener of this.#listeners) listener(name)
      }
    } catch (error) {
      if (this.#ending.signal.aborted) return
      const failures = known.failures + 1
      const retryAfterMs = error instanceof AcmeError ? error.retryAfterMs : null
      const delayMs = chooseRetryDelayMs(failures, retryAfterMs, random)
      const nextTry = new Date(now().getTime() + delayMs)
      save(store, { ...known, failures, reason: toSentence(error), nextTry })
    }
  }

  /** What the files say counts, and not what the database remembers of them. */
  async #settleServed(
    record: CertificateRecord,
    served: ReadCertificate | null,
    window: RenewalWindow | null,
  ): Promise<CertificateRecord> {
    if (served === null) {
      const reason =
        record.notAfter === null
          ? record.reason
          : 'the certificate on disk is missing or damaged, so a new one is ordered'
      return { ...record, reason, notBefore: null, notAfter: null, renewAt: null }
    }
    const { notBefore, notAfter } = served
    const isSame = record.notAfter?.getTime() === notAfter.getTime()
    const isAsked = window !== null && (record.renewAt === null || record.renewAt > window.end)
    const renewAt =
      isSame && record.renewAt !== null && !isAsked
        ? record.renewAt
        : chooseRenewalTime(served, window, this.#parts.random)
    return { ...record, notBefore, notAfter, renewAt }
  }

  /** An authority that does not answer has no say. */
  async #askWindow({ certificate }: ReadCertificate): Promise<RenewalWindow | null> {
    return this.#parts.authority.renewalWindow(certificate.toString()).catch(() => null)
  }

  #findWait(name: CertificateName, renewal: LedgerWish['renewal']) {
    const { store, isLimited, now } = this.#parts
    if (!isLimited) return null
    const since = new Date(now().getTime() - ledgerMemoryMs)
    const wish = { names: coveredNames(name), renewal, registeredDomain: registeredOf(name) }
    return findLedgerWait(
      store.entriesSince(since),
      { ...wish, registeredDomainOf: registeredOf },
      now(),
    )
  }

  async #issue(
    name: CertificateName,
    { replaces, isRenewal }: { readonly replaces: string | null; readonly isRenewal: boolean },
  ): Promise<ReadCertificate> {
    const { authority, files, store, solverOf, preflight, now } = this.#parts
    const names = coveredNames(name)
    const signal = AbortSignal.any([
      this.#ending.signal,
      AbortSignal.timeout(limits.certificateOrderTimeoutMs),
    ])
    await preflight(name, signal)
    const enter = (outcome: 'issued' | 'failed'): void => {
      const forgetBefore = new Date(now().getTime() - ledgerMemoryMs)
      store.enter({ at: now(), names, outcome, isRenewal }, forgetBefore)
    }
    let pair
    try {
      pair = await authority.issue({ names, solver: solverOf(name), replaces, signal })
    } catch (error) {
      // Who could not be reached, or would not listen, counted nothing.
      const isCounted = !(error instanceof AcmeError && uncounted.includes(error.type))
      if (isCounted && !this.#ending.signal.aborted) enter('failed')
      throw error
    }
    enter('issued')
    await files.write(folderNameOf(name), pair, names)
    const written = await files.read(folderNameOf(name))
    if (written === null) throw new Error('the certificate was written, and can not be read')
    return written
  }

  #nameOf(host: HostName): CertificateName {
    return certificateNameOf(host, this.#parts.wildcardDomain)
  }
}

const uncounted = ['network', 'serverInternal', 'rateLimited']

/** False where the host was forgotten meanwhile: then nothing is written. */
function save(store: CertificateStore, record: CertificateRecord): boolean {
  if (store.find(record.name) === null) return false
  store.save(record)
  return true
}

function toSentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
