/** The deployments of all projects, with their steps and the facts that they learned. */
import type { DeploymentStore, StepRecord } from '../contracts.ts'
import {
  type Deployment,
  type DeploymentStatus,
  deploymentStatuses,
  isFinished,
} from '../domain/deployment.ts'
import { SlipwayError } from '../domain/errors.ts'
import type { ProcessUse } from '../domain/use.ts'
import type { Database } from './database.ts'
import { type DeploymentRow, readJson, type StepRow, toDeployment, toStepRecord } from './rows.ts'

type DeploymentName = Pick<Deployment, 'projectId' | 'number'>

export function createDeploymentStore(
  database: Database,
  now: () => number = Date.now,
): DeploymentStore {
  const statements = prepareStatements(database)

  const keyOf = ({ projectId, number }: DeploymentName): number => {
    const row = statements.key.get(projectId, number)
    if (row === undefined) throw new SlipwayError('project_gone')
    return row.key
  }
  const find: DeploymentStore['find'] = (projectId, number) => {
    const row = statements.find.get(projectId, number)
    return row === undefined ? null : toDeployment(row)
  }

  return {
    create: (deployment) => {
      const { projectId } = deployment
      return database.write(() => {
        const given = statements.takeNumber.get(projectId)
        if (given === undefined) throw new SlipwayError('project_gone')
        statements.insert.run({
          project: given.key,
          number: given.number,
          cause: deployment.trigger,
          commit_oid: deployment.commit,
          branch: deployment.branch,
          actor: deployment.actor,
          options: JSON.stringify(deployment.options),
          created_at: now(),
        })
        const made = find(projectId, given.number)
        if (made === null) throw new Error('a deployment that was written is not there')
        return made
      })
    },

    find,

    newest: (projectId) => {
      const row = statements.list.get({ id: projectId, before: numberMax, limit: 1 })
      return row === undefined ? null : toDeployment(row)
    },

    list: (projectId, { limit, before }) =>
      statements.list.all({ id: projectId, before: before ?? numberMax, limit }).map(toDeployment),

    count: (projectId) => {
      const counts = statements.count.get(projectId)
      if (counts === undefined) throw new Error('a count without a row')
      return counts
    },

    unfinished: () => statements.unfinished.all().map(toDeployment),

    setStatus: (name, status, result = {}) => {
      database.write(() => {
        const at = now()
        statements.setStatus.run({
          key: keyOf(name),
          status,
          started_at: status === 'in_progress' ? at : null,
          finished_at: isFinished(status) ? at : null,
          error: result.error === undefined ? null : JSON.stringify(result.error),
          release: result.release ?? null,
        })
      })
    },

    saveStep: (name, step, facts) => {
      database.write(() => {
        const key = keyOf(name)
        statements.saveStep.run({ deployment: key, ...toStepRow(step) })
        statements.saveFacts.run(JSON.stringify(facts), key)
      })
    },

    steps: ({ projectId, number }) => statements.steps.all(projectId, number).map(toStepRecord),

    usedSince: (projectId, since) =>
      statements.usedSince.get(projectId, since.getTime()) ?? { cpuMs: 0, memoryPeakBytes: 0 },

    facts: ({ projectId, number }) => {
      const row = statements.facts.get(projectId, number)
      return row === undefined ? {} : readJson(row.facts)
    },
  }
}

const numberMax = Number.MAX_SAFE_INTEGER

function toStepRow(step: StepRecord): StepRow {
  return {
    step: step.step,
    status: step.status,
    started_at: step.startedAt.getTime(),
    finished_at: step.finishedAt?.getTime() ?? null,
    used: step.used === null ? null : JSON.stringify(step.used),
  }
}

interface InsertRow extends Pick<
  DeploymentRow,
  'number' | 'cause' | 'commit_oid' | 'branch' | 'actor' | 'options' | 'created_at'
> {
  readonly project: number
}

