import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { SlipwayError } from '../../src/domain/errors.ts'
import { newProject, type Stores, withStores } from '../tools/store.ts'

const wanted = { projectId: null, scope: 'admin', name: 'ops', expiresAt: null } as const

describe('tokens', () => {
  it('are 256 random bits with a prefix that people and scanners know', () =>
    withStores(({ tokens }) => {
      const secrets = Array.from({ length: 50 }, () => tokens.create(wanted).secret.reveal())
      for (const secret of secrets) {
        expect(secret).toMatch(/^slw_[A-Za-z0-9_-]{43}$/)
        expect(Buffer.from(secret.slice(4), 'base64url')).toHaveLength(32)
      }
      expect(new Set(secrets).size).toBe(50)
    }))

  it('open what they were made for, and are known by the secret alone', () =>
    withStores((stores) => {
      const { tokens } = stores
      const project = addProject(stores)
      const admin = tokens.create(wanted)
      const deploy = tokens.create({ ...wanted, projectId: project.id, scope: 'deploy' })
      expect(tokens.verify(admin.secret.reveal())).toEqual(admin.token)
      expect(tokens.verify(deploy.secret.reveal())).toEqual(deploy.token)
      expect(admin.token).toMatchObject({ projectId: null, scope: 'admin', name: 'ops' })
      expect(deploy.token.projectId).toBe(project.id)
    }))

  it('that nobody made open nothing', () =>
    withStores(({ tokens }) => {
      const { token, secret } = tokens.create(wanted)
      const good = secret.reveal()
      const last = good.endsWith('A') ? 'B' : 'A'
      const digest = createHash('sha256').update(good).digest('base64url')
      for (const forged of [
        '',
        'slw_',
        token.id,
        good.slice(0, -1),
        good.slice(0, -1) + last,
        `${good}x`,
        ` ${good}`,
        `${good}\n`,
        good.slice(4),
        good.toUpperCase(),
        `slw_${digest}`,
        "slw_' OR 1=1 --",
      ]) {
        expect(tokens.verify(forged), forged).toBeNull()
      }
    }))

  it('end at the moment that was set', () =>
    withStores(({ tokens, clock }) => {
      clock.now = 1_000
      const { token, secret } = tokens.create({ ...wanted, expiresAt: new Date(5_000) })
      expect(token.expiresAt).toEqual(new Date(5_000))
      clock.now = 4_999
      expect(tokens.verify(secret.reveal())).toEqual(token)
      clock.now = 5_000
      expect(tokens.verify(secret.reveal())).toBeNull()
    }))

  it('are listed and revoked by their own project only', () =>
    withStores((stores) => {
      const { tokens } = stores
      const [mine, theirs] = [addProject(stores), addProject(stores)]
      const admin = tokens.create(wanted)
      const first = tokens.create({ ...wanted, projectId: mine.id, scope: 'deploy' })
      stores.clock.now += 1
      const second = tokens.create({ ...wanted, projectId: mine.id, scope: 'read' })
      const page = { limit: 10, after: null }
      expect(tokens.list(mine.id, page)).toEqual([first.token, second.token])
      expect(tokens.list(mine.id, { ...page, limit: 1 })).toEqual([first.token])
      const next = { limit: 10, after: first.token.id }
      expect(tokens.list(mine.id, next)).toEqual([second.token])
      expect(() => tokens.list(theirs.id, next)).toThrow(/no token/)
      expect(tokens.list(theirs.id, page)).toEqual([])
      expect(tokens.revoke(theirs.id, first.token.id)).toBe(false)
      expect(tokens.revoke(mine.id, admin.token.id)).toBe(false)
      expect(tokens.verify(first.secret.reveal())).not.toBeNull()
      expect(tokens.revoke(mine.id, first.token.id)).toBe(true)
      expect(tokens.revoke(mine.id, first.token.id)).toBe(false)
      expect(tokens.verify(first.secret.reveal())).toBeNull()
      expect(tokens.verify(second.secret.reveal())).not.toBeNull()
    }))

  it('of a project that has gone do not become tokens for all projects', () =>
    withStores(({ tokens }) => {
      expect(() => tokens.create({ ...wanted, projectId: newProject().id })).toThrow(
        expect.objectContaining({ code: 'project_gone' }),
      )
    }))

  it('note their use at most once a minute', () =>
    withStores(({ tokens, clock, database }) => {
      clock.now = 1_000_000
      const { secret } = tokens.create(wanted)
      const uses = [0, 1, 59_999, 60_000, 60_001, 120_000].map((ms) => {
        clock.now = 1_000_000 + ms
        tokens.verify(secret.reveal())
        const sql = 'SELECT last_used_at AS at FROM tokens'
        return (database.prepare<[], { at: number }>(sql).get()?.at ?? 0) - 1_000_000
      })
      expect(uses).toEqual([0, 0, 0, 60_000, 60_000, 120_000])
    }))

  it('open the door on a full disk too, and hide no other failure', () =>
    withStores(({ tokens, database }) => {
      const { token, secret } = tokens.create(wanted)
      const write = vi.spyOn(database, 'write')
      write.mockImplementationOnce(() => {
        throw new SlipwayError('disk_full', { path: database.path })
      })
      expect(tokens.verify(secret.reveal())).toEqual(token)
      write.mockImplementationOnce(() => {
        throw new Error('a defect')
      })
      expect(() => tokens.verify(secret.reveal())).toThrow('a defect')
      expect(write).toHaveBeenCalledTimes(2)
    }))

  it('tell those who listen that they were revoked, once, and after they were', () =>
    withStores((stores) => {
      const { tokens } = stores
      const [project, other] = [addProject(stores), addProject(stores)]
      const { token, secret } = tokens.create({ ...wanted, projectId: project.id })
      const told: (readonly [string, boolean])[] = []
      tokens.onRevoke((id) => told.push([id, tokens.verify(secret.reveal()) === null]))
      tokens.revoke(other.id, token.id)
      expect(told).toEqual([])
      tokens.revoke(project.id, token.id)
      tokens.revoke(project.id, token.id)
      expect(told).toEqual([[token.id, true]])
    }))

  it('are nowhere in the files of the database, nor in what is printed', () =>
    withStores(async ({ tokens, dataDir, database }) => {
      const { token, secret } = tokens.create(wanted)
      const text = secret.reveal()
      tokens.verify(text)
      for (const checkpoint of [false, true]) {
        if (checkpoint) database.prepare<[], object>('PRAGMA wal_checkpoint(FULL)').get()
        const files = await readdir(dataDir)
        const bytes = await Promise.all(files.map((file) => readFile(join(dataDir, file))))
        const all = Buffer.concat(bytes)
        expect(all.includes(token.id)).toBe(true)
        expect(all.includes(createHash('sha256').update(text).digest())).toBe(true)
        expect(all.includes(text.slice(4))).toBe(false)
        expect(all.includes(Buffer.from(text.slice(4), 'base64url'))).toBe(false)
      }
      expect(JSON.stringify({ token, secret })).not.toContain(text)
    }))
})

function addProject({ projects }: Stores) {
  const project = newProject()
  projects.create(project)
  return project
}
