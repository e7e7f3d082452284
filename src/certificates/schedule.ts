/**
 * The job that gets certificates and keeps them renewed, beside the deployments. What it knows is
 * in the store, so that a start of the server changes nothing; what is due is tried, a few at once.
 */
import { limits } from '../config.ts'
import type {
  CertificateCounts,
  CertificateRecord,
  Certificates,
  CertificateState,
  CertificateStore,
  CertificateTry,
} from '../contracts.ts'
import type { HostName } from '../domain/names.ts'
import { renewalId } from './acme-authority.ts'
import { AcmeError } from './acme-error.ts'
import { hostOf, toCertificateState, unknownRecord } from './certificate-record.ts'
import { findDamaged } from './find-damaged.ts'
import { findServed } from './find-served.ts'
import { KeptLedger } from './kept-ledger.ts'
import { type CertificateName, certificateNameOf, folderNameOf } from './names.ts'
import { orderCertificate, type OrderParts } from './order-certificate.ts'
import { chooseRenewalTime, chooseRetryDelayMs } from './renewal.ts'
import { Resting } from './resting.ts'
import { damagedReason, settleServed } from './settle-served.ts'

export interface ScheduleParts extends Omit<OrderParts, 'ledger' | 'ending'> {
  readonly store: CertificateStore
  readonly wildcardDomain: HostName | null
  /** False where no limits of a public authority are to be kept. */
  readonly isLimited: boolean
  readonly logError: (message: string, error: unknown) => void
  readonly tellTry?: (end: CertificateTry) => void
  readonly now?: () => Date
  readonly random?: () => number
}

/** Also the longest that a certificate goes without the authority being asked about it. */
const checkMs = 6 * 3_600_000
const timerMaxMs = 3_600_000
/** What wakes many at once lets so much time pass between two of them. */
const spreadEachMs = 1_000
const spreadMaxMs = 3 * 3_600_000

export class CertificateSchedule implements Certificates, AsyncDisposable {
  readonly #parts: Required<ScheduleParts>
  readonly #ending = new AbortController()
  readonly #ledger: KeptLedger
  readonly #running = new Map<string, Promise<void>>()
  readonly #resting: Resting
  readonly #listeners = new Set<(name: CertificateName) => void>()
  #timer: NodeJS.Timeout | null = null
  #checking: Promise<void> = Promise.resolve()

