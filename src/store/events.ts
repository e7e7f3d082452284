/**
 * The log of each project: written in one transaction a batch, told to followers after it. Followers
 * are those of this process.
 */
import type { EventLog } from '../contracts.ts'
import type { DeploymentEvent, NewEvent } from '../domain/deployment.ts'
import { SlipwayError } from '../domain/errors.ts'
import type { ProjectId } from '../domain/names.ts'
import type { Database } from './database.ts'
import { Followers } from './followers.ts'
import { type EventRow, toEvent } from './rows.ts'

/** `onListenerError` gets what a follower threw; it costs neither the log nor other followers. */
export function createEventLog(
  database: Database,
  onListenerError: (error: unknown) => void,
  now: () => number = Date.now,
): EventLog {
  const statements = prepareStatements(database)
  const followers = new Followers(onListenerError)

  const write = (
    projectId: ProjectId,
    events: readonly NewEvent[],
    beside: () => void,
  ): readonly DeploymentEvent[] =>
    database.write(() => {
      beside()
      const taken = statements.takeNumbers.get({ id: projectId, count: events.length })
      if (taken === undefined) throw new SlipwayError('project_gone')
      const before = taken.events_made - events.length
      const at = now()
      return events.map(({ deployment, step, status, stream, text }, index) => {
        const row: EventRow = {
          seq: before + index + 1,
          at,
          deployment,
          step,
          status,
          stream,
          text,
        }
        statements.insert.run({ project: taken.key, ...row })
        return toEvent(row)
      })
    })

  return {
    append: (projectId, events, beside = () => undefined) => {
      if (events.length === 0) {
        database.write(beside)
        return []
      }
      const appended = write(projectId, events, beside)
      followers.tell(projectId, appended)
      return appended
    },

    read: (projectId, { after, limit, deployment }) =>
      (deployment === undefined
        ? statements.read.all({ id: projectId, after, limit })
        : statements.readDeployment.all({ id: projectId, after, limit, deployment })
      ).map(toEvent),

    milestones: (projectId, limit, deployment) =>
      (deployment === undefined
        ? statements.milestones.all(projectId, limit)
        : statements.milestonesOfDeployment.all({ id: projectId, limit, deployment })
      )
        .map(toEvent)
        .toReversed(),

    follow: (projectId, listener) => followers.add(projectId, listener),
  }
}

interface Range {
  readonly id: string
  readonly after: number
  readonly limit: number
}

const selectEvents = 'SELECT seq, at, deployment, step, status, stream, text FROM events'

/**
 * INDEXED BY, because without statistics SQLite takes the primary key and reads every line of a tool
 * on its way: 20 ms instead of a tenth of one, for a project of half a million events.
 */
function prepareStatements(database: Database) {
  return {
    takeNumbers: database.prepare<
      { id: string; count: number },
      { key: number; events_made: number }
    >(
      `UPDATE projects SET events_made = events_made + @count WHERE id = @id
       RETURNING key, events_made`,
    ),
    insert: database.prepare<EventRow & { project: number }>(
      `INSERT INTO events (project, seq, at, deployment, step, status, stream, text)
       VALUES (@project, @seq, @at, @deployment, @step, @status, @stream, @text)`,
    ),
    read: database.prepare<Range, EventRow>(
      `${selectEvents} WHERE project = (SELECT key FROM projects WHERE id = @id) AND seq > @after
       ORDER BY seq LIMIT @limit`,
    ),
    readDeployment: database.prepare<Range & { deployment: number }, EventRow>(
      `${selectEvents} INDEXED BY events_by_deployment
       WHERE project = (SELECT key FROM projects WHERE id = @id)
         AND deployment = @deployment AND seq > @after
       ORDER BY seq LIMIT @limit`,
    ),
    milestones: database.prepare<[string, number], EventRow>(
      `${selectEvents} INDEXED BY events_milestones
       WHERE project = (SELECT key FROM projects WHERE id = ?) AND stream IS NULL
       ORDER BY seq DESC LIMIT ?`,
    ),
    // From its first event on, so that those of a thousand earlier deployments are not looked at.
    milestonesOfDeployment: database.prepare<
      { id: string; limit: number; deployment: number },
      EventRow
    >(
      `${selectEvents} INDEXED BY events_milestones
       WHERE project = (SELECT key FROM projects WHERE id = @id) AND stream IS NULL
         AND deployment = @deployment
         AND seq >= (SELECT seq FROM events INDEXED BY events_by_deployment
           WHERE project = (SELECT key FROM projects WHERE id = @id) AND deployment = @deployment
           ORDER BY seq LIMIT 1)
       ORDER BY seq DESC LIMIT @limit`,
    ),
  }
}
