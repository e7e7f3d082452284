/**
 * Gathers what a deployment says and saves into few transactions, in order: the lines that a tool
 * prints within some milliseconds, and the end of a step with the beginning of the next.
 */
import type { EventLog } from '../contracts.ts'
import type { NewEvent } from '../domain/deployment.ts'
import type { ProjectId } from '../domain/names.ts'

/** Nobody sees so short a wait, and quick steps share a transaction. */
const delayMs = 10

/** What is told of something that goes on, or went well: nothing is done because of it. */
const statusesThatWait: readonly NewEvent['status'][] = [
  'queued',
  'in_progress',
  'completed',
  'skipped',
  'warned',
]

export class EventBuffer {
  readonly #events: EventLog
  readonly #projectId: ProjectId
  #waiting: NewEvent[] = []
  #saves: (() => void)[] = []
  #timer: NodeJS.Timeout | null = null
  #failure: { readonly reason: unknown } | null = null

  constructor(events: EventLog, projectId: ProjectId) {
    this.#events = events
    this.#projectId = projectId
  }

  /** `write` writes to the stores; it is done in one transaction with the next events. */
  save(write: () => void): void {
    this.#saves.push(write)
  }

  /**
   * What went wrong is on record when this returns, with all that was before it; all else is so some
   * milliseconds later, unless `flush` is called.
   */
  add(event: NewEvent): void {
    this.#waiting.push(event)
    if (!statusesThatWait.includes(event.status)) this.flush()
    else
      this.#timer ??= setTimeout(() => {
        this.#flushAlone()
      }, delayMs)
  }

  /** All is on record when this returns. Throws what kept earlier events from being written, too. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const failure = this.#failure
    this.#failure = null
    if (failure !== null) throw failure.reason
    if (this.#waiting.length + this.#saves.length === 0) return
    const events = this.#waiting
    const saves = this.#saves
    this.#waiting = []
    this.#saves = []
    this.#events.append(this.#projectId, events, () => {
      for (const save of saves) save()
    })
  }

  /** Nobody waits for it: whoever comes next is told. */
  #flushAlone(): void {
    try {
      this.flush()
    } catch (reason) {
      this.#failure = { reason }
    }
  }
}
