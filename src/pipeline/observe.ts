/**
 * Lets others hear what happens, by standing between the core and what it works with. Who listens
 * is told after it has happened, and can change nothing.
 */
import type {
  Builder,
  CertificateTry,
  DeploymentStore,
  EventLog,
  PushHandler,
  StepRecord,
} from '../contracts.ts'
import { type Deployment, isFinished } from '../domain/deployment.ts'

export interface Observer {
  readonly onDeploymentEnd?: (deployment: Deployment) => void
  /** With the times of its beginning and end; what was undone ends twice. */
  readonly onStepEnd?: (step: StepRecord) => void
  /** Whether an install finds what an earlier one left. */
  readonly onModulesSought?: (areKnown: boolean) => void
  readonly onFollow?: () => void
  readonly onUnfollow?: () => void
  /** `declined` where any of its refs was. */
  readonly onPushEnd?: (result: 'accepted' | 'declined') => void
  readonly onCertificateTry?: (end: CertificateTry) => void
}

/**
 * What is written may be one part of a transaction that fails as a whole: listeners are told when
 * that is over, and of what is on record then.
 */
export function observeDeployments(store: DeploymentStore, observer: Observer): DeploymentStore {
  return {
    ...store,
    saveStep: (deployment, step, facts) => {
      store.saveStep(deployment, step, facts)
      if (step.finishedAt === null) return
      queueMicrotask(() => {
        const isKept = ({ step: name, status, finishedAt }: StepRecord): boolean =>
          name === step.step &&
          status === step.status &&
          finishedAt?.getTime() === step.finishedAt?.getTime()
        if (store.steps(deployment).some(isKept)) observer.onStepEnd?.(step)
      })
    },
    setStatus: (deployment, status, result) => {
      store.setStatus(deployment, status, result)
      if (!isFinished(status)) return
      queueMicrotask(() => {
        const ended = store.find(deployment.projectId, deployment.number)
        if (ended?.status === status) observer.onDeploymentEnd?.(ended)
      })
    },
  }
}

export function observeEvents(events: EventLog, observer: Observer): EventLog {
  return {
    ...events,
    follow: (projectId, listener) => {
      const follower = events.follow(projectId, listener)
      let isFollowing = true
      observer.onFollow?.()
      return {
        stop: () => {
          follower.stop()
          if (isFollowing) observer.onUnfollow?.()
          isFollowing = false
        },
      }
    },
  }
}

export function observeBuilder(builder: Builder, observer: Observer): Builder {
  return {
    ...builder,
    findModules: async (projectId, key) => {
      const found = await builder.findModules(projectId, key)
      observer.onModulesSought?.(found !== null)
      return found
    },
  }
}

export function observePushes(handler: PushHandler, observer: Observer): PushHandler {
  /** A push that is declined here, as a whole, is never received. */
  const orDeclined = async <Value>(act: () => Promise<Value>): Promise<Value> => {
    try {
      return await act()
    } catch (error) {
      observer.onPushEnd?.('declined')
      throw error
    }
  }
  return {
    inspect: (push, tell) => orDeclined(() => handler.inspect(push, tell)),
    receive: async (push, tell, signal) => {
      const reports = await orDeclined(() => handler.receive(push, tell, signal))
      const isDeclined = reports.some(({ verdict }) => verdict === 'decline')
      observer.onPushEnd?.(isDeclined ? 'declined' : 'accepted')
      return reports
    },
    settle: (push) => handler.settle(push),
  }
}

/** Tells several, in their order. */
export function joinObservers(observers: readonly Observer[]): Observer {
  return {
    onDeploymentEnd: (deployment) => {
      for (const { onDeploymentEnd } of observers) onDeploymentEnd?.(deployment)
    },
    onStepEnd: (step) => {
      for (const { onStepEnd } of observers) onStepEnd?.(step)
    },
    onModulesSought: (areKnown) => {
      for (const { onModulesSought } of observers) onModulesSought?.(areKnown)
    },
    onFollow: () => {
      for (const { onFollow } of observers) onFollow?.()
    },
    onUnfollow: () => {
      for (const { onUnfollow } of observers) onUnfollow?.()
    },
    onPushEnd: (result) => {
      for (const { onPushEnd } of observers) onPushEnd?.(result)
    },
    onCertificateTry: (end) => {
      for (const { onCertificateTry } of observers) onCertificateTry?.(end)
    },
  }
}
