import { expect, test } from 'vitest'
import { authenticate } from '../../src/http/authenticate.ts'
import { newProject, withStores } from '../tools/store.ts'

test('a token is good until it expires, and for nothing from then on', async () => {
  await withStores(({ projects, tokens, clock }) => {
    const project = newProject()
    projects.create(project)
    const expiresAt = new Date(clock.now + 60_000)
    const wish = { projectId: project.id, scope: 'deploy', name: 'ci', expiresAt } as const
    const header = `Bearer ${tokens.create(wish).secret.reveal()}`
    clock.now += 59_999
    expect(authenticate(tokens, header).name).toBe('ci')
    clock.now += 1
    expect(() => authenticate(tokens, header)).toThrow('has expired')
  })
})

test('the name of the scheme may be written in any case', async () => {
  await withStores(({ tokens }) => {
    const wish = { projectId: null, scope: 'admin', name: 'admin', expiresAt: null } as const
    const secret = tokens.create(wish).secret.reveal()
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expect(authenticate(tokens, `${scheme} ${secret}`).scope).toBe('admin')
    }
  })
})
