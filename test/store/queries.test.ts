// Asks SQLite how it will run each statement of the stores: what is fast here is fast at any size.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import SQLite from 'better-sqlite3'
import { afterEach, expect, it, vi } from 'vitest'
import { Database } from '../../src/store/database.ts'
import { makeDataDir, openStores } from '../tools/store.ts'

/** Reads the index of what is unfinished from end to end: a handful of rows, and all are wanted. */
const allowedScan = 'SCAN deployments USING INDEX deployments_unfinished'
/** A server has few webhooks, and an event concerns most of them. */
const allowedFew = /^SCAN (webhooks|json_each)\b/
/** Sorts the steps of one deployment, of which there are about ten. */
const allowedSort = 'ORDER BY steps.key'

afterEach(() => vi.restoreAllMocks())

it('no statement of the stores reads a table through or sorts what it found', async () => {
  const dataDir = await makeDataDir()
  const prepare = vi.spyOn(Database.prototype, 'prepare')
  openStores(dataDir).database.close()
  const statements = prepare.mock.calls.map(([sql]) => sql)
  const plans = explain(join(dataDir, 'slipway.db'), statements)
  await rm(dataDir, { recursive: true })
  expect(statements.length).toBeGreaterThan(20)
  expect(plans.some(({ steps }) => steps.some((step) => step.startsWith('SEARCH')))).toBe(true)
  expect(plans.some(({ steps }) => steps.includes(allowedScan))).toBe(true)
  const isSlow = (step: string): boolean => /^SCAN|TEMP B-TREE|AUTOMATIC/.test(step)
  const slow = plans.map(({ sql, steps }) => {
    return {
      sql,
      steps: steps.filter((step) => isSlow(step) && step !== allowedScan && !allowedFew.test(step)),
    }
  })
  const told = slow.filter(({ steps }) => steps.length > 0)
  expect(told.filter(({ sql }) => !sql.includes(allowedSort))).toEqual([])
})

it('the log is read at the place that was asked, also by deployment and by milestone', async () => {
  const dataDir = await makeDataDir()
  const prepare = vi.spyOn(Database.prototype, 'prepare')
  openStores(dataDir).database.close()
  const statements = prepare.mock.calls.map(([sql]) => sql)
  const reads = statements.filter((sql) => sql.includes('FROM events'))
  const searches = explain(join(dataDir, 'slipway.db'), reads).map(({ steps }) => steps[0])
  await rm(dataDir, { recursive: true })
  expect(searches).toEqual([
    'SEARCH events USING PRIMARY KEY (project=? AND seq>?)',
    'SEARCH events USING INDEX events_by_deployment (project=? AND deployment=? AND seq>?)',
    'SEARCH events USING INDEX events_milestones (project=?)',
    'SEARCH events USING INDEX events_milestones (project=? AND seq>?)',
  ])
})

function explain(path: string, statements: readonly string[]) {
  const connection = new SQLite(path)
  const plans = statements.map((sql) => {
    const questions = sql.replace(/@[a-z_0-9]+/g, '?')
    const values = questions
      .split('?')
      .slice(1)
      .map(() => 1)
    const steps = connection
      .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${questions}`)
      .all(...values)
    return { sql, steps: steps.map(({ detail }) => detail) }
  })
  connection.close()
  return plans
}
