import { describe, expect, it } from 'vitest'
import { parseProjectId, parseSlug } from '../../src/domain/names.ts'
import { defaultProjectSettings } from '../../src/domain/project.ts'
import { newDeployment, newEvent, newProject, openStores, withStores } from '../tools/store.ts'

describe('projects', () => {
  it('are found by id and by slug, as they were created', () =>
    withStores(({ projects }) => {
      const project = newProject({
        name: `<script>'"; DROP TABLE projects; -- \u0000 مشروع 🚢`,
        schemaName: 'mon_app',
        framework: 'vue',
        settings: { ...defaultProjectSettings, onNewerPush: 'cancel', pinnedReleases: [3] },
      })
      projects.create(project)
      expect(projects.find(project.id)).toEqual(project)
      expect(projects.find(project.id.toUpperCase())).toEqual(project)
      expect(projects.find(project.slug)).toEqual(project)
      expect(projects.find('nobody')).toBeNull()
      expect(projects.find('')).toBeNull()
    }))

  it('have a slug and an id of their own', () =>
    withStores(({ projects }) => {
      const first = newProject()
      projects.create(first)
      expect(() => {
        projects.create(newProject({ slug: first.slug }))
      }).toThrow(expect.objectContaining({ code: 'slug_taken' }))
      expect(() => {
        projects.create(newProject({ id: first.id }))
      }).toThrow(expect.objectContaining({ code: 'project_id_taken' }))
      expect(projects.list({ limit: 10, after: null })).toEqual([first])
    }))

  it('can not take the id of another project for a slug, nor the slug for an id', () =>
    withStores(({ projects }) => {
      const victim = newProject({ id: parseProjectId('4711'), slug: parseSlug('815') })
      projects.create(victim)
      expect(() => {
        projects.create(newProject({ slug: parseSlug('4711') }))
      }).toThrow(expect.objectContaining({ code: 'slug_taken' }))
      expect(() => {
        projects.create(newProject({ id: parseProjectId('815') }))
      }).toThrow(expect.objectContaining({ code: 'project_id_taken' }))
      const self = newProject({ id: parseProjectId('99'), slug: parseSlug('99') })
      projects.create(self)
      expect(projects.find('99')).toEqual(self)
    }))

  it('are listed oldest first, page by page, each once', () =>
    withStores(({ projects }) => {
      const at = (ms: number) => newProject({ createdAt: new Date(ms) })
      const created = [at(3_000), at(1_000), at(2_000), at(2_000), at(2_000), at(-5)]
      for (const project of created) projects.create(project)
      const oldestFirst = created.toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime())
      const seen = []
      for (let after = null; ;) {
        const page = projects.list({ limit: 2, after })
        seen.push(...page)
        const last = page.at(-1)
        if (last === undefined) break
        after = last.id
      }
      expect(seen).toEqual(oldestFirst)
    }))

  it('that were removed are no place to go on from', () =>
    withStores(({ projects }) => {
      expect(() => projects.list({ limit: 2, after: newProject().id })).toThrow(
        expect.objectContaining({ code: 'project_not_found' }),
      )
    }))

  it('change only what the change names', () =>
    withStores(({ projects }) => {
      const project = newProject()
      projects.create(project)
      projects.update(project.id, { name: 'New name' })
      projects.update(project.id, {
        settings: { ...defaultProjectSettings, onNewerPush: 'cancel', pinnedReleases: [3] },
      })
      projects.update(project.id, {})
      expect(projects.find(project.id)).toEqual({
        ...project,
        name: 'New name',
        settings: { ...defaultProjectSettings, onNewerPush: 'cancel', pinnedReleases: [3] },
      })
      expect(() => {
        projects.update(newProject().id, { name: 'x' })
      }).toThrow(expect.objectContaining({ code: 'project_not_found' }))
    }))

  it('go with everything of theirs, and leave everything of the others', () =>
    withStores(({ database, projects, deployments, events, tokens }) => {
      const [gone, kept] = [newProject(), newProject()]
      const secrets = [gone, kept].map((project) => {
        projects.create(project)
        const deployment = deployments.create(newDeployment(project.id))
        const step = {
          step: 'plan',
          status: 'completed',
          startedAt: new Date(),
          finishedAt: null,
          used: null,
        } as const
        deployments.saveStep(deployment, step, { a: 1 })
        events.append(project.id, [newEvent('line')])
        return tokens.create({ projectId: project.id, scope: 'deploy', name: '', expiresAt: null })
          .secret
      })
      const before = countRows()
      projects.remove(gone.id)
      projects.remove(gone.id)
      expect(before).toEqual([2, 2, 2, 2, 2])
      expect(countRows()).toEqual([1, 1, 1, 1, 1])
      expect(secrets.map((secret) => tokens.verify(secret.reveal())?.projectId)).toEqual([
        undefined,
        kept.id,
      ])
      projects.create(gone)
      expect(deployments.list(gone.id, { limit: 10, before: null })).toEqual([])
      expect(events.read(gone.id, { after: 0, limit: 10 })).toEqual([])

      function countRows(): readonly (number | undefined)[] {
        return ['projects', 'deployments', 'steps', 'events', 'tokens'].map(
          (table) =>
            database.prepare<[], { n: number }>(`SELECT count(*) AS n FROM ${table}`).get()?.n,
        )
      }
    }))

  it('are there when the server starts again', () =>
    withStores(({ dataDir, projects }) => {
      const project = newProject()
      projects.create(project)
      const again = openStores(dataDir)
      expect(again.projects.find(project.slug)).toEqual(project)
      again.database.close()
    }))
})
