/** What is known of each certificate, and what was ordered of the authority. */
import type {
  CertificateCounts,
  CertificateRecord,
  CertificateStore,
  LedgerEntry,
} from '../contracts.ts'
import type { ProjectId } from '../domain/names.ts'
import type { Database } from './database.ts'
import { plannedMaxMs } from './planned.ts'
import { oneOf } from './rows.ts'

export function createCertificateStore(database: Database): CertificateStore {
  const statements = prepareStatements(database)
  return {
    list: () => statements.list.all().map(toRecord),
    page: (after, limit) => statements.page.all({ after, limit }).map(toRecord),
    find: (name) => {
      const row = statements.find.get(name)
      return row === undefined ? null : toRecord(row)
    },
    save: ({
      name,
      projectId,
      notBefore,
      notAfter,
      failures,
      reason,
      nextTry,
      isHeldBack,
      renewAt,
    }) => {
      database.write(() =>
        statements.save.run({
          name,
          project_id: projectId,
          not_before: notBefore?.getTime() ?? null,
          not_after: notAfter?.getTime() ?? null,
          failures,
          reason,
          next_try: nextTry.getTime(),
          is_held_back: isHeldBack ? 1 : 0,
          renew_at: renewAt?.getTime() ?? null,
        }),
      )
    },
    remove: (name) => {
      database.write(() => statements.remove.run(name))
    },
    removeAll: (names) => {
      database.write(() => {
        for (const name of names) statements.remove.run(name)
      })
    },
    startAnew: (now) => {
      database.write(() => {
        statements.forgetAll.run()
        statements.wakeAll.run(now.getTime())
      })
    },
    due: (now, limit) => {
      const latest = now.getTime() + plannedMaxMs
      const rows = statements.due.all({ now: now.getTime(), limit })
      return [...rows, ...statements.later.all({ latest, limit })].slice(0, limit).map(toRecord)
    },
    nextTry: () => {
      const at = statements.nextTry.get()?.next_try
      return at === undefined || at === null ? null : new Date(at)
    },
    count: (now) => {
      const { first_end: firstEnd, ...counts } = statements.count.get(now.getTime()) ?? noCounts
      return { ...counts, firstEnd: toDate(firstEnd) }
    },
    enter: ({ at, names, projectId, outcome, isRenewal }, forgetBefore) => {
      database.write(() => {
        statements.forget.run(forgetBefore.getTime())
        statements.enter.run({
          at: at.getTime(),
          names: names.join(' '),
          project_id: projectId,
          outcome,
          is_renewal: isRenewal ? 1 : 0,
        })
      })
    },
    entriesSince: (since) => statements.entries.all(since.getTime()).map(toEntry),
  }
}

interface CertificateRow {
  readonly name: string
  readonly project_id: string | null
  readonly not_before: number | null
  readonly not_after: number | null
  readonly failures: number
  readonly reason: string | null
  readonly next_try: number
  readonly is_held_back: number
  readonly renew_at: number | null
}

interface CountsRow extends Omit<CertificateCounts, 'firstEnd'> {
  readonly first_end: number | null
}

const noCounts: CountsRow = { valid: 0, waiting: 0, failing: 0, heldBack: 0, first_end: null }

interface OrderRow {
  readonly at: number
  readonly names: string
  readonly project_id: string | null
  readonly outcome: string
  readonly is_renewal: number
}

function toRecord(row: CertificateRow): CertificateRecord {
  return {
    name: row.name as CertificateRecord['name'],
    projectId: row.project_id as ProjectId | null,
    notBefore: toDate(row.not_before),
    notAfter: toDate(row.not_after),
    failures: row.failures,
    reason: row.reason,
    nextTry: new Date(row.next_try),
    isHeldBack: row.is_held_back === 1,
    renewAt: toDate(row.renew_at),
  }
}

function toEntry(row: OrderRow): LedgerEntry {
  return {
    at: new Date(row.at),
    names: row.names.split(' '),
    projectId: row.project_id as ProjectId | null,
    outcome: oneOf(['issued', 'failed'] as const, row.outcome),
    isRenewal: row.is_renewal === 1,
  }
}

function toDate(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms)
}

function prepareStatements(database: Database) {
  return {
    list: database.prepare<[], CertificateRow>('SELECT * FROM certificates ORDER BY name'),
    page: database.prepare<{ after: string; limit: number }, CertificateRow>(
      'SELECT * FROM certificates WHERE name > :after ORDER BY name LIMIT :limit',
    ),
    find: database.prepare<[string], CertificateRow>('SELECT * FROM certificates WHERE name = ?'),
    save: database.prepare<CertificateRow>(
      `INSERT OR REPLACE INTO certificates
         (name, project_id, not_before, not_after, failures, reason, next_try, is_held_back, renew_at)
       VALUES
         (:name, :project_id, :not_before, :not_after, :failures, :reason, :next_try, :is_held_back,
          :renew_at)`,
    ),
    remove: database.prepare<[string]>('DELETE FROM certificates WHERE name = ?'),
    due: database.prepare<{ now: number; limit: number }, CertificateRow>(
      `SELECT * FROM certificates WHERE next_try <= :now ORDER BY next_try LIMIT :limit`,
    ),
    later: database.prepare<{ latest: number; limit: number }, CertificateRow>(
      'SELECT * FROM certificates WHERE next_try > :latest ORDER BY next_try LIMIT :limit',
    ),
    nextTry: database.prepare<[], { next_try: number | null }>(
      'SELECT min(next_try) AS next_try FROM certificates',
    ),
    count: database.prepare<[number], CountsRow>(
      `SELECT count(*) FILTER (WHERE is_valid) AS valid,
         count(*) FILTER (WHERE NOT is_valid) AS waiting,
         count(*) FILTER (WHERE failures > 0) AS failing,
         count(*) FILTER (WHERE is_held_back) AS heldBack,
         min(not_after) AS first_end
       FROM (SELECT *, coalesce(not_after > ?, 0) AS is_valid FROM certificates)`,
    ),
    forget: database.prepare<[number]>('DELETE FROM certificate_orders WHERE at < ?'),
    forgetAll: database.prepare<[]>('DELETE FROM certificate_orders'),
    wakeAll: database.prepare<[number]>(
      'UPDATE certificates SET next_try = ?, failures = 0, reason = NULL, is_held_back = 0',
    ),
    enter: database.prepare<OrderRow>(
      `INSERT INTO certificate_orders (at, names, project_id, outcome, is_renewal)
       VALUES (:at, :names, :project_id, :outcome, :is_renewal)`,
    ),
    entries: database.prepare<[number], OrderRow>(
      'SELECT at, names, project_id, outcome, is_renewal FROM certificate_orders WHERE at >= ? ORDER BY at',
    ),
  }
}
