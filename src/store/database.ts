/**
 * The one database file. Opens it so that what was written stays written, and brings its tables up
 * to date. Knows nothing of what the tables hold.
 */
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import SQLite from 'better-sqlite3'
import { limits } from '../config.ts'
import { SlipwayError } from '../domain/errors.ts'
import { toDiskError } from '../machine/files.ts'
import { applyMigrations, readMigrations } from './migrate.ts'

/**
 * Opens `<dataDir>/slipway.db`, or makes it. Throws `database_newer`, `database_unreadable`,
 * `disk_full` or `folder_not_writable`.
 */
export function openDatabase(dataDir: string, migrationsDir?: string): Database {
  const path = join(dataDir, 'slipway.db')
  makePrivateFile(dataDir, path)
  const connection = translateErrors(path, () => new SQLite(path))
  try {
    translateErrors(path, () => {
      configure(connection)
      applyMigrations(connection, readMigrations(migrationsDir))
    })
  } catch (error) {
    connection.close()
    throw error
  }
  return new Database(path, connection)
}

/** What the stores share: statements, and transactions that last. */
export class Database implements AsyncDisposable {
  readonly path: string
  readonly #connection: SQLite.Database

  constructor(path: string, connection: SQLite.Database) {
    this.path = path
    this.#connection = connection
  }

  /** `Row` is what the statement answers; the tables are STRICT, so it can be relied on. */
  prepare<Parameters extends unknown[] | object, Row = never>(sql: string) {
    return this.#connection.prepare<Parameters, Row>(sql)
  }

  /**
   * Runs the work as one transaction that nobody else writes beside, and that is on the disk when
   * this returns. Where the work throws, nothing was written.
   */
  write<Result>(work: () => Result): Result {
    return translateErrors(this.path, () => this.#connection.transaction(work).immediate())
  }

  /** Throws like `write` where nothing can be written; changes nothing, but on the disk. */
  checkWritable(): void {
    this.write(() => {
      const version = Number(this.#connection.pragma('user_version', { simple: true }))
      this.#connection.pragma(`user_version = ${version}`)
    })
  }

  close(): void {
    this.#connection.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }
}

/** SQLite makes its files by the umask and gives `-wal` and `-shm` the mode of the first. */
function makePrivateFile(dataDir: string, path: string): void {
  try {
    mkdirSync(dataDir, { recursive: true })
    closeSync(openSync(path, 'a', 0o600))
    chmodSync(path, 0o600)
  } catch (error) {
    throw toDiskError(error, path)
  }
}

function configure(connection: SQLite.Database): void {
  connection.pragma(`busy_timeout = ${limits.databaseBusyTimeoutMs}`)
  connection.pragma('journal_mode = WAL')
  // NORMAL may lose the last transactions in a power cut; the stores promise to be durable when
  // they return, and a transaction costs a third of a millisecond with it.
  connection.pragma('synchronous = FULL')
  connection.pragma('foreign_keys = ON')
  connection.pragma(`journal_size_limit = ${limits.databaseJournalBytesMax}`)
}

function translateErrors<Result>(path: string, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw error instanceof SQLite.SqliteError ? toStoreError(error, path) : error
  }
}

function toStoreError(error: InstanceType<typeof SQLite.SqliteError>, path: string): unknown {
  if (error.code === 'SQLITE_FULL') return new SlipwayError('disk_full', { path }, error)
  if (/^SQLITE_(READONLY|CANTOPEN|PERM)/.test(error.code)) {
    return new SlipwayError('folder_not_writable', { path, problem: error.code }, error)
  }
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(error.code)) {
    return new SlipwayError('database_unreadable', { path, problem: error.message }, error)
  }
  return error
}
