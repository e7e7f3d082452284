/** The end of a deployment and what tells of it, as one: neither is on the disk without the other. */
import type { DeploymentStore } from '../contracts.ts'
import { type Deployment, isFinished } from '../domain/deployment.ts'
import type { Database } from './database.ts'

/** `tell` writes to the same database. */
export function tellEnds(
  database: Database,
  store: DeploymentStore,
  tell: (ended: Deployment) => void,
): DeploymentStore {
  return {
    ...store,
    setStatus: (deployment, status, result) => {
      database.write(() => {
        store.setStatus(deployment, status, result)
        if (!isFinished(status)) return
        const ended = store.find(deployment.projectId, deployment.number)
        if (ended !== null) tell(ended)
      })
    },
  }
}
