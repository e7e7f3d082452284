import { describe, expect, it } from 'vitest'
import type { StepRecord } from '../../src/contracts.ts'
import { SlipwayError, toErrorFacts } from '../../src/domain/errors.ts'
import { type ProjectId, toOid } from '../../src/domain/names.ts'
import { noUse } from '../../src/domain/use.ts'
import { newDeployment, newProject, openStores, type Stores, withStores } from '../tools/store.ts'

describe('deployments', () => {
  it('are numbered from 1 in each project', () =>
    withStores((stores) => {
      const [a, b] = [addProject(stores), addProject(stores)]
      const numbers = [a, b, a, a, b].map(
        (project) => stores.deployments.create(newDeployment(project.id)).number,
      )
      expect(numbers).toEqual([1, 1, 2, 3, 2])
    }))

  it('never get one number twice, also from two processes', () =>
    withStores((stores) => {
      const project = addProject(stores)
      const other = openStores(stores.dataDir)
      const numbers = Array.from(
        { length: 20 },
        (_, index) =>
          (index % 3 === 0 ? other : stores).deployments.create(newDeployment(project.id)).number,
      )
      other.database.close()
      expect(numbers).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
    }))

  it('are queued, with everything that was asked', () =>
    withStores((stores) => {
      const project = addProject(stores)
      const asked = {
        ...newDeployment(project.id),
        trigger: 'redeploy',
        commit: toOid('a'.repeat(40)),
        options: { forceRebuild: true, clearCache: false, detach: true },
      } as const
      stores.clock.now = 5_000
      const made = stores.deployments.create(asked)
      expect(made).toEqual({
        ...asked,
        number: 1,
        status: 'queued',
        release: null,
        error: null,
        createdAt: new Date(5_000),
        startedAt: null,
        finishedAt: null,
      })
      expect(stores.deployments.find(project.id, 1)).toEqual(made)
      expect(stores.deployments.newest(project.id)).toEqual(made)
      expect(stores.deployments.find(project.id, 2)).toBeNull()
    }))

  it('tell when they started and finished, and how it ended', () =>
    withStores((stores) => {
      const { deployments, clock } = stores
      const project = addProject(stores)
      const [good, bad] = [0, 1].map(() => deployments.create(newDeployment(project.id)))
      if (good === undefined || bad === undefined) throw new Error('not made')
      clock.now = 1_000
      deployments.setStatus(good, 'in_progress')
      deployments.setStatus(bad, 'in_progress')
      clock.now = 2_000
      deployments.setStatus(good, 'completed', { release: good.number })
      const error = toErrorFacts(new SlipwayError('nothing_deployable'), 'ref')
      deployments.setStatus(bad, 'failed', { error })
      const times = { startedAt: new Date(1_000), finishedAt: new Date(2_000) }
      expect(deployments.find(project.id, 1)).toMatchObject({
        ...times,
        status: 'completed',
        release: 1,
        error: null,
      })
      expect(deployments.find(project.id, 2)).toMatchObject({
        ...times,
        status: 'failed',
        release: null,
        error,
      })
    }))

  it('are listed newest first, page by page', () =>
    withStores((stores) => {
      const { deployments } = stores
      const project = addProject(stores)
      const other = addProject(stores)
      for (let n = 0; n < 5; n += 1) deployments.create(newDeployment(project.id))
      deployments.create(newDeployment(other.id))
      const pageOf = (before: number | null) =>
        deployments.list(project.id, { limit: 2, before }).map(({ number }) => number)
      expect([pageOf(null), pageOf(4), pageOf(2), pageOf(1)]).toEqual([[5, 4], [3, 2], [1], []])
    }))

  it('that are unfinished are known after a crash, oldest first, of all projects', () =>
    withStores((stores) => {
      const { deployments, dataDir } = stores
      const [a, b] = [addProject(stores), addProject(stores)]
      const made = [b, a, a, b, a].map(({ id }) => deployments.create(newDeployment(id)))
      const states = ['completed', 'in_progress', 'cancelled', 'queued', 'failed'] as const
      for (const [index, deployment] of made.entries()) {
        deployments.setStatus(deployment, states[index] ?? 'queued')
      }
      const again = openStores(dataDir)
      expect(again.deployments.unfinished()).toMatchObject([
        { projectId: a.id, number: 1, status: 'in_progress' },
        { projectId: b.id, number: 2, status: 'queued' },
      ])
      again.database.close()
    }))

  it('keep their steps in the order in which they began, and the newest facts', () =>
    withStores((stores) => {
      const { deployments, dataDir } = stores
      const project = addProject(stores)
      const deployment = deployments.create(newDeployment(project.id))
      expect(deployments.facts(deployment)).toEqual({})
      expect(deployments.steps(deployment)).toEqual([])
      const step = (name: StepRecord['step'], status: StepRecord['status']): StepRecord => ({
        step: name,
        status,
        startedAt: new Date(1_000),
        finishedAt: status === 'in_progress' ? null : new Date(2_000),
        used: status === 'failed' ? { ...noUse, cpuMs: 1_230, memoryPeakBytes: 2 ** 33 } : null,
      })
      deployments.saveStep(deployment, step('checkout', 'in_progress'), {})
      deployments.saveStep(deployment, step('checkout', 'completed'), { commit: 'abc' })
      deployments.saveStep(deployment, step('build', 'in_progress'), { commit: 'abc' })
      deployments.saveStep(deployment, step('build', 'failed'), { commit: 'abc', hosts: ['a.b'] })
      deployments.saveStep(deployment, step('checkout', 'undone'), { commit: 'abc', hosts: [] })
      // Undone or begun once more, it has taken what it took.
      deployments.saveStep(deployment, { ...step('build', 'failed'), used: null }, {})
      deployments.saveStep(deployment, step('checkout', 'undone'), { commit: 'abc', hosts: [] })
      const again = openStores(dataDir)
      expect(again.deployments.steps(deployment)).toEqual([
        step('checkout', 'undone'),
        step('build', 'failed'),
      ])
      expect(again.deployments.facts(deployment)).toEqual({ commit: 'abc', hosts: [] })
      again.database.close()
    }))

  it('are summed up by what their steps took since a time', () =>
    withStores((stores) => {
      const { deployments, clock } = stores
      const [project, other] = [addProject(stores), addProject(stores)]
      const build = (projectId: ProjectId, cpuMs: number, memoryPeakBytes: number): void => {
        clock.now += 1_000
        const deployment = deployments.create(newDeployment(projectId))
        const times = { startedAt: new Date(), finishedAt: null }
        const used = { ...noUse, cpuMs, memoryPeakBytes }
        deployments.saveStep(deployment, { step: 'build', status: 'failed', ...times, used }, {})
        deployments.saveStep(
          deployment,
          { step: 'plan', status: 'completed', ...times, used: null },
          {},
        )
      }
      const nothing = { cpuMs: 0, memoryPeakBytes: 0 }
      expect(deployments.usedSince(project.id, new Date(0))).toEqual(nothing)
      build(project.id, 1_000, 5)
      build(project.id, 200, 7)
      const since = new Date(clock.now)
      build(project.id, 30, 6)
      build(other.id, 5_000, 9)
      const all = deployments.usedSince(project.id, new Date(0))
      expect(all).toEqual({ cpuMs: 1_230, memoryPeakBytes: 7 })
      expect(deployments.usedSince(project.id, since)).toEqual({ cpuMs: 230, memoryPeakBytes: 7 })
      expect(deployments.usedSince(project.id, new Date(clock.now + 1))).toEqual(nothing)
    }))

  it('save a step and the facts together or not at all', () =>
    withStores((stores) => {
      const { deployments } = stores
      const deployment = deployments.create(newDeployment(addProject(stores).id))
      const step = {
        step: 'plan',
        status: 'completed',
        startedAt: new Date(),
        finishedAt: null,
        used: null,
      } as const
      expect(() => {
        deployments.saveStep(deployment, step, { not: 1n })
      }).toThrow(TypeError)
      expect(deployments.steps(deployment)).toEqual([])
    }))

  it('of a project that was deleted meanwhile say so', () =>
    withStores((stores) => {
      const { deployments, projects } = stores
      const project = addProject(stores)
      const deployment = deployments.create(newDeployment(project.id))
      projects.remove(project.id)
      const gone = expect.objectContaining({ code: 'project_gone' })
      expect(() => deployments.create(newDeployment(project.id))).toThrow(gone)
      expect(() => {
        deployments.setStatus(deployment, 'completed')
      }).toThrow(gone)
      expect(deployments.find(project.id, 1)).toBeNull()
      expect(deployments.newest(project.id)).toBeNull()
    }))
})

function addProject({ projects }: Stores) {
  const project = newProject()
  projects.create(project)
  return project
}
