import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { limits } from '../../src/config.ts'
import type { ProjectId } from '../../src/domain/names.ts'
import { parseVariableName } from '../../src/domain/variables.ts'
import { ensureSecretKey } from '../../src/store/secret-key.ts'
import { createVariableStore } from '../../src/store/variables.ts'
import { newProject, type Stores, withStores } from '../tools/store.ts'

const [one, two] = [parseVariableName('ONE'), parseVariableName('TWO')]

function addProject({ projects }: Stores): ProjectId {
  const project = newProject()
  projects.create(project)
  return project.id
}

describe('variables', () => {
  test('are read as they were set, and listed without their values', () =>
    withStores((stores) => {
      const { variables, clock } = stores
      const project = addProject(stores)
      expect(variables.set(project, two, 'a\nb \u{1f6a2}')).toBe(true)
      expect(variables.set(project, one, '')).toBe(true)
      clock.now += 1_000
      expect(variables.set(project, one, 'new')).toBe(false)
      expect(variables.read(project).values).toEqual({ ONE: 'new', TWO: 'a\nb \u{1f6a2}' })
      expect(variables.list(project)).toEqual([
        { name: 'ONE', updatedAt: new Date(clock.now) },
        { name: 'TWO', updatedAt: new Date(clock.now - 1_000) },
      ])
      expect(variables.remove(project, one)).toBe(true)
      expect(variables.remove(project, one)).toBe(false)
      expect(variables.read(project).values).toEqual({ TWO: 'a\nb \u{1f6a2}' })
    }))

  test('belong to one project, and go with it', () =>
    withStores((stores) => {
      const { variables, projects } = stores
      const [mine, theirs] = [addProject(stores), addProject(stores)]
      variables.set(mine, one, 'mine')
      expect(variables.read(theirs)).toEqual({ values: {}, fingerprint: null })
      expect(variables.remove(theirs, one)).toBe(false)
      projects.remove(mine)
      expect(variables.list(mine)).toEqual([])
      expect(() => variables.set(mine, one, 'x')).toThrow('deleted meanwhile')
    }))

  test('are nowhere to be read on the disk', () =>
    withStores(async (stores) => {
      stores.variables.set(addProject(stores), one, 'correct horse battery staple')
      const files = await Promise.all(
        ['slipway.db', 'slipway.db-wal'].map((name) => readFile(join(stores.dataDir, name))),
      )
      const bytes = Buffer.concat(files)
      expect(bytes.includes('ONE')).toBe(true)
      expect(bytes.includes('horse')).toBe(false)
    }))

  test('open by their own key, at their own place, and unchanged only', () =>
    withStores((stores) => {
      const { variables, database } = stores
      const [mine, theirs] = [addProject(stores), addProject(stores)]
      variables.set(mine, one, 'value')
      const other = createVariableStore(database, Buffer.alloc(32, 8))
      expect(() => other.read(mine)).toThrow(/ONE can not be read: .* another key/)
      variables.set(theirs, one, 'x')
      const key = 'project = (SELECT key FROM projects WHERE id = ?)'
      database
        .prepare<[string, string]>(
          `UPDATE variables SET sealed = (SELECT sealed FROM variables WHERE ${key}) WHERE ${key}`,
        )
        .run(mine, theirs)
      expect(() => variables.read(theirs)).toThrow('can not be read')
      database.prepare<[]>("UPDATE variables SET sealed = x'00'").run()
      expect(() => variables.read(mine)).toThrow('can not be read')
      // The way out without the old key.
      expect(other.set(mine, one, 'again')).toBe(false)
      expect(other.read(mine).values).toEqual({ ONE: 'again' })
    }))

  test('have one fingerprint as long as nothing of them changes', () =>
    withStores((stores) => {
      const { variables } = stores
      const project = addProject(stores)
      const prints = new Set<string | null>([variables.read(project).fingerprint])
      variables.set(project, one, 'a')
      const first = variables.read(project).fingerprint
      prints.add(first)
      variables.set(project, one, 'b')
      prints.add(variables.read(project).fingerprint)
      variables.set(project, two, 'a')
      prints.add(variables.read(project).fingerprint)
      expect(prints.size).toBe(4)
      variables.remove(project, two)
      variables.set(project, one, 'a')
      expect(variables.read(project).fingerprint).toBe(first)
    }))

  test('have a limit of their number and one of their size; what goes beyond is not kept', () =>
    withStores((stores) => {
      const { variables } = stores
      const [many, large] = [addProject(stores), addProject(stores)]
      for (let at = 0; at < limits.variablesMax; at += 1) {
        variables.set(many, parseVariableName(`V${at}`), 'x')
      }
      expect(() => variables.set(many, one, 'x')).toThrow('at most 100 variables')
      expect(variables.set(many, parseVariableName('V0'), 'y')).toBe(false)
      const value = 'x'.repeat(limits.variableBytesMax - 100)
      for (let at = 0; at < 16; at += 1) variables.set(large, parseVariableName(`V${at}`), value)
      expect(() => variables.set(large, one, value)).toThrow('524288 bytes')
      expect(variables.list(large)).toHaveLength(16)
    }))
})

describe('the key', () => {
  test('is made once, for the server alone, and must be whole', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'slipway-key-'))
    try {
      const key = await ensureSecretKey(dir)
      const path = join(dir, 'secret.key')
      expect((await stat(path)).mode & 0o777).toBe(0o600)
      expect(await ensureSecretKey(dir)).toEqual(key)
      expect(await readFile(path, 'utf8')).toBe(`${key.toString('hex')}\n`)
      for (const text of ['', 'x', key.toString('hex').slice(1)]) {
        await writeFile(path, text)
        await expect(ensureSecretKey(dir)).rejects.toThrow(/secret\.key is none: 64 hexadecimal/)
      }
    } finally {
      await rm(dir, { recursive: true })
    }
  })
})
