import { expect, test, vi } from 'vitest'
import type { Builder, EventLog, IncomingPush, PushHandler } from '../../src/contracts.ts'
import type { ProjectId } from '../../src/domain/names.ts'
import type { RefReport } from '../../src/domain/push.ts'
import {
  joinObservers,
  observeBuilder,
  observeEvents,
  observePushes,
} from '../../src/pipeline/observe.ts'

const projectId = '7' as ProjectId

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
