import { expect, test } from 'vitest'
import { limits } from '../../src/config.ts'
import { newProject, type Stores, withStores } from '../tools/store.ts'

const kept = {
  requestHash: 'ab'.repeat(32),
  status: 202,
  location: '/somewhere',
  body: '{"ünïcode":"🚢"}',
}

function addToken({ projects, tokens }: Stores) {
  const project = newProject()
  projects.create(project)
  const wish = { projectId: project.id, scope: 'deploy', name: 'ci', expiresAt: null } as const
  return { project, token: tokens.create(wish).token }
}

test('an answer is found by its token and its key', () =>
  withStores((stores) => {
    const [{ token }, other] = [addToken(stores), addToken(stores)]
    stores.answers.keep(token.id, 'k', kept)
    stores.answers.keep(token.id, 'l', { ...kept, location: null })
    expect(stores.answers.find(token.id, 'k')).toEqual(kept)
    expect(stores.answers.find(token.id, 'l')).toEqual({ ...kept, location: null })
    expect(stores.answers.find(token.id, 'K')).toBeNull()
    expect(stores.answers.find(other.token.id, 'k')).toBeNull()
  }))

test('an answer is forgotten after a day, and its key may be used again', () =>
  withStores((stores) => {
    const { answers, clock, database } = stores
    const { token } = addToken(stores)
    answers.keep(token.id, 'k', kept)
    clock.now += limits.idempotencyAgeMs - 1
    expect(answers.find(token.id, 'k')).toEqual(kept)
    clock.now += 1
    expect(answers.find(token.id, 'k')).toBeNull()
    answers.keep(token.id, 'k', { ...kept, status: 201 })
    expect(answers.find(token.id, 'k')?.status).toBe(201)
    const count = database.prepare<[], { count: number }>('SELECT count(*) AS count FROM answers')
    expect(count.get()).toEqual({ count: 1 })
  }))

test('answers go with their token', () =>
  withStores((stores) => {
    const { project, token } = addToken(stores)
    stores.answers.keep(token.id, 'k', kept)
    stores.tokens.revoke(project.id, token.id)
    expect(stores.answers.find(token.id, 'k')).toBeNull()
  }))
