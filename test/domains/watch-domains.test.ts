/** The watch beside the domains, where a look itself goes wrong. */
import { expect, test } from 'vitest'
import type { DomainRecord } from '../../src/contracts.ts'
import { DomainWatch } from '../../src/domains/watch-domains.ts'
import type { HostName } from '../../src/domain/names.ts'
import { makeDataDir, newProject, openStores } from '../tools/store.ts'

test('a look that fails is told, made again in ten minutes, and takes back nothing', async () => {
  const { domains: store, projects, database } = openStores(await makeDataDir())
  const project = newProject()
  projects.create(project)
  const now = new Date()
  for (const host of ['shop.example', 'www.shop.example'] as HostName[]) {
    store.create({ host, projectId: project.id, redirectTo: null, createdAt: now })
  }
  const logged: string[] = []
  const looks: string[] = []
  await using watch = new DomainWatch({
    store,
    projects,
    look: (record: DomainRecord) => {
      looks.push(record.host)
      // It is changed, or removed, while it is looked at.
      if (record.host === 'shop.example') store.remove(record)
      else store.save({ ...record, provedAt: now })
      return Promise.reject(new Error('the disk is full'))
    },
    now: () => now,
    logError: (message, error) => logged.push(`${message}: ${String(error)}`),
  })
  await watch.lookDue()
  expect(looks.toSorted()).toEqual(['shop.example', 'www.shop.example'])
  expect(logged).toHaveLength(2)
  expect(logged[0]).toContain('could not be looked at: Error: the disk is full')
  expect(store.list(project.id)).toMatchObject([
    { host: 'www.shop.example', provedAt: now, nextCheck: new Date(now.getTime() + 600_000) },
  ])
  await watch[Symbol.asyncDispose]()
  database.close()
})
