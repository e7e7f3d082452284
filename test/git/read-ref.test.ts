import { rm, symlink } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { PushHandler } from '../../src/contracts.ts'
import { toOid } from '../../src/domain/names.ts'
import { isPlainRefName, readRefFile } from '../../src/git/read-ref.ts'
import type { Project } from '../../src/domain/project.ts'
import { commitFiles, git, makeTemporaryFolder, makeWorkingCopy } from '../tools/git-client.ts'
import { type GitServer, ScriptedHandler, startGitServer } from '../tools/git-server.ts'

let server: GitServer
let handler: ScriptedHandler
let project: Project
let inspect: PushHandler['inspect']
let work: string
let bare: string

beforeEach(async () => {
  inspect = async () => undefined
  handler = new ScriptedHandler({ inspect: (push, tell) => inspect(push, tell) })
  server = await startGitServer(handler)
  project = await server.addProject()
  bare = server.repositories.pathOf(project.id)
  work = await makeTemporaryFolder('work')
})

afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await rm(work, { recursive: true, force: true })
})

describe('a ref is read from the repository as git would', () => {
  test('while it has a file of its own, and after git has packed it', async () => {
    const first = await makeWorkingCopy(work)
    await git(work, ['push', '--quiet', server.remote(), 'main', 'main:a/main', 'main:tags'])
    expect(await readRefFile(bare, 'refs/heads/main')).toBe(first)
    await git(bare, ['pack-refs', '--all'])
    expect(await readRefFile(bare, 'refs/heads/main')).toBe(first)
    expect(await readRefFile(bare, 'refs/heads/a/main')).toBe(first)
    const second = await commitFiles(work, { 'index.html': 'two' })
    await git(work, ['push', '--quiet', server.remote(), 'main'])
    expect(await readRefFile(bare, 'refs/heads/main')).toBe(second)
    expect(await readRefFile(bare, 'refs/heads/a/main')).toBe(first)
  })

  test('where a name is a folder of others, or the end of another, it is none', async () => {
    await makeWorkingCopy(work)
    await git(work, ['push', '--quiet', server.remote(), 'main:a/main', 'main:amain'])
    for (const _ of ['loose', 'packed']) {
      expect(await readRefFile(bare, 'refs/heads/a')).toBeNull()
      expect(await readRefFile(bare, 'refs/heads/main')).toBeNull()
      expect(await server.repositories.readRef(project.id, 'refs/heads/amain/x')).toBeNull()
      await git(bare, ['pack-refs', '--all'])
    }
  })

  test('a tag with a message is its own object, packed or not', async () => {
    await makeWorkingCopy(work)
    await git(work, ['tag', '--annotate', '--message=one', 'v1'])
    await git(work, ['push', '--quiet', server.remote(), 'v1'])
    const tag = await git(work, ['rev-parse', 'refs/tags/v1'])
    expect(await readRefFile(bare, 'refs/tags/v1')).toBe(tag)
    await git(bare, ['pack-refs', '--all'])
    expect(await readRefFile(bare, 'refs/tags/v1')).toBe(tag)
  })

  test('what is no plain file of an object id is left to git', async () => {
    const commit = await makeWorkingCopy(work)
    await git(work, ['push', '--quiet', server.remote(), 'main'])
    await git(bare, ['symbolic-ref', 'refs/heads/other', 'refs/heads/main'])
    expect(await readRefFile(bare, 'refs/heads/other')).toBe('unknown')
    expect(await server.repositories.readRef(project.id, 'refs/heads/other')).toBe(commit)
    await symlink('self', `${bare}/refs/heads/self`)
    expect(await readRefFile(bare, 'refs/heads/self')).toBe('unknown')
    expect(await readRefFile(`${work}/nothing.git`, 'refs/heads/main')).toBe('unknown')
  })

  test.each(['refs/heads/main', 'refs/heads/é/ü', 'refs/heads/--upload-pack=x', 'refs/tags/v1.2'])(
    '%s is looked for on the disk',
    (ref) => {
      expect(isPlainRefName(ref)).toBe(true)
    },
  )

  test.each([
    'refs/heads/../../../../etc/passwd',
    'refs/heads/..',
    'refs/heads/.x',
    'refs/heads/a//b',
    'refs/heads/a/',
    'refs/heads/',
    'refs/heads/main.lock',
    'refs/heads/a\0b',
    'refs/heads/a\nb',
    'refs/heads/a b',
    'refs/slipway/x',
    'HEAD',
    '/etc/passwd',
  ])('%j is not', (ref) => {
    expect(isPlainRefName(ref)).toBe(false)
  })
})

describe('the list of a commit', () => {
  test('that was read in quarantine is known once the push has arrived, and not before', async () => {
    const commit = await makeWorkingCopy(work)
    const oid = toOid(commit)
    if (oid === null) throw new Error('no object id')
    const { repositories } = server
    const seen: unknown[] = []
    inspect = async ({ quarantine }) => {
      seen.push(await repositories.listTree(project.id, oid, quarantine))
      await expect(repositories.listTree(project.id, oid)).rejects.toThrow(/ls-tree/)
      expect(await repositories.listTree(project.id, oid, quarantine)).not.toBe(seen[0])
    }
    await git(work, ['push', '--quiet', server.remote(), 'main'])
    expect(await repositories.listTree(project.id, oid)).toEqual(seen[0])
    expect(await repositories.listTree(project.id, oid)).toBe(
      await repositories.listTree(project.id, oid),
    )
  })
})
