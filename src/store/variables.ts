/** The projects' own variables; their values are sealed before they reach the database. */
import { limits } from '../config.ts'
import type { VariableStore } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'
import type { ProjectId } from '../domain/names.ts'
import type { VariableName } from '../domain/variables.ts'
import type { Database } from './database.ts'
import { createSeal } from './seal.ts'

export function createVariableStore(
  database: Database,
  secretKey: Buffer,
  now: () => number = Date.now,
): VariableStore {
  const statements = prepareStatements(database)
  const seal = createSeal(secretKey)

  return {
    list: (projectId) =>
      statements.list.all(projectId).map(({ name, updated_at }) => ({
        name: name as VariableName,
        updatedAt: new Date(updated_at),
      })),

    set: (projectId, name, value) =>
      database.write(() => {
        const sealed = seal.close(value, placeOf(projectId, name))
        const isNew = statements.find.get(projectId, name) === undefined
        const row = { project: projectId, name, sealed, updated_at: now() }
        if (statements.set.run(row).changes === 0) throw new SlipwayError('project_gone')
        const { count, bytes } = statements.sum.get(projectId) ?? { count: 0, bytes: 0 }
        if (count > limits.variablesMax || bytes > limits.variablesBytesMax) {
          throw new SlipwayError('variables_too_large', {
            count_max: limits.variablesMax,
            bytes_max: limits.variablesBytesMax,
          })
        }
        return isNew
      }),

    remove: (projectId, name) =>
      database.write(() => statements.remove.run(projectId, name).changes > 0),

    read: (projectId) => {
      const values: Record<string, string> = {}
      for (const { name, sealed } of statements.all.all(projectId)) {
        const value = seal.open(sealed, placeOf(projectId, name))
        if (value === null) throw new SlipwayError('variable_unreadable', { name })
        values[name] = value
      }
      const isEmpty = Object.keys(values).length === 0
      return { values, fingerprint: isEmpty ? null : seal.fingerprint(JSON.stringify(values)) }
    },
  }
}

function placeOf(projectId: ProjectId, name: string): string {
  return `${projectId}\0${name}`
}

interface VariableRow {
  readonly project: string
  readonly name: string
  readonly sealed: Buffer
  readonly updated_at: number
}

const ofProject = 'project = (SELECT key FROM projects WHERE id = ?)'

function prepareStatements(database: Database) {
  return {
    list: database.prepare<[string], Pick<VariableRow, 'name' | 'updated_at'>>(
      `SELECT name, updated_at FROM variables WHERE ${ofProject} ORDER BY name`,
    ),
    all: database.prepare<[string], Pick<VariableRow, 'name' | 'sealed'>>(
      `SELECT name, sealed FROM variables WHERE ${ofProject} ORDER BY name`,
    ),
    find: database.prepare<[string, string], { name: string }>(
      `SELECT name FROM variables WHERE ${ofProject} AND name = ?`,
    ),
    sum: database.prepare<[string], { count: number; bytes: number }>(
      `SELECT count(*) AS count, coalesce(sum(length(sealed)), 0) AS bytes
       FROM variables WHERE ${ofProject}`,
    ),
    set: database.prepare<VariableRow>(
      `INSERT INTO variables (project, name, sealed, updated_at)
       SELECT key, @name, @sealed, @updated_at FROM projects WHERE id = @project
       ON CONFLICT (project, name) DO UPDATE SET sealed = excluded.sealed,
         updated_at = excluded.updated_at`,
    ),
    remove: database.prepare<[string, string]>(
      `DELETE FROM variables WHERE ${ofProject} AND name = ?`,
    ),
  }
}
