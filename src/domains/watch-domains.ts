/**
 * Looks at every domain when it is due: often while its records are being set, and once a day from
 * then on. What is due is in the store, so that a start of the server changes nothing.
 */
import { limits } from '../config.ts'
import type { DomainRecord, DomainStore, ProjectStore } from '../contracts.ts'
import type { Project } from '../domain/project.ts'
import { DueJobs } from '../machine/due-jobs.ts'

export interface WatchParts {
  readonly store: Pick<DomainStore, 'due' | 'find' | 'nextCheck' | 'save'>
  readonly projects: Pick<ProjectStore, 'find'>
  readonly look: (record: DomainRecord, project: Project) => Promise<unknown>
  readonly now: () => Date
  readonly logError: (message: string, error: unknown) => void
}

const lookAgainMs = 10 * 60_000
const unread = 'domains can not be read from the database'
const unwritten = 'what was seen of a domain could not be written down'

export class DomainWatch implements AsyncDisposable {
  readonly #parts: WatchParts
  readonly #jobs: DueJobs<DomainRecord>

  constructor(parts: WatchParts) {
    this.#parts = parts
    const { store, now, logError } = parts
    this.#jobs = new DueJobs({
      atOnceMax: limits.domainChecksMax,
      listDue: (restingCount) => store.due(now(), limits.domainChecksMax * 2 + restingCount),
      nextAt: () => store.nextCheck(),
      keyOf: ({ host }) => host,
      run: (record) => this.#look(record),
      tellError: (error, record) => {
        logError(record === null ? unread : unwritten, error)
      },
      now,
    })
  }

  /** To be called at the start, and whenever a domain is due sooner than before. */
  wake(): void {
    this.#jobs.wake()
  }

  /** Looks at all that is due by now, and answers when that is done. */
  lookDue(): Promise<void> {
    return this.#jobs.runDue()
  }

  /** Those that are being looked at are waited for. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#jobs[Symbol.asyncDispose]()
  }

  async #look(record: DomainRecord): Promise<void> {
    const { store, projects, look, now, logError } = this.#parts
    try {
      const project = projects.find(record.projectId)
      if (project !== null) await look(record, project)
    } catch (error) {
      if (this.#jobs.ending.aborted) return
      logError(`the domain ${record.host} could not be looked at`, error)
      // It may have been changed meanwhile.
      const known = store.find(record.host)
      if (known === null || known.projectId !== record.projectId) return
      store.save({ ...known, nextCheck: new Date(now().getTime() + lookAgainMs) })
    }
  }
}