interface StatusRow extends Pick<
  DeploymentRow,
  'started_at' | 'finished_at' | 'error' | 'release'
> {
  readonly key: number
  readonly status: DeploymentStatus
}

const selectDeployments = `
  SELECT projects.id AS project_id, number, status, cause, commit_oid, branch, actor, options,
    release, error, deployments.created_at, started_at, finished_at
  FROM deployments JOIN projects ON projects.key = deployments.project`

const ofDeployment = `
  deployments.project = (SELECT key FROM projects WHERE id = ?) AND deployments.number = ?`

function prepareStatements(database: Database) {
  return {
    takeNumber: database.prepare<[string], { key: number; number: number }>(
      `UPDATE projects SET deployments_made = deployments_made + 1 WHERE id = ?
       RETURNING key, deployments_made AS number`,
    ),
    insert: database.prepare<InsertRow>(
      `INSERT INTO deployments (project, number, status, cause, commit_oid, branch, actor, options,
         created_at)
       VALUES (@project, @number, 'queued', @cause, @commit_oid, @branch, @actor, @options,
         @created_at)`,
    ),
    key: database.prepare<[string, number], { key: number }>(
      `SELECT key FROM deployments WHERE ${ofDeployment}`,
    ),
    find: database.prepare<[string, number], DeploymentRow>(
      `${selectDeployments} WHERE ${ofDeployment}`,
    ),
    list: database.prepare<{ id: string; before: number; limit: number }, DeploymentRow>(
      `${selectDeployments} WHERE projects.id = @id AND number < @before
       ORDER BY number DESC LIMIT @limit`,
    ),
    count: database.prepare<[string], Record<DeploymentStatus, number>>(
      `SELECT ${deploymentStatuses
        .map((status) => `count(*) FILTER (WHERE status = '${status}') AS ${status}`)
        .join(', ')}
       FROM deployments WHERE project = (SELECT key FROM projects WHERE id = ?)`,
    ),
    unfinished: database.prepare<[], DeploymentRow>(
      `${selectDeployments} WHERE status IN ('queued', 'in_progress') ORDER BY deployments.key`,
    ),
    setStatus: database.prepare<StatusRow>(
      `UPDATE deployments SET status = @status, started_at = coalesce(@started_at, started_at),
         finished_at = coalesce(@finished_at, finished_at), error = coalesce(@error, error),
         release = coalesce(@release, release)
       WHERE key = @key`,
    ),
    saveStep: database.prepare<StepRow & { deployment: number }>(
      `INSERT INTO steps (deployment, step, status, started_at, finished_at, used)
       VALUES (@deployment, @step, @status, @started_at, @finished_at, @used)
       ON CONFLICT (deployment, step) DO UPDATE SET status = excluded.status,
         started_at = excluded.started_at, finished_at = excluded.finished_at,
         used = coalesce(excluded.used, used)`,
    ),
    saveFacts: database.prepare<[string, number]>('UPDATE deployments SET facts = ? WHERE key = ?'),
    steps: database.prepare<[string, number], StepRow>(
      `SELECT step, steps.status, steps.started_at, steps.finished_at, steps.used
       FROM steps JOIN deployments ON deployments.key = steps.deployment
       WHERE ${ofDeployment} ORDER BY steps.key`,
    ),
    usedSince: database.prepare<[string, number], ProcessUse>(
      `SELECT coalesce(sum(used ->> 'cpuMs'), 0) AS cpuMs,
         coalesce(max(used ->> 'memoryPeakBytes'), 0) AS memoryPeakBytes
       FROM deployments JOIN steps ON steps.deployment = deployments.key
       WHERE project = (SELECT key FROM projects WHERE id = ?) AND created_at >= ?
         AND used IS NOT NULL`,
    ),
    facts: database.prepare<[string, number], { facts: string }>(
      `SELECT facts FROM deployments WHERE ${ofDeployment}`,
    ),
  }
}
