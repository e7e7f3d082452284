import { cp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import SQLite from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/store/database.ts'
import { readMigrations } from '../../src/store/migrate.ts'
import { makeDataDir, newProject, openStores, withStores } from '../tools/store.ts'

const ourMigrations = join(import.meta.dirname, '../../src/store/migrations')
const known = readMigrations().length

describe('the database', () => {
  let dataDir: string
  let migrationsDir: string
  beforeEach(async () => {
    dataDir = await makeDataDir()
    migrationsDir = join(dataDir, 'migrations')
    await cp(ourMigrations, migrationsDir, { recursive: true })
  })
  const nextMigration = (): string =>
    join(migrationsDir, `${String(known + 1).padStart(3, '0')}-next.sql`)
  afterEach(() => rm(dataDir, { recursive: true, force: true }))

  it('is a file that only the server reads, with all that SQLite puts beside it', async () => {
    const { database, projects } = openStores(dataDir)
    projects.create(newProject())
    for (const file of ['slipway.db', 'slipway.db-wal', 'slipway.db-shm']) {
      const { mode } = await stat(join(dataDir, file))
      expect((mode & 0o777).toString(8), file).toBe('600')
    }
    database.close()
  })

  it('keeps what is written when the power goes, and its rows consistent', () => {
    using raw = disposable(openDatabase(dataDir))
    const pragma = (name: string): unknown => raw.prepare<[], object>(`PRAGMA ${name}`).get()
    expect(pragma('journal_mode')).toEqual({ journal_mode: 'wal' })
    expect(pragma('synchronous')).toEqual({ synchronous: 2 })
    expect(pragma('foreign_keys')).toEqual({ foreign_keys: 1 })
    expect(pragma('busy_timeout')).toEqual({ timeout: 5_000 })
  })

  it('is closed when its owner lets go of it', async () => {
    const database = openDatabase(dataDir)
    await database[Symbol.asyncDispose]()
    expect(() => database.write(() => undefined)).toThrow(/not open/)
  })

  it('applies each migration once, and a later one to what is there', async () => {
    const project = newProject()
    const before = openStores(dataDir)
    before.projects.create(project)
    before.database.close()
    await writeFile(nextMigration(), 'ALTER TABLE projects ADD colour TEXT;')
    openDatabase(dataDir, migrationsDir).close()
    using after = disposable(openDatabase(dataDir, migrationsDir))
    expect(after.prepare<[], object>('SELECT id, colour FROM projects').get()).toEqual({
      id: project.id,
      colour: null,
    })
    const applied = 'SELECT count(*) AS count FROM schema_migrations'
    expect(after.prepare<[], object>(applied).get()).toEqual({ count: known + 1 })
  })

  it('is as it was after a migration that fails half-way', async () => {
    openDatabase(dataDir).close()
    const broken = 'ALTER TABLE projects ADD colour TEXT; ALTER TABLE nowhere ADD colour TEXT;'
    await writeFile(nextMigration(), broken)
    expect(() => openDatabase(dataDir, migrationsDir)).toThrow(/nowhere/)
    using database = disposable(openDatabase(dataDir))
    expect(() => database.prepare('SELECT colour FROM projects')).toThrow(/no such column/)
  })

  it('of a newer program is refused and left alone', async () => {
    await writeFile(nextMigration(), 'ALTER TABLE projects ADD colour TEXT;')
    openDatabase(dataDir, migrationsDir).close()
    const before = await readFile(join(dataDir, 'slipway.db'))
    expect(() => openDatabase(dataDir)).toThrow(
      expect.objectContaining({
        code: 'database_newer',
        message: `The database ${join(dataDir, 'slipway.db')} has version ${known + 1}; this program knows ${known}.`,
      }),
    )
    expect(await readFile(join(dataDir, 'slipway.db'))).toEqual(before)
  })

  it('whose migrations were edited after they were applied is refused', async () => {
    openDatabase(dataDir).close()
    const first = join(migrationsDir, '001-first-tables.sql')
    await writeFile(first, `${await readFile(first, 'utf8')}-- edited`)
    expect(() => openDatabase(dataDir, migrationsDir)).toThrow(
      expect.objectContaining({ code: 'database_unreadable' }),
    )
  })

  it('that is no database is told as such', async () => {
    await writeFile(join(dataDir, 'slipway.db'), 'something else '.repeat(100))
    expect(() => openDatabase(dataDir)).toThrow(
      expect.objectContaining({ code: 'database_unreadable' }),
    )
  })

  it('tells of a full disk, and has nothing of what did not fit', async () => {
    await withStores(({ database, projects }) => {
      const pages = database.prepare<[], { page_count: number }>('PRAGMA page_count').get()
      database.prepare<[], object>(`PRAGMA max_page_count = ${pages?.page_count}`).get()
      const large = newProject({ name: 'x'.repeat(100_000) })
      expect(() => {
        projects.create(large)
      }).toThrow(expect.objectContaining({ code: 'disk_full' }))
      expect(projects.find(large.id)).toBeNull()
    })
  })
})

describe('the tables', () => {
  it('have an index for every reference, so that removing a project reads no table through', async () => {
    await withStores(({ dataDir }) => {
      const raw = new SQLite(join(dataDir, 'slipway.db'), { readonly: true })
      const list = <Row>(sql: string): Row[] => raw.prepare<[], Row>(sql).all()
      const tables = list<{ name: string }>(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
      const references = tables.flatMap(({ name }) =>
        list<{ from: string }>(`PRAGMA foreign_key_list(${name})`).map(({ from }) => {
          const columns = list<{ name: string }>(`PRAGMA index_list(${name})`).map(
            (index) => list<{ name: string }>(`PRAGMA index_info(${index.name})`)[0]?.name,
          )
          return { reference: `${name}.${from}`, isIndexed: columns.includes(from) }
        }),
      )
      raw.close()
      expect(references).toHaveLength(10)
      expect(references.filter(({ isIndexed }) => !isIndexed)).toEqual([])
    })
  })
})

function disposable(database: ReturnType<typeof openDatabase>) {
  return Object.assign(database, {
    [Symbol.dispose]: () => {
      database.close()
    },
  })
}
