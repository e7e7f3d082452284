/** The projects in the database. */
import type { ProjectStore } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'
import type { Database } from './database.ts'
import { type ProjectRow, toProject } from './rows.ts'

export function createProjectStore(database: Database): ProjectStore {
  const statements = prepareStatements(database)
  const { find } = statements

  return {
    create: (project) => {
      database.write(() => {
        const { id, slug } = project
        // Ids and slugs are one space of names: a slug that is another project's id would answer
        // in its place wherever "the id or the slug" is taken.
        if (find.get({ name: id }) !== undefined) throw new SlipwayError('project_id_taken', { id })
        if (find.get({ name: slug }) !== undefined) throw new SlipwayError('slug_taken', { slug })
        statements.insert.run({
          id,
          slug,
          name: project.name,
          schema_name: project.schemaName,
          framework: project.framework,
          production_branch: project.productionBranch,
          settings: JSON.stringify(project.settings),
          created_at: project.createdAt.getTime(),
        })
      })
    },

    find: (idOrSlug) => {
      // Both are lower case by construction; a UUID may come in any.
      const row = find.get({ name: idOrSlug.toLowerCase() })
      return row === undefined ? null : toProject(row)
    },

    list: ({ limit, after }) => {
      const place = after === null ? beforeAll : statements.place.get(after)
      if (place === undefined) throw notFound(after)
      return statements.list.all({ ...place, limit }).map(toProject)
    },

    update: (id, change) => {
      database.write(() => {
        const row = find.get({ name: id })
        if (row === undefined) throw notFound(id)
        const project = { ...toProject(row), ...change }
        statements.update.run({
          id,
          name: project.name,
          production_branch: project.productionBranch,
          settings: JSON.stringify(project.settings),
        })
      })
    },

    remove: (id) => {
      database.write(() => statements.remove.run(id))
    },
  }
}

interface Place {
  readonly created_at: number
  readonly key: number
}

const beforeAll: Place = { created_at: Number.MIN_SAFE_INTEGER, key: 0 }

function prepareStatements(database: Database) {
  return {
    insert: database.prepare<ProjectRow>(
      `INSERT INTO projects (id, slug, name, schema_name, framework, production_branch, settings,
         created_at)
       VALUES (@id, @slug, @name, @schema_name, @framework, @production_branch, @settings,
         @created_at)`,
    ),
    find: database.prepare<{ name: string }, ProjectRow>(
      'SELECT * FROM projects WHERE id = @name OR slug = @name',
    ),
    place: database.prepare<[string], Place>('SELECT created_at, key FROM projects WHERE id = ?'),
    list: database.prepare<Place & { limit: number }, ProjectRow>(
      `SELECT * FROM projects WHERE (created_at, key) > (@created_at, @key)
       ORDER BY created_at, key LIMIT @limit`,
    ),
    update: database.prepare<Pick<ProjectRow, 'id' | 'name' | 'production_branch' | 'settings'>>(
      `UPDATE projects SET name = @name, production_branch = @production_branch,
         settings = @settings
       WHERE id = @id`,
    ),
    // The rows of the project in all other tables go by ON DELETE CASCADE, in this transaction.
    remove: database.prepare<[string]>('DELETE FROM projects WHERE id = ?'),
  }
}

function notFound(project: string | null): SlipwayError {
  return new SlipwayError('project_not_found', { project: project ?? '' })
}
