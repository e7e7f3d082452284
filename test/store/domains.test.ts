import { describe, expect, test } from 'vitest'
import { limits } from '../../src/config.ts'
import type { DomainRecord } from '../../src/contracts.ts'
import type { HostName } from '../../src/domain/names.ts'
import type { Project } from '../../src/domain/project.ts'
import { newProject, type Stores, withStores } from '../tools/store.ts'

const host = 'shop.example' as HostName
const www = 'www.shop.example' as HostName
const at = (seconds: number): Date => new Date(seconds * 1_000)

function addProject({ projects }: Stores): Project {
  const project = newProject()
  projects.create(project)
  return project
}

function addDomain(
  { domains }: Stores,
  project: Project,
  change: Partial<DomainRecord> = {},
): DomainRecord {
  return domains.create({
    host,
    projectId: project.id,
    redirectTo: null,
    createdAt: at(1),
    ...change,
  })
}

describe('domains', () => {
  test('come back as they were saved', () =>
    withStores((stores) => {
      const { domains } = stores
      const project = addProject(stores)
      const made = addDomain(stores, project)
      expect(made).toEqual({
        host,
        projectId: project.id,
        redirectTo: null,
        provedAt: null,
        attachedAt: null,
        lostAt: null,
        problem: null,
        failures: 0,
        createdAt: at(1),
        checkedAt: null,
        nextCheck: at(1),
      })
      addDomain(stores, project, { host: www, createdAt: at(2) })
      const changed: DomainRecord = {
        ...made,
        provedAt: at(2),
        attachedAt: at(3),
        lostAt: at(4),
        problem: { kind: 'wrong', text: 'the TXT record says "ü"' },
        failures: 3,
        checkedAt: at(5),
        nextCheck: at(6),
      }
      domains.save(changed)
      expect(domains.find(host)).toEqual(changed)
      expect(domains.list(project.id).map((one) => one.host)).toEqual([host, www])
      expect(domains.find('other.example' as HostName)).toBeNull()
    }))

  test('are one project’s at a time', () =>
    withStores((stores) => {
      const [first, second] = [addProject(stores), addProject(stores)]
      const made = addDomain(stores, first)
      expect(() => addDomain(stores, second)).toThrow('UNIQUE')
      expect(stores.domains.list(second.id)).toEqual([])
      // What began while it was another's changes nothing.
      stores.domains.save({ ...made, projectId: second.id, failures: 9 })
      stores.domains.remove({ host, projectId: second.id })
      expect(stores.domains.find(host)).toEqual(made)
      stores.domains.remove(made)
      expect(addDomain(stores, second).projectId).toBe(second.id)
    }))

  test('are limited in number, and go with their project', () =>
    withStores((stores) => {
      const project = addProject(stores)
      for (let number = 0; number < limits.domainsMax; number += 1) {
        addDomain(stores, project, { host: `a${number}.example` as HostName })
      }
      expect(() => addDomain(stores, project)).toThrow(`at most ${limits.domainsMax} domains`)
      addDomain(stores, addProject(stores))
      stores.projects.remove(project.id)
      expect(stores.domains.due(at(99), 100).map((one) => one.host)).toEqual([host])
      expect(() => addDomain(stores, project, { host: www })).toThrow('deleted')
    }))

  test('that send visitors to another one show the site when that one goes', () =>
    withStores((stores) => {
      const project = addProject(stores)
      const apex = addDomain(stores, project)
      addDomain(stores, project, { host: www, redirectTo: host })
      expect(stores.domains.redirectingTo(host).map((one) => one.host)).toEqual([www])
      stores.domains.remove(apex)
      expect(stores.domains.find(www)?.redirectTo).toBeNull()
    }))

  test('are due one after the other', () =>
    withStores((stores) => {
      const { domains } = stores
      expect(domains.nextCheck()).toBeNull()
      const project = addProject(stores)
      for (const [name, next] of [
        ['late.example', 30],
        ['soon.example', 10],
        ['next.example', 20],
      ] as const) {
        const made = addDomain(stores, project, { host: name as HostName })
        domains.save({ ...made, nextCheck: at(next) })
      }
      expect(domains.nextCheck()).toEqual(at(10))
      expect(domains.due(at(9), 10)).toEqual([])
      const due = (now: number, limit: number) =>
        domains.due(at(now), limit).map((one) => one.host as string)
      expect(due(20, 10)).toEqual(['soon.example', 'next.example'])
      expect(due(99, 1)).toEqual(['soon.example'])
    }))

  test('are due also where a clock that was wrong has planned them for another year', () =>
    withStores(({ domains, ...stores }) => {
      const made = addDomain({ domains, ...stores }, addProject({ domains, ...stores }))
      const daysAfter = (days: number) => new Date(at(0).getTime() + days * 24 * 3_600_000)
      domains.save({ ...made, nextCheck: daysAfter(3_650) })
      expect(domains.due(at(0), 10)).toHaveLength(1)
      domains.save({ ...made, nextCheck: daysAfter(1) })
      expect(domains.due(at(0), 10)).toEqual([])
    }))
})
