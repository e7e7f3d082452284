import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DeploymentEvent } from '../../src/domain/deployment.ts'
import {
  makeDataDir,
  newEvent,
  newProject,
  openStores,
  type Stores,
  withStores,
} from '../tools/store.ts'

describe('the log of a project', () => {
  it('gives back every event as it was told, with its place and time', () =>
    withStores((stores) => {
      const { events, clock } = stores
      const { id } = addProject(stores)
      clock.now = 7_000
      const told = [
        newEvent('', { step: 'queue', status: 'queued', stream: null }),
        newEvent('مرحبا 🚢 <b>', { step: 'certificate', status: 'warned', stream: 'stderr' }),
        newEvent('live', { step: 'deployment', status: 'completed', stream: null, deployment: 3 }),
      ]
      const appended = events.append(id, told)
      expect(appended).toEqual(
        told.map((event, index) => ({ ...event, seq: index + 1, at: new Date(7_000) })),
      )
      expect(events.read(id, { after: 0, limit: 10 })).toEqual(appended)
    }))

  it('is read from any place, in pieces, and by deployment', () =>
    withStores((stores) => {
      const { events } = stores
      const { id } = addProject(stores)
      events.append(
        id,
        [1, 2, 1, 2, 1].map((deployment) => newEvent('line', { deployment })),
      )
      const seqs = (range: { after: number; limit: number; deployment?: number }) =>
        events.read(id, range).map(({ seq }) => seq)
      expect(seqs({ after: 0, limit: 2 })).toEqual([1, 2])
      expect(seqs({ after: 2, limit: 9 })).toEqual([3, 4, 5])
      expect(seqs({ after: 5, limit: 9 })).toEqual([])
      expect(seqs({ after: 1, limit: 9, deployment: 1 })).toEqual([3, 5])
      expect(seqs({ after: 0, limit: 1, deployment: 2 })).toEqual([2])
    }))

  it('tells its newest milestones without the lines of tools', () =>
    withStores((stores) => {
      const { events } = stores
      const { id } = addProject(stores)
      const milestone = (text: string) => newEvent(text, { stream: null })
      events.append(id, [milestone('a'), newEvent('x'), milestone('b'), newEvent('y')])
      events.append(id, [milestone('c'), newEvent('z')])
      expect(events.milestones(id, 2).map(({ text }) => text)).toEqual(['b', 'c'])
      expect(events.milestones(id, 9).map(({ text }) => text)).toEqual(['a', 'b', 'c'])
    }))

  it('tells the milestones of one deployment, however they stand among others', () =>
    withStores((stores) => {
      const { events } = stores
      const { id } = addProject(stores)
      const other = addProject(stores)
      const milestone = (text: string, deployment: number) =>
        newEvent(text, { stream: null, deployment })
      events.append(other.id, [milestone('elsewhere', 2)])
      events.append(id, [
        milestone('a of 1', 1),
        milestone('a of 2', 2),
        newEvent('x', { deployment: 2 }),
        milestone('b of 1', 1),
        milestone('b of 2', 2),
        milestone('c of 2', 2),
        milestone('a of 3', 3),
      ])
      const texts = (deployment: number, limit = 9) =>
        events.milestones(id, limit, deployment).map(({ text }) => text)
      expect(texts(2)).toEqual(['a of 2', 'b of 2', 'c of 2'])
      expect(texts(2, 2)).toEqual(['b of 2', 'c of 2'])
      expect(texts(1)).toEqual(['a of 1', 'b of 1'])
      expect(texts(4)).toEqual([])
    }))

  it('has no gaps and no event twice, whatever is appended to whom', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ project: fc.nat(2), count: fc.nat(5), fails: fc.boolean() }), {
          maxLength: 30,
        }),
        (appends) =>
          withStores((stores) => {
            const projects = [0, 1, 2].map(() => addProject(stores))
            const expected: string[][] = [[], [], []]
            for (const [index, { project, count, fails }] of appends.entries()) {
              const texts = Array.from({ length: count }, (_, n) => `${index}.${n}`)
              const id = projects[project]?.id ?? ''
              const batch = texts.map((text) => newEvent(text))
              // A value that STRICT refuses, last in the batch: nothing of it may stay.
              const bad = { ...newEvent('bad'), deployment: 'x' as unknown as number }
              if (fails) expect(() => stores.events.append(id as never, [...batch, bad])).toThrow()
              else {
                stores.events.append(id as never, batch)
                expected[project]?.push(...texts)
              }
            }
            for (const [index, { id }] of projects.entries()) {
              const log = stores.events.read(id, { after: 0, limit: 1_000 })
              expect(log.map(({ text }) => text)).toEqual(expected[index])
              expect(log.map(({ seq }) => seq)).toEqual(log.map((_, place) => place + 1))
            }
          }),
      ),
      { numRuns: 60 },
    ))

  it('of a project that was deleted meanwhile says so', () =>
    withStores((stores) => {
      const { id } = addProject(stores)
      stores.projects.remove(id)
      expect(() => stores.events.append(id, [newEvent('late')])).toThrow(
        expect.objectContaining({ code: 'project_gone' }),
      )
    }))

  it('goes on where it was when the server starts again', () =>
    withStores((stores) => {
      const { id } = addProject(stores)
      stores.events.append(id, [newEvent('a'), newEvent('b')])
      const again = openStores(stores.dataDir)
      expect(again.events.append(id, [newEvent('c')])).toMatchObject([{ seq: 3 }])
      expect(stores.events.append(id, [newEvent('d')])).toMatchObject([{ seq: 4 }])
      again.database.close()
    }))

  it('loses nothing that was appended when the server is killed', async () => {
    const dataDir = await makeDataDir()
    try {
      const program = join(import.meta.dirname, 'append-until-killed.ts')
      const child = spawn(process.execPath, [program, dataDir], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const exit = once(child, 'exit')
      let lastSeq = 0
      for await (const line of createInterface({ input: child.stdout })) {
        lastSeq = Number(line)
        if (lastSeq >= 300) child.kill('SIGKILL')
      }
      expect(await exit).toEqual([null, 'SIGKILL'])
      const { database, projects, events } = openStores(dataDir)
      const [project] = projects.list({ limit: 1, after: null })
      const log = project === undefined ? [] : events.read(project.id, { after: 0, limit: 1e6 })
      database.close()
      expect(log.length).toBeGreaterThanOrEqual(lastSeq)
      expect(log.map(({ seq }) => seq)).toEqual(log.map((_, place) => place + 1))
    } finally {
      await rm(dataDir, { recursive: true, force: true })
    }
  })
})

