/**
 * Reads a deployment's log from a place on, and then what is appended, until the deployment has
 * ended. Holds no event in memory that nobody has asked for yet: a slow reader costs nothing.
 */
import type { DeploymentStore } from '../contracts.ts'
import { type Deployment, type DeploymentEvent, isFinished } from '../domain/deployment.ts'
import type { LogPages } from './stream/log-pages.ts'

export interface FollowParts {
  /** Shared by all who follow: a thousand of them cost one query for what is new. */
  readonly pages: LogPages
  readonly deployments: Pick<DeploymentStore, 'find'>
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
  { pages, deployments }: FollowParts,
  { projectId, number }: Pick<Deployment, 'projectId' | 'number'>,
  { after, limit, isFollowing, silenceMs, signal }: FollowWish,
): AsyncGenerator<readonly DeploymentEvent[]> {
  const bell = createBell()
  const cursor = pages.follow({ projectId, deployment: number, after }, bell.ring)
  const hasEnded = (): boolean => {
    const deployment = isFollowing ? deployments.find(projectId, number) : null
    return deployment === null || isFinished(deployment.status)
  }
  signal.addEventListener('abort', bell.ring)
  try {
    let left = limit
    let isAsked = false
    while (left > 0 && !signal.aborted) {
      bell.reset()
      const page = cursor.next()
      if (page !== null) {
        const events = page.events.length > left ? page.events.slice(0, left) : page.events
        left -= events.length
        yield events
        if (events.some(isEnd)) return
        continue
      }
      // Its end is in the log, so this is asked only where that was read before, or never came.
      if (!isAsked && hasEnded()) return
      isAsked = true
      if (await bell.rings(silenceMs)) continue
      isAsked = false
      yield []
    }
  } finally {
    signal.removeEventListener('abort', bell.ring)
    cursor.stop()
  }
}

function isEnd({ step, status }: DeploymentEvent): boolean {
  return step === 'deployment' && ['completed', 'failed', 'cancelled'].includes(status)
}

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
