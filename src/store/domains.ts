/** The projects' own domains: whose each is, and what was found at the last look. */
import { limits } from '../config.ts'
import type { DomainProblem, DomainRecord, DomainStore } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'
import type { HostName, ProjectId } from '../domain/names.ts'
import type { Database } from './database.ts'
import { plannedMaxMs } from './planned.ts'
import { oneOf, readJson } from './rows.ts'

export function createDomainStore(database: Database): DomainStore {
  const statements = prepareStatements(database)
  const find = (host: HostName): DomainRecord | null => {
    const row = statements.find.get(host)
    return row === undefined ? null : toRecord(row)
  }
  return {
    create: ({ host, projectId, redirectTo, createdAt }) =>
      database.write(() => {
        if ((statements.count.get(projectId)?.count ?? 0) >= limits.domainsMax) {
          throw new SlipwayError('domains_too_many', { count_max: limits.domainsMax })
        }
        const at = createdAt.getTime()
        const row = { host, project: projectId, redirect_to: redirectTo, created_at: at }
        if (statements.insert.run(row).changes === 0) throw new SlipwayError('project_gone')
        const made = find(host)
        if (made === null) throw new Error('a domain went as it was made')
        return made
      }),
    find,
    list: (projectId) => statements.list.all(projectId).map(toRecord),
    redirectingTo: (host) => statements.redirecting.all(host).map(toRecord),
    save: (record) => {
      database.write(() => statements.save.run(toChange(record)))
    },
    remove: ({ host, projectId }) => {
      database.write(() => statements.remove.run(host, projectId))
    },
    due: (now, limit) => {
      const latest = now.getTime() + plannedMaxMs
      const rows = statements.due.all({ now: now.getTime(), limit })
      return [...rows, ...statements.later.all({ latest, limit })].slice(0, limit).map(toRecord)
    },
    nextCheck: () => toDate(statements.next.get()?.next_check ?? null),
  }
}

interface DomainRow {
  readonly host: string
  readonly project_id: string
  readonly redirect_to: string | null
  readonly proved_at: number | null
  readonly attached_at: number | null
  readonly lost_at: number | null
  readonly problem: string | null
  readonly failures: number
  readonly created_at: number
  readonly checked_at: number | null
  readonly next_check: number
}

function toRecord(row: DomainRow): DomainRecord {
  return {
    host: row.host as HostName,
    projectId: row.project_id as ProjectId,
    redirectTo: row.redirect_to as HostName | null,
    provedAt: toDate(row.proved_at),
    attachedAt: toDate(row.attached_at),
    lostAt: toDate(row.lost_at),
    problem: row.problem === null ? null : toProblem(row.problem),
    failures: row.failures,
    createdAt: new Date(row.created_at),
    checkedAt: toDate(row.checked_at),
    nextCheck: new Date(row.next_check),
  }
}

function toProblem(text: string): DomainProblem {
  const stored = readJson(text)
  const kind = oneOf(['missing', 'wrong', 'unknown'] as const, String(stored['kind']))
  return { kind, text: String(stored['text']) }
}

type Change = Omit<DomainRow, 'created_at'>

function toChange(record: DomainRecord): Change {
  return {
    host: record.host,
    project_id: record.projectId,
    redirect_to: record.redirectTo,
    proved_at: record.provedAt?.getTime() ?? null,
    attached_at: record.attachedAt?.getTime() ?? null,
    lost_at: record.lostAt?.getTime() ?? null,
    problem: record.problem === null ? null : JSON.stringify(record.problem),
    failures: record.failures,
    checked_at: record.checkedAt?.getTime() ?? null,
    next_check: record.nextCheck.getTime(),
  }
}

function toDate(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms)
}

interface InsertRow {
  readonly host: string
  readonly project: string
  readonly redirect_to: string | null
  readonly created_at: number
}

const ofProject = '(SELECT key FROM projects WHERE id = ?)'
const rows = `SELECT host, projects.id AS project_id, redirect_to, proved_at, attached_at, lost_at,
    problem, failures, domains.created_at, checked_at, next_check
  FROM domains JOIN projects ON projects.key = domains.project`

function prepareStatements(database: Database) {
  return {
    find: database.prepare<[string], DomainRow>(`${rows} WHERE host = ?`),
    list: database.prepare<[string], DomainRow>(
      `${rows} WHERE projects.id = ? ORDER BY domains.created_at, host`,
    ),
    count: database.prepare<[string], { count: number }>(
      `SELECT count(*) AS count FROM domains WHERE project = ${ofProject}`,
    ),
    redirecting: database.prepare<[string], DomainRow>(`${rows} WHERE redirect_to = ?`),
    insert: database.prepare<InsertRow>(
      `INSERT INTO domains (host, project, redirect_to, created_at, next_check)
       SELECT @host, key, @redirect_to, @created_at, @created_at FROM projects WHERE id = @project`,
    ),
    save: database.prepare<Change>(
      `UPDATE domains SET redirect_to = @redirect_to, proved_at = @proved_at,
         attached_at = @attached_at, lost_at = @lost_at, problem = @problem, failures = @failures,
         checked_at = @checked_at, next_check = @next_check
       WHERE host = @host AND project = (SELECT key FROM projects WHERE id = @project_id)`,
    ),
    remove: database.prepare<[string, string]>(
      `DELETE FROM domains WHERE host = ? AND project = ${ofProject}`,
    ),
    due: database.prepare<{ now: number; limit: number }, DomainRow>(
      `${rows} WHERE next_check <= @now ORDER BY next_check, host LIMIT @limit`,
    ),
    later: database.prepare<{ latest: number; limit: number }, DomainRow>(
      `${rows} WHERE next_check > @latest ORDER BY next_check, host LIMIT @limit`,
    ),
    next: database.prepare<[], { next_check: number | null }>(
      'SELECT min(next_check) AS next_check FROM domains',
    ),
  }
}
