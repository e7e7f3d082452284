/**
 * Tells batches of events to those who follow a project: each once, in the order of the log, also
 * where a follower appends, follows or stops while it is being told.
 */
import type { DeploymentEvent } from '../domain/deployment.ts'
import type { ProjectId } from '../domain/names.ts'

type Batch = readonly DeploymentEvent[]
type Listener = (events: Batch) => void

interface Follower {
  readonly listener: Listener
  isStopped: boolean
}

interface Delivery {
  readonly batch: Batch
  readonly to: readonly Follower[]
}

export class Followers {
  readonly #onListenerError: (error: unknown) => void
  readonly #byProject = new Map<ProjectId, Set<Follower>>()
  readonly #waiting: Delivery[] = []
  #isTelling = false

  constructor(onListenerError: (error: unknown) => void) {
    this.#onListenerError = onListenerError
  }

  add(projectId: ProjectId, listener: Listener): { readonly stop: () => void } {
    const follower: Follower = { listener, isStopped: false }
    const followers = this.#byProject.get(projectId) ?? new Set()
    this.#byProject.set(projectId, followers.add(follower))
    return {
      stop: () => {
        follower.isStopped = true
        followers.delete(follower)
        if (followers.size === 0 && this.#byProject.get(projectId) === followers) {
          this.#byProject.delete(projectId)
        }
      },
    }
  }

  /** A batch that is appended by a follower waits until all have been told the one before it. */
  tell(projectId: ProjectId, batch: Batch): void {
    this.#waiting.push({ batch, to: [...(this.#byProject.get(projectId) ?? [])] })
    if (this.#isTelling) return
    this.#isTelling = true
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        for (const follower of next.to) this.#tellOne(follower, next.batch)
      }
    } finally {
      this.#isTelling = false
    }
  }

  #tellOne(follower: Follower, batch: Batch): void {
    if (follower.isStopped) return
    try {
      follower.listener(batch)
    } catch (error) {
      this.#onListenerError(error)
    }
  }
}
