/**
 * Certificates that are left alone for a while, though the store calls them due: the end of their
 * last try could not be written down, as on a full disk, and each try may cost one of few orders.
 */
import type { CertificateName } from './names.ts'

const restMs = 60_000

export class Resting {
  readonly #until = new Map<CertificateName, number>()
  readonly #now: () => Date

  constructor(now: () => Date) {
    this.#now = now
  }

  get size(): number {
    return this.#until.size
  }

  add(name: CertificateName): void {
    this.#until.set(name, this.#now().getTime() + restMs)
  }

  has(name: CertificateName): boolean {
    const until = this.#until.get(name)
    if (until === undefined || until > this.#now().getTime()) return until !== undefined
    this.#until.delete(name)
    return false
  }
}
