/** No deployment ends without what tells of it, and the other way. */
import { expect, test } from 'vitest'
import { tellEnds } from '../../src/store/told-ends.ts'
import { newDeployment, newProject, withStores } from '../tools/store.ts'

test('an end is kept with what tells of it, or neither is', () =>
  withStores(({ database, deployments, projects, webhooks }) => {
    const project = newProject()
    projects.create(project)
    webhooks.create({ projectId: null, url: 'https://x.example/', events: ['deployment.failed'] })
    const { number, projectId } = deployments.create(newDeployment(project.id))
    const tell = (): void => {
      webhooks.queue({ type: 'deployment.failed', projectId, body: '{}' })
    }
    const torn = tellEnds(database, deployments, () => {
      tell()
      throw new Error('the disk is full')
    })
    torn.setStatus({ projectId, number }, 'in_progress')
    expect(() => torn.setStatus({ projectId, number }, 'failed')).toThrow('the disk is full')
    expect(deployments.find(projectId, number)?.status).toBe('in_progress')
    expect(webhooks.due()).toEqual([])
    tellEnds(database, deployments, tell).setStatus({ projectId, number }, 'failed')
    expect(deployments.find(projectId, number)?.status).toBe('failed')
    expect(webhooks.due()).toHaveLength(1)
  }))