  constructor(parts: ScheduleParts) {
    const usual = { now: () => new Date(), random: Math.random, tellTry: () => undefined }
    this.#parts = { ...usual, ...parts }
    this.#ledger = new KeptLedger(parts.store, this.#parts.now)
    this.#resting = new Resting(this.#parts.now)
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

  /** Those that were there before there were certificates. */
  async requestAll(hosts: AsyncIterable<HostName>): Promise<void> {
    for await (const host of hosts) {
      if (this.#ending.signal.aborted) return
      if (this.#parts.store.find(this.#nameOf(host)) === null) this.request(host)
    }
  }

  retry(host: HostName): void {
    const known = this.#parts.store.find(this.#nameOf(host))
    // Who is held back is not tried any earlier for being asked for.
    if (known !== null && !known.isHeldBack) {
      this.#parts.store.save({ ...known, nextTry: this.#parts.now() })
    }
    this.wake()
  }

  /** The wildcard is everybody's. */
  forget(host: HostName): void {
    const name = this.#nameOf(host)
    if (name.startsWith('*.')) return
    this.#parts.store.remove(name)
    this.#putAway(name)
  }

  list(): readonly CertificateState[] {
    return this.#parts.store
      .list()
      .map((record) => toCertificateState(hostOf(record.name), record, this.#parts.now()))
  }

  count(): CertificateCounts {
    return this.#parts.store.count(this.#parts.now())
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
    this.#checking = this.#checkAllFiles()
    await this.#checking
    this.wake()
  }

  async check(host: HostName): Promise<void> {
    const { files, store, logError } = this.#parts
    const name = this.#nameOf(host)
    try {
      if ((store.find(name)?.notAfter ?? null) === null) return
      if ((await files.read(folderNameOf(name))) !== null) return
      await this.#putAwayDamaged(name)
      this.wake()
    } catch (error) {
      logError(`the certificate of ${host} can not be read`, error)
    }
  }

  /** Tries all that is due by now, and answers when that is done. */
  async tryDue(): Promise<void> {
    while (this.#begin() || this.#running.size > 0) await Promise.race(this.#running.values())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort()
    if (this.#timer !== null) clearTimeout(this.#timer)
    await Promise.allSettled([this.#checking, ...this.#running.values()])
  }

  async #checkAllFiles(): Promise<void> {
    for await (const name of findDamaged(this.#parts, this.#ending.signal)) {
      if (this.#ending.signal.aborted) return
      await this.#putAwayDamaged(name)
    }
  }

  /** Nobody is sent to an https that does not work. */
  async #putAwayDamaged(name: CertificateName): Promise<void> {
    const { files, store, now } = this.#parts
    // Who orders it has looked already, and may be writing the next one.
    if (this.#running.has(name)) return
    await files.putAway(folderNameOf(name))
    const known = store.find(name)
    if (known === null) return
    const nothing = { notBefore: null, notAfter: null, renewAt: null }
    store.save({ ...known, ...nothing, reason: damagedReason, nextTry: now() })
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
      .due(this.#parts.now(), limits.certificateOrdersMax * 2 + this.#resting.size)
      .filter(({ name }) => !this.#running.has(name) && !this.#resting.has(name))
      .slice(0, room)
    for (const record of due) {
      const running = this.#try(record)
        .catch((error: unknown) => {
          this.#resting.add(record.name)
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
    const { authority, files, now, random, isLimited } = this.#parts
    const { name } = record
    const facts = { now: now(), authority: authority.name }
    const { served, isForeign, isRenewal } = await findServed(files, record, facts)
    // An authority that does not answer has no say.
    const asked = isForeign ? null : (served?.certificate.toString() ?? null)
    const window = asked === null ? null : await authority.renewalWindow(asked).catch(() => null)
    const settled = settleServed(record, { served, window, random })
    const known = isForeign ? { ...settled, renewAt: now() } : settled
    if (known.renewAt !== null && known.renewAt > now()) {
      const next = Math.min(known.renewAt.getTime(), now().getTime() + checkMs)
      this.#save({ ...known, failures: 0, reason: null, nextTry: new Date(next) })
      return
    }
    const replaces = asked === null || window === null ? null : renewalId(asked)
    const renewal = replaces !== null ? 'replaces' : isRenewal ? 'same-names' : 'none'
    const wait = isLimited ? this.#ledger.findWait(name, renewal) : null
    if (wait !== null) {
      const nextTry = this.#spread(wait.until)
      const { reason } = wait
      this.#end({ ...known, isHeldBack: true, reason, nextTry }, { result: 'held_back', isRenewal })
      return
    }
    try {
      const parts = { ...this.#parts, ledger: this.#ledger, ending: this.#ending.signal }
      const issued = await orderCertificate(parts, { name, replaces, served, isRenewal })
      const renewAt = chooseRenewalTime(issued, null, random)
      // Also where the clocks differ so much that it should be renewed already.
      const nextTry = new Date(now().getTime() + checkMs)
      const { notBefore, notAfter } = issued
      const dates = { notBefore, notAfter, renewAt, nextTry }
      this.#end({ ...unknownRecord(name), ...dates }, { result: 'issued', isRenewal })
    } catch (error) {
      if (this.#ending.signal.aborted) return
      this.#fail(known, error, isRenewal)
    }
  }

  #fail(known: CertificateRecord, error: unknown, isRenewal: boolean): void {
    const { now, random } = this.#parts
    const failures = known.failures + 1
    const retryAfterMs = error instanceof AcmeError ? error.retryAfterMs : null
    const delayMs = chooseRetryDelayMs(failures, retryAfterMs, random)
    const nextTry = new Date(now().getTime() + delayMs)
    const isHeldBack = error instanceof AcmeError && error.type === 'rateLimited'
    const result = isHeldBack ? 'held_back' : 'failed'
    const reason = error instanceof Error ? error.message : String(error)
    this.#end({ ...known, failures, isHeldBack, reason, nextTry }, { result, isRenewal })
  }

  /** Many that wait for the same moment are asked about one after the other. */
  #spread(until: Date): Date {
    const { store, now, random } = this.#parts
    const spanMs = Math.min(store.count(now()).heldBack * spreadEachMs, spreadMaxMs)
    return new Date(until.getTime() + random() * spanMs)
  }

  #end(record: CertificateRecord, how: Pick<CertificateTry, 'result' | 'isRenewal'>): void {
    if (!this.#save(record)) {
      this.#putAway(record.name)
      return
    }
    const { name, notAfter, reason, nextTry } = record
    this.#parts.tellTry({ name, notAfter, reason, nextTry, ...how })
    if (how.result !== 'issued') return
    for (const listener of this.#listeners) listener(name)
  }

  /** Of a host that is nobody's no handshake succeeds. */
  #putAway(name: CertificateName): void {
    this.#parts.files.putAway(folderNameOf(name)).catch((error: unknown) => {
      this.#parts.logError(`the certificate of ${name} can not be put away`, error)
    })
  }

  /** False where the host was forgotten meanwhile: then nothing is written. */
  #save(record: CertificateRecord): boolean {
    const { store } = this.#parts
    if (store.find(record.name) === null) return false
    store.save(record)
    return true
  }

  #nameOf(host: HostName): CertificateName {
    return certificateNameOf(host, this.#parts.wildcardDomain)
  }
}
