/**
 * Gathers what a deployment says and saves into few transactions, in order: the lines that a tool
 * prints in one turn of the event loop, and the end of a step with the beginning of the next.
 */
import type { EventLog } from '../contracts.ts'
import type { NewEvent } from '../domain/deployment.ts'
import type { ProjectId } from '../domain/names.ts'

export class EventBuffer {
  readonly #events: EventLog
  readonly #projectId: ProjectId
  #waiting: NewEvent[] = []
  #saves: (() => void)[] = []
  #isScheduled = false
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
   * What begins is on record when this returns, with all that was before it. What has ended, and a
   * tool's line, is so at the end of this turn of the event loop at the latest.
   */
  add(event: NewEvent): void {
    this.#waiting.push(event)
    const hasEnded = ['completed', 'skipped', 'warned'].includes(event.status)
    if (event.stream === null && !hasEnded) this.flush()
    else if (!this.#isScheduled) {
      this.#isScheduled = true
      setImmediate(() => {
        this.#flushAlone()
      })
    }
  }

  /** Throws what kept an earlier turn's events from being written, too. */
  flush(): void {
    this.#isScheduled = false
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

  /** Nobody waits for this turn's end: whoever comes next is told. */
  #flushAlone(): void {
    try {
      this.flush()
    } catch (reason) {
      this.#failure = { reason }
    }
  }
}
