import { expect, test } from 'vitest'
import type { EventLog } from '../../src/contracts.ts'
import type { DeploymentEvent } from '../../src/domain/deployment.ts'
import { followLog, type FollowWish } from '../../src/http/follow-log.ts'
import { LogPages } from '../../src/http/stream/log-pages.ts'
import { newDeployment, newEvent, newProject, type Stores, withStores } from '../tools/store.ts'

function start(stores: Stores, change: Partial<FollowWish> = {}) {
  const project = newProject()
  stores.projects.create(project)
  const deployment = stores.deployments.create(newDeployment(project.id))
  const counts = { reads: 0, followers: 0 }
  const events: EventLog = {
    ...stores.events,
    read: (...asked) => {
      counts.reads += 1
      return stores.events.read(...asked)
    },
    follow: (...asked) => {
      const { stop } = stores.events.follow(...asked)
      counts.followers += 1
      return {
        stop: () => {
          counts.followers -= 1
          stop()
        },
      }
    },
  }
  const gone = new AbortController()
  const parts = { pages: new LogPages(events), deployments: stores.deployments }
  const batches = followLog(parts, deployment, {
    after: 0,
    limit: Number.POSITIVE_INFINITY,
    isFollowing: true,
    silenceMs: 60_000,
    signal: gone.signal,
    ...change,
  })
  const append = (...texts: readonly string[]): void => {
    stores.events.append(
      project.id,
      texts.map((text) => newEvent(text)),
    )
  }
  const end = (): void => {
    stores.deployments.setStatus(deployment, 'completed')
    const about = { step: 'deployment', status: 'completed', stream: null } as const
    stores.events.append(project.id, [newEvent('over', about)])
  }
  return { project, deployment, events, batches, gone, counts, append, end }
}

function textsOf(batch: readonly DeploymentEvent[] | undefined): readonly string[] {
  return (batch ?? []).map(({ text }) => text)
}

async function readAll(
  batches: AsyncIterable<readonly DeploymentEvent[]>,
): Promise<readonly string[]> {
  const texts: string[] = []
  for await (const batch of batches) texts.push(...textsOf(batch))
  return texts
}

test('a log that is not followed ends with what is there', () =>
  withStores(async (stores) => {
    const { batches, append, counts } = start(stores, { isFollowing: false })
    append('a', 'b')
    expect(await readAll(batches)).toEqual(['a', 'b'])
    expect(counts.followers).toBe(0)
  }))

test('a log that is followed goes on until its deployment has ended, each line once', () =>
  withStores(async (stores) => {
    const { batches, append, end, counts } = start(stores)
    append('a')
    const all = readAll(batches)
    for (let line = 0; line < 500; line += 1) {
      append(`line ${line}`)
      if (line % 7 === 0) await new Promise(setImmediate)
    }
    end()
    const lines = Array.from({ length: 500 }, (_none, line) => `line ${line}`)
    expect(await all).toEqual(['a', ...lines, 'over'])
    expect(counts.followers).toBe(0)
  }))

test('lines of other deployments are not of it', () =>
  withStores(async (stores) => {
    const { batches, project, append, end } = start(stores)
    stores.events.append(project.id, [newEvent('another', { deployment: 2 })])
    append('a')
    end()
    expect(await readAll(batches)).toEqual(['a', 'over'])
  }))

test('it begins after the last one that is known, and ends at the limit', () =>
  withStores(async (stores) => {
    const { batches, append } = start(stores, { after: 2, limit: 3 })
    append('a', 'b', 'c', 'd', 'e', 'f')
    expect(await readAll(batches)).toEqual(['c', 'd', 'e'])
  }))

test('a reader who takes nothing is read nothing for', () =>
  withStores(async (stores) => {
    const { batches, append, counts } = start(stores)
    for (let line = 0; line < 1_000; line += 1) append(`line ${line}`)
    expect(textsOf((await batches.next()).value as DeploymentEvent[])).toHaveLength(100)
    expect(counts.reads).toBe(1)
    for (let line = 0; line < 1_000; line += 1) append(`more ${line}`)
    await new Promise(setImmediate)
    expect(counts.reads).toBe(1)
    await batches.return(undefined)
    expect(counts.followers).toBe(0)
  }))

test('a silence is broken by a sign of life', () =>
  withStores(async (stores) => {
    const { batches, append } = start(stores, { silenceMs: 5 })
    append('a')
    expect(textsOf((await batches.next()).value as DeploymentEvent[])).toEqual(['a'])
    expect((await batches.next()).value).toEqual([])
    expect((await batches.next()).value).toEqual([])
    await batches.return(undefined)
  }))

test('a reader who goes away is followed no more, also in a silence', () =>
  withStores(async (stores) => {
    const { batches, gone, counts } = start(stores)
    const waiting = batches.next()
    expect(counts.followers).toBe(1)
    gone.abort()
    expect((await waiting).done).toBe(true)
    expect(counts.followers).toBe(0)
  }))

test('a project that is deleted ends its logs', () =>
  withStores(async (stores) => {
    const { batches, project, append } = start(stores, { silenceMs: 5 })
    append('a')
    await batches.next()
    stores.projects.remove(project.id)
    expect(await readAll(batches)).toEqual([])
  }))

test('a thousand readers of one log cost no more queries than a few', () =>
  withStores(async (stores) => {
    const { append, end, events, deployment, counts } = start(stores)
    const pages = new LogPages(events)
    const wish = { after: 0, limit: Number.POSITIVE_INFINITY, isFollowing: true, silenceMs: 60_000 }
    const readers = Array.from({ length: 1_000 }, () =>
      readAll(
        followLog({ pages, deployments: stores.deployments }, deployment, {
          ...wish,
          signal: new AbortController().signal,
        }),
      ),
    )
    for (let line = 0; line < 50; line += 1) {
      append(`line ${line}`)
      await new Promise(setImmediate)
    }
    end()
    const all = await Promise.all(readers)
    expect(new Set(all.map((texts) => texts.join())).size).toBe(1)
    expect(all[0]).toHaveLength(51)
    expect(counts.reads).toBeLessThan(200)
  }))
