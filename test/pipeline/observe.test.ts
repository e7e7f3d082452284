import { setImmediate as turn } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import type { Builder, EventLog, IncomingPush, PushHandler } from '../../src/contracts.ts'
import type { ProjectId } from '../../src/domain/names.ts'
import type { RefReport } from '../../src/domain/push.ts'
import {
  joinObservers,
  observeBuilder,
  observeDeployments,
  observeEvents,
  observePushes,
} from '../../src/pipeline/observe.ts'
import { newDeployment, newEvent, newProject, withStores } from '../tools/store.ts'

const projectId = '7' as ProjectId

test('an end is heard once it is on record, and not where its transaction failed', () =>
  withStores(async (stores) => {
    const project = newProject()
    stores.projects.create(project)
    const onDeploymentEnd = vi.fn()
    const onStepEnd = vi.fn()
    const observed = observeDeployments(stores.deployments, { onDeploymentEnd, onStepEnd })
    const deployment = observed.create(newDeployment(project.id))
    const now = new Date()
    const times = { startedAt: now, finishedAt: now }
    const step = { step: 'build', status: 'completed', ...times, used: null } as const
    const append = (isFailing: boolean): void => {
      stores.events.append(
        project.id,
        [newEvent('done', { deployment: deployment.number })],
        () => {
          observed.saveStep(deployment, step, {})
          observed.setStatus(deployment, 'completed', { release: 1 })
          if (isFailing) throw new Error('no room')
        },
      )
    }
    expect(() => append(true)).toThrow('no room')
    await turn()
    expect([onDeploymentEnd.mock.calls, onStepEnd.mock.calls]).toEqual([[], []])
    append(false)
    await turn()
    expect(onStepEnd.mock.calls).toEqual([[step]])
    expect(onDeploymentEnd.mock.calls).toMatchObject([[{ status: 'completed', release: 1 }]])
  }))

test('an install that finds kept packages is a hit, another a miss', async () => {
  const onModulesSought = vi.fn()
  const builder = { findModules: async (_id, key) => (key === 'known' ? '/kept' : null) } as Builder
  const observed = observeBuilder(builder, { onModulesSought })
  expect(await observed.findModules(projectId, 'known')).toBe('/kept')
  expect(await observed.findModules(projectId, 'other')).toBeNull()
  expect(onModulesSought.mock.calls).toEqual([[true], [false]])
})

test('a follower that stops twice has left once', () => {
  const onFollow = vi.fn()
  const onUnfollow = vi.fn()
  const stop = vi.fn()
  const events = observeEvents({ follow: () => ({ stop }) } as unknown as EventLog, {
    onFollow,
    onUnfollow,
  })
  const follower = events.follow(projectId, () => undefined)
  expect([onFollow.mock.calls.length, onUnfollow.mock.calls.length]).toEqual([1, 0])
  follower.stop()
  follower.stop()
  expect([onFollow.mock.calls.length, onUnfollow.mock.calls.length]).toEqual([1, 1])
})

const moved: RefReport = { ref: 'refs/heads/main', verdict: 'move' }
const declined: RefReport = { ref: 'refs/heads/x', verdict: 'decline', reason: 'no' }

test.each([
  ['accepted', [moved]],
  ['declined', [moved, declined]],
  ['declined', null],
])('a push is %s by its reports %j', async (result, reports) => {
  const onPushEnd = vi.fn()
  const receive = async () => {
    if (reports === null) throw new Error('broken')
    return reports
  }
  const observed = observePushes({ receive } as unknown as PushHandler, { onPushEnd })
  const push = {} as IncomingPush & { atomic: boolean }
  await observed.receive(push, () => undefined, new AbortController().signal).catch(() => undefined)
  expect(onPushEnd.mock.calls).toEqual([[result]])
})

test('a push that is refused before it is received is declined', async () => {
  const onPushEnd = vi.fn()
  const inspect = () => Promise.reject(new Error('too large'))
  const observed = observePushes({ inspect } as unknown as PushHandler, { onPushEnd })
  await expect(observed.inspect({} as IncomingPush, () => undefined)).rejects.toThrow('too large')
  expect(onPushEnd.mock.calls).toEqual([['declined']])
})

test('all who listen are told, also where some hear of other things only', () => {
  const told: string[] = []
  const joined = joinObservers([
    { onFollow: () => told.push('first') },
    {},
    { onFollow: () => told.push('second'), onUnfollow: () => told.push('left') },
  ])
  joined.onFollow?.()
  joined.onUnfollow?.()
  expect(told).toEqual(['first', 'second', 'left'])
})
