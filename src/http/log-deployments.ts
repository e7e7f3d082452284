/** One line a deployment that has ended, in the server's log. */
import type { Logger } from 'pino'
import type { Deployment } from '../domain/deployment.ts'
import type { Observer } from '../pipeline/observe.ts'

export function createDeploymentLog(logger: Pick<Logger, 'info'>): Observer {
  return {
    onDeploymentEnd: (deployment) => {
      const { projectId, number, status, trigger, commit, actor, error } = deployment
      logger.info(
        {
          deployment: `${projectId}/v${number}`,
          status,
          trigger,
          commit,
          actor,
          error: error?.code ?? null,
          ...durationsOf(deployment),
        },
        'deployment',
      )
    },
  }
}

function durationsOf({ createdAt, startedAt, finishedAt }: Deployment) {
  const end = (finishedAt ?? new Date()).getTime()
  const start = startedAt?.getTime() ?? end
  return { waitedMs: start - createdAt.getTime(), durationMs: end - start }
}
