/**
 * Looks at every domain when it is due: often while its records are being set, and once a day from
 * then on. What is due is in the store, so that a start of the server changes nothing.
 */
import { limits } from '../config.ts'
import type { DomainRecord, DomainStore, ProjectStore } from '../contracts.ts'
import type { Project } from '../domain/project.ts'

export interface WatchParts {
  readonly store: Pick<DomainStore, 'due' | 'find' | 'nextCheck' | 'save'>
  readonly projects: Pick<ProjectStore, 'find'>
  readonly look: (record: DomainRecord, project: Project) => Promise<unknown>
  readonly now: () => Date
  readonly logError: (message: string, error: unknown) => void
}

const minute = 60_000
const timerMaxMs = 60 * minute

export class DomainWatch implements AsyncDisposable {
  readonly #parts: WatchParts
  readonly #running = new Map<string, Promise<void>>()
  #timer: NodeJS.Timeout | null = null
  #isEnded = false

  constructor(parts: WatchParts) {
    this.#parts = parts
  }

  /** To be called at the start, and whenever a domain is due sooner than before. */
  wake(): void {
    this.#arm(0)
  }

  /** Looks at all that is due by now, and answers when that is done. */
  async lookDue(): Promise<void> {
    while (this.#begin() || this.#running.size > 0) await Promise.race(this.#running.values())
  }

  /** Those that are being looked at are waited for. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnded = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    await Promise.all(this.#running.values())
  }

  #arm(delayMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.#isEnded) return
    this.#timer = setTimeout(() => {
      this.#turn()
    }, delayMs).unref()
  }

  #turn(): void {
    try {
      this.#begin()
      const { store, now } = this.#parts
      const next = store.nextCheck()
      if (next === null) return
      const delayMs = next.getTime() - now().getTime()
      // What is due and is not looked at yet waits for one that is, which wakes us.
      if (delayMs > 0) this.#arm(Math.min(delayMs, timerMaxMs))
    } catch (error) {
      this.#parts.logError('domains can not be read from the database', error)
      this.#arm(minute)
    }
  }

  /** Answers whether any was begun. */
  #begin(): boolean {
    if (this.#isEnded) return false
    const { store, now } = this.#parts
    const due = store
      .due(now(), limits.domainChecksMax * 2)
      .filter(({ host }) => !this.#running.has(host))
      .slice(0, limits.domainChecksMax - this.#running.size)
    for (const record of due) {
      const running = this.#look(record).then(
        () => {
          this.#running.delete(record.host)
          this.wake()
        },
        (error: unknown) => {
          this.#running.delete(record.host)
          this.#parts.logError('what was seen of a domain could not be written down', error)
          this.#arm(minute)
        },
      )
      this.#running.set(record.host, running)
    }
    return due.length > 0
  }

  async #look(record: DomainRecord): Promise<void> {
    const { store, projects, look, now, logError } = this.#parts
    try {
      const project = projects.find(record.projectId)
      if (project !== null) await look(record, project)
    } catch (error) {
      if (this.#isEnded) return
      logError(`the domain ${record.host} could not be looked at`, error)
      // It may have been changed meanwhile.
      const known = store.find(record.host)
      if (known === null || known.projectId !== record.projectId) return
      store.save({ ...known, nextCheck: new Date(now().getTime() + 10 * minute) })
    }
  }
}
