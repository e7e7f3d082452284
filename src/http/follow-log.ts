/**
 * Reads a deployment's log from a place on, and then what is appended, until the deployment has
 * ended. Holds no event in memory that nobody has asked for yet: a slow reader costs nothing.
 */
import type { DeploymentStore, EventLog } from '../contracts.ts'
import { type Deployment, type DeploymentEvent, isFinished } from '../domain/deployment.ts'

export interface FollowParts {
  readonly events: EventLog
  readonly deployments: DeploymentStore
}

export interface FollowWish {
  /** The `seq` of the last event that is known; 0 for all. */
  readonly after: number
  /** At most so many events. */
  readonly limit: number
  readonly isFollowing: boolean
  /** After so long without an event an empty batch is given. */
  readonly silenceMs: number
  /** Aborts when the reader has gone. */
  readonly signal: AbortSignal
}

/** Gives batches in the order of the log, each event once; an empty batch is a sign of life. */
export async function* followLog(
  { events, deployments }: FollowParts,
  { projectId, number }: Pick<Deployment, 'projectId' | 'number'>,
  { after, limit, isFollowing, silenceMs, signal }: FollowWish,
): AsyncGenerator<readonly DeploymentEvent[]> {
  const bell = createBell()
  const follower = events.follow(projectId, (batch) => {
    if (batch.some(({ deployment }) => deployment === number)) bell.ring()
  })
  signal.addEventListener('abort', bell.ring)
  try {
    let [last, left] = [after, limit]
    while (left > 0 && !signal.aborted) {
      bell.reset()
      // Asked before the log is read: what ends in between is read the next time.
      const deployment = isFollowing ? deployments.find(projectId, number) : null
      const hasEnded = deployment === null || isFinished(deployment.status)
      const batch = events.read(projectId, {
        after: last,
        limit: Math.min(left, batchSize),
        deployment: number,
      })
      last = batch.at(-1)?.seq ?? last
      left -= batch.length
      if (batch.length > 0) yield batch
      else if (hasEnded) return
      else if (!(await bell.rings(silenceMs))) yield []
    }
  } finally {
    signal.removeEventListener('abort', bell.ring)
    follower.stop()
  }
}

/** What a reader that is slow keeps in memory. */
const batchSize = 100

interface Bell {
  readonly ring: () => void
  readonly reset: () => void
  /** Resolves at once where it rang since the last reset; to false where it stays silent. */
  readonly rings: (silenceMs: number) => Promise<boolean>
}

function createBell(): Bell {
  let rung = Promise.withResolvers<boolean>()
  return {
    ring: () => {
      rung.resolve(true)
    },
    reset: () => {
      rung = Promise.withResolvers<boolean>()
    },
    rings: async (silenceMs) => {
      const { promise: isSilent, resolve } = Promise.withResolvers<boolean>()
      const timer = setTimeout(resolve, silenceMs, false)
      try {
        return await Promise.race([rung.promise, isSilent])
      } finally {
        clearTimeout(timer)
      }
    },
  }
}
