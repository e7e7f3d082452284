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
import type { HostName, ProjectId } from '../domain/names.ts'
import { DueJobs } from '../machine/due-jobs.ts'
import { hostOf, isServed, toCertificateState, unknownRecord } from './certificate-record.ts'
import { forgetUnused } from './changed-settings.ts'
import { chooseNext, dueMax } from './choose-next.ts'
import { findDamaged } from './find-damaged.ts'
import { KeptLedger } from './kept-ledger.ts'
import { type CertificateName, certificateNameOf, folderNameOf } from './names.ts'
import { damagedReason } from './settle-served.ts'
import { tryCertificate, type TryParts } from './try-certificate.ts'

export interface ScheduleParts extends Omit<
  TryParts,
  'ledger' | 'ending' | 'countHeldBack' | 'now' | 'random'
> {
  readonly store: CertificateStore
  readonly wildcardDomain: HostName | null
  readonly logError: (message: string, error: unknown) => void
  readonly tellTry?: (end: CertificateTry) => void
  /** Called after each look at a certificate that visitors get, which may be a new one. */
  readonly tellServed?: (name: CertificateName) => void
  readonly now?: () => Date
  readonly random?: () => number
}

export class CertificateSchedule implements Certificates, AsyncDisposable {
  readonly #parts: Required<ScheduleParts>
  readonly #ledger: KeptLedger
  readonly #jobs: DueJobs<CertificateRecord>
  #checking: Promise<void> = Promise.resolve()

  constructor(parts: ScheduleParts) {
    const silent = { tellTry: () => undefined, tellServed: () => undefined }
    this.#parts = { now: () => new Date(), random: Math.random, ...silent, ...parts }
    const { store, now, logError } = this.#parts
    this.#ledger = new KeptLedger(store, now)
    this.#jobs = new DueJobs({
      atOnceMax: limits.certificateOrdersMax,
      listDue: (restingCount) => store.due(now(), dueMax + restingCount),
      chooseNext,
      nextAt: () => store.nextTry(),
      keyOf: ({ name }) => name,
      run: (record) => this.#try(record),
      tellError: (error, record) => {
        if (record === null) logError('certificates can not be read from the database', error)
        else logError(`the certificate of ${record.name} could not be tried`, error)
      },
      now,
    })
  }

  stateOf(host: HostName): CertificateState {
    return toCertificateState(host, this.#findServing(host), this.#parts.now())
  }

  request(host: HostName, projectId: ProjectId | null = null): void {
    const { store, now } = this.#parts
    const name = this.#nameOf(host)
    const known = store.find(name)
    if (known === null) store.save({ ...unknownRecord(name, projectId), nextTry: now() })
    // It was asked for when the server knew of the host only that it is served.
    else if (projectId !== null && known.projectId === null) store.save({ ...known, projectId })
    this.wake()
  }

  /** Those that were there before there were certificates. */
  async requestAll(hosts: AsyncIterable<HostName>): Promise<void> {
    for await (const host of hosts) {
      if (this.#jobs.ending.aborted) return
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

  /** A wildcard is everybody's, and stays. */
  forget(host: HostName): void {
    this.#parts.store.remove(host)
    this.#putAway(host)
  }

  list(): readonly CertificateState[] {
    return this.#parts.store
      .list()
      .map((record) => toCertificateState(hostOf(record.name), record, this.#parts.now()))
  }

  count(): CertificateCounts {
    return this.#parts.store.count(this.#parts.now())
  }

  /** To be called at the start. */
  wake(): void {
    this.#jobs.wake()
  }

  /** What is served must still be there, and be whole; else it is due at once. */
  async checkFiles(): Promise<void> {
    this.#checking = this.#checkAllFiles()
    await this.#checking
    this.wake()
  }

  async check(host: HostName): Promise<void> {
    const { files, logError } = this.#parts
    try {
      const { name, notAfter } = this.#findServing(host) ?? unknownRecord(host)
      if (notAfter === null || (await files.read(folderNameOf(name))) !== null) return
      await this.#putAwayDamaged(name)
      this.wake()
    } catch (error) {
      logError(`the certificate of ${host} can not be read`, error)
    }
  }

  /** Tries all that is due by now, and answers when that is done. */
  tryDue(): Promise<void> {
    return this.#jobs.runDue()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([this.#jobs[Symbol.asyncDispose](), this.#checking])
  }

  async #checkAllFiles(): Promise<void> {
    const { ending } = this.#jobs
    for await (const name of findDamaged(this.#parts, ending)) {
      if (ending.aborted) return
      await this.#putAwayDamaged(name)
    }
  }

  /** Nobody is sent to an https that does not work. */
  async #putAwayDamaged(name: CertificateName): Promise<void> {
    const { files, store, now } = this.#parts
    // Who orders it has looked already, and may be writing the next one.
    if (this.#jobs.isRunning(name)) return
    await files.putAway(folderNameOf(name))
    const known = store.find(name)
    if (known === null) return
    const nothing = { notBefore: null, notAfter: null, renewAt: null }
    store.save({ ...known, ...nothing, reason: damagedReason, nextTry: now() })
  }

  async #try(tried: CertificateRecord): Promise<void> {
    const { store, now } = this.#parts
    const countHeldBack = (): number => store.count(now()).heldBack
    const { ending } = this.#jobs
    const parts = { ...this.#parts, ledger: this.#ledger, ending, countHeldBack }
    const outcome = await tryCertificate(parts, tried)
    if (outcome === null) return
    const { record, end } = outcome
    const { name, notAfter, reason, nextTry } = record
    // Who was forgotten meanwhile is not remembered for it.
    if (store.find(name) === null) {
      if (end !== null) this.#putAway(name)
      return
    }
    store.save(record)
    if (notAfter !== null) this.#tellServed(name, tried)
    if (end !== null) this.#parts.tellTry({ name, notAfter, reason, nextTry, ...end })
  }

  /** Of a host that is nobody's no handshake succeeds. */
  #putAway(name: CertificateName): void {
    this.#parts.files.putAway(folderNameOf(name)).catch((error: unknown) => {
      this.#parts.logError(`the certificate of ${name} can not be put away`, error)
    })
  }

  #tellServed(name: CertificateName, { notAfter: before }: CertificateRecord): void {
    const { store, wildcardDomain, now, tellServed } = this.#parts
    if (name.startsWith('*.') && before === null) {
      forgetUnused({ store, wildcardDomain, now: now() })
    }
    tellServed(name)
  }

  /** Before there is a wildcard a host goes on by its own, where it has one. */
  #findServing(host: HostName): CertificateRecord | null {
    const { store, now } = this.#parts
    const record = store.find(this.#nameOf(host))
    const own = isServed(record, now()) ? null : store.find(host)
    return isServed(own, now()) ? own : record
  }

  #nameOf(host: HostName): CertificateName {
    return certificateNameOf(host, this.#parts.wildcardDomain)
  }
}