describe('followers of a log', () => {
  it('each see every event once and in order, from when they began', () =>
    withStores((stores) => {
      const { events } = stores
      const [a, b] = [addProject(stores), addProject(stores)]
      events.append(a.id, [newEvent('before')])
      const first = watch(stores, a.id)
      events.append(a.id, [newEvent('1'), newEvent('2')])
      const second = watch(stores, a.id)
      events.append(b.id, [newEvent('not theirs')])
      events.append(a.id, [])
      events.append(a.id, [newEvent('3')])
      first.stop()
      first.stop()
      events.append(a.id, [newEvent('4')])
      expect(first.texts()).toEqual(['1', '2', '3'])
      expect(second.texts()).toEqual(['3', '4'])
    }))

  it('see one order, also when one of them appends while it is told', () =>
    withStores((stores) => {
      const { events } = stores
      const { id } = addProject(stores)
      events.follow(id, ([event]) => {
        if (event?.text === 'question') events.append(id, [newEvent('answer')])
      })
      const seen = watch(stores, id)
      events.append(id, [newEvent('question')])
      events.append(id, [newEvent('thanks')])
      expect(seen.texts()).toEqual(['question', 'answer', 'thanks'])
      expect(seen.seqs()).toEqual([1, 2, 3])
    }))

  it('that begin or stop while others are told miss and double nothing', () =>
    withStores((stores) => {
      const { events } = stores
      const { id } = addProject(stores)
      let late: ReturnType<typeof watch> | undefined
      const starter = events.follow(id, () => {
        leaver.stop()
        starter.stop()
        late = watch(stores, id)
      })
      const leaver = watch(stores, id)
      events.append(id, [newEvent('1')])
      events.append(id, [newEvent('2')])
      expect(leaver.texts()).toEqual([])
      expect(late?.texts()).toEqual(['2'])
    }))

  it('are told only what is in the database already', () =>
    withStores((stores) => {
      const { events } = stores
      const { id } = addProject(stores)
      const other = openStores(stores.dataDir)
      const found: number[] = []
      events.follow(id, () => {
        found.push(other.events.read(id, { after: 0, limit: 9 }).length)
      })
      events.append(id, [newEvent('1')])
      events.append(id, [newEvent('2')])
      other.database.close()
      expect(found).toEqual([1, 2])
    }))

  it('that fail harm neither the log nor each other', () =>
    withStores((stores) => {
      const { events, listenerErrors } = stores
      const { id } = addProject(stores)
      const failure = new Error('follower')
      events.follow(id, () => {
        throw failure
      })
      const seen = watch(stores, id)
      expect(events.append(id, [newEvent('1')])).toHaveLength(1)
      events.append(id, [newEvent('2')])
      expect(seen.texts()).toEqual(['1', '2'])
      expect(listenerErrors).toEqual([failure, failure])
    }))

  it('hear nothing of an append that failed', () =>
    withStores((stores) => {
      const { id } = addProject(stores)
      const seen = watch(stores, id)
      const bad = { ...newEvent('bad'), deployment: 'x' as unknown as number }
      expect(() => stores.events.append(id, [newEvent('1'), bad])).toThrow()
      expect(seen.texts()).toEqual([])
    }))
})

function addProject({ projects }: Stores) {
  const project = newProject()
  projects.create(project)
  return project
}

function watch({ events }: Stores, id: ReturnType<typeof newProject>['id']) {
  const seen: DeploymentEvent[] = []
  const { stop } = events.follow(id, (batch) => seen.push(...batch))
  return { stop, texts: () => seen.map(({ text }) => text), seqs: () => seen.map(({ seq }) => seq) }
}
