/**
 * Gathers the lines that a tool prints in one turn of the event loop into one append, and keeps
 * them in order with Slipway's own events.
 */
import type { EventLog } from '../contracts.ts'
import type { NewEvent } from '../domain/deployment.ts'
import type { ProjectId } from '../domain/names.ts'

export class EventBuffer {
  readonly #events: EventLog
  readonly #projectId: ProjectId
  #waiting: NewEvent[] = []
  #isScheduled = false

  constructor(events: EventLog, projectId: ProjectId) {
    this.#events = events
    this.#projectId = projectId
  }

  add(event: NewEvent): void {
    this.#waiting.push(event)
    if (event.stream === null) this.flush()
    else if (!this.#isScheduled) {
      this.#isScheduled = true
      setImmediate(() => {
        this.flush()
      })
    }
  }

  flush(): void {
    this.#isScheduled = false
    if (this.#waiting.length === 0) return
    const events = this.#waiting
    this.#waiting = []
    this.#events.append(this.#projectId, events)
  }
}
