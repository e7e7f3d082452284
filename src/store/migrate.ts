/**
 * Brings the tables up to date: numbered files, each applied once, in order, in a transaction of
 * its own. An applied file is never edited; its SHA-256 is kept to prove that.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type SQLite from 'better-sqlite3'
import { SlipwayError } from '../domain/errors.ts'

export interface Migration {
  /** Counts from 1, without gaps. */
  readonly version: number
  readonly sql: string
  readonly sha256: string
}

/** Reads `001-….sql`, `002-….sql` and so on. */
export function readMigrations(dir = join(import.meta.dirname, 'migrations')): Migration[] {
  const files = readdirSync(dir).filter((file) => file.endsWith('.sql'))
  return files.toSorted().map((file, index) => {
    const version = Number(file.slice(0, 3))
    if (version !== index + 1) throw new Error(`${file} is not migration ${index + 1}`)
    const sql = readFileSync(join(dir, file), 'utf8')
    return { version, sql, sha256: createHash('sha256').update(sql).digest('hex') }
  })
}

/** Throws `database_newer` where the file was written by a later program; nothing is changed. */
export function applyMigrations(
  connection: SQLite.Database,
  migrations: readonly Migration[],
): void {
  const applyOne = connection.transaction((migration: Migration) => {
    // Asked again inside the transaction: another process may have been faster.
    if (readApplied(connection).has(migration.version)) return
    connection.exec(migration.sql)
    connection
      .prepare('INSERT INTO schema_migrations (version, sha256, applied_at) VALUES (?, ?, ?)')
      .run(migration.version, migration.sha256, Date.now())
  })
  connection.exec(
    `CREATE TABLE IF NOT EXISTS schema_migrations (
       version INTEGER PRIMARY KEY, sha256 TEXT NOT NULL, applied_at INTEGER NOT NULL
     ) STRICT`,
  )
  refuseForeign(connection, migrations)
  for (const migration of migrations) applyOne.immediate(migration)
}

function refuseForeign(connection: SQLite.Database, migrations: readonly Migration[]): void {
  const path = connection.name
  const known = migrations.length
  for (const [version, sha256] of readApplied(connection)) {
    const migration = migrations[version - 1]
    if (migration === undefined) throw new SlipwayError('database_newer', { path, version, known })
    if (migration.sha256 !== sha256) {
      const problem = `its migration ${version} is not the one of this program`
      throw new SlipwayError('database_unreadable', { path, problem })
    }
  }
}

/** Newest first, so that the version that is told is that of the database. */
function readApplied(connection: SQLite.Database): ReadonlyMap<number, string> {
  const rows = connection
    .prepare<[], { version: number; sha256: string }>(
      'SELECT version, sha256 FROM schema_migrations ORDER BY version DESC',
    )
    .all()
  return new Map(rows.map(({ version, sha256 }) => [version, sha256]))
}
