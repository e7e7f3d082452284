/**
 * What was ordered of the authority, as the store keeps it. It is read once: to read some thousand
 * entries again for each order would hold up everything else that the server does.
 */
import type { CertificateRecord, CertificateStore, LedgerEntry } from '../contracts.ts'
import { registeredOf } from './certificate-record.ts'
import { findLedgerWait, ledgerMemoryMs, type LedgerWait, type LedgerWish } from './ledger.ts'
import { coveredNames } from './names.ts'

export class KeptLedger {
  readonly #store: CertificateStore
  readonly #now: () => Date
  /** Null before it is asked for; the oldest first. */
  #entries: LedgerEntry[] | null = null
  readonly #registered = new Map<string, string>()

  constructor(store: CertificateStore, now: () => Date) {
    this.#store = store
    this.#now = now
  }

  findWait(
    { name, projectId }: Pick<CertificateRecord, 'name' | 'projectId'>,
    renewal: LedgerWish['renewal'],
  ): LedgerWait | null {
    const registeredDomain = registeredOf(name)
    const wish = { names: coveredNames(name), projectId, renewal, registeredDomain }
    const registeredDomainOf = (each: string): string => this.#registeredOf(each)
    return findLedgerWait(this.#read(), { ...wish, registeredDomainOf }, this.#now())
  }

  enter(entry: Omit<LedgerEntry, 'at'>): void {
    const made = { ...entry, at: this.#now() }
    // First what can not fail: an order that is written down nowhere would be made again and again.
    this.#read().push(made)
    this.#store.enter(made, this.#forgetBefore())
  }

  /** Without what nothing counts any more. */
  #read(): LedgerEntry[] {
    const forgetBefore = this.#forgetBefore()
    this.#entries ??= [...this.#store.entriesSince(forgetBefore)]
    const first = this.#entries.findIndex(({ at }) => at >= forgetBefore)
    if (first !== 0) {
      this.#entries.splice(0, first === -1 ? this.#entries.length : first)
      this.#registered.clear()
    }
    return this.#entries
  }

  #forgetBefore(): Date {
    return new Date(this.#now().getTime() - ledgerMemoryMs)
  }

  #registeredOf(name: string): string {
    const known = this.#registered.get(name) ?? registeredOf(name)
    this.#registered.set(name, known)
    return known
  }
}
