/** Commits that the server makes itself, with real repositories and pushes beside them. */
import { readdir, rm } from 'node:fs/promises'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { limits } from '../../src/config.ts'
import type { CommitMade, CommitWish } from '../../src/contracts.ts'
import { zeroOid } from '../../src/domain/names.ts'
import type { Project } from '../../src/domain/project.ts'
import { parseCommitAnswer, renderCommitStream } from '../../src/git/commit-stream.ts'
import { GitRepositories } from '../../src/git/repositories.ts'
import { commitFiles, git, makeTemporaryFolder, makeWorkingCopy } from '../tools/git-client.ts'
import { type GitServer, hooksDir, startGitServer } from '../tools/git-server.ts'

let server: GitServer
let project: Project
let work: string
const author = { name: 'Django', email: 'slipway@example.org' }

beforeEach(async () => {
  server = await startGitServer()
  project = await server.addProject()
  work = await makeTemporaryFolder('work')
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await rm(work, { recursive: true, force: true })
})

function commit(text: string, change: Partial<CommitWish> = {}): Promise<CommitMade> {
  return server.repositories.commitFiles(project.id, {
    branch: 'main',
    message: 'schema: 1 table',
    author,
    files: [{ path: 'schema.json', bytes: Buffer.from(text) }],
    others: 'stay',
    ...change,
  })
}

function show(...words: readonly string[]): Promise<string> {
  return git(server.repositories.pathOf(project.id), words)
}

async function pushFiles(files: Readonly<Record<string, string | Buffer>>): Promise<void> {
  await makeWorkingCopy(work)
  await commitFiles(work, files)
  await git(work, ['push', '--quiet', server.remote(), 'HEAD:main'])
}

describe('a commit of the server', () => {
  test('is the first of an empty repository, and what is cloned', async () => {
    const made = await commit('{"a":1}\n')
    expect(made).toMatchObject({ previous: null, isNew: true })
    await git(work, ['clone', '--quiet', server.remote(), 'copy'])
    expect(await git(`${work}/copy`, ['show', 'HEAD:schema.json'])).toBe('{"a":1}')
    expect(await git(`${work}/copy`, ['log', '--format=%H %an <%ae> %s'])).toBe(
      `${made.commit} Django <slipway@example.org> schema: 1 table`,
    )
    expect(await show('fsck', '--strict')).toBe('')
  })

  test('leaves the other files of the branch as they are, odd names included', async () => {
    const names = { 'README.md': 'hello', 'docs/a b.md': 'x', 'naïve "x"\t.txt': 'y' }
    await pushFiles(names)
    const before = await show('ls-tree', '-r', 'main')
    await commit('{}')
    const after = await show('ls-tree', '-r', 'main')
    expect(after.split('\n').filter((line) => !line.endsWith('\tschema.json'))).toEqual(
      before.split('\n'),
    )
    expect(await show('rev-list', '--count', 'main')).toBe(
      String(Number(await show('rev-list', '--count', 'main~1')) + 1),
    )
  })

  test('replaces them all where it is told to, and keeps the history', async () => {
    await pushFiles({ 'old/x.txt': 'x' })
    await commit('', {
      files: [{ path: 'src/tables/Orders/List.tsx', bytes: Buffer.from('list') }],
      others: 'go',
    })
    expect(await show('ls-tree', '-r', '--name-only', 'main')).toBe('src/tables/Orders/List.tsx')
    expect(await show('cat-file', '-t', 'main~1')).toBe('commit')
  })

  test('is none where nothing would change', async () => {
    const first = await commit('{"a":1}')
    expect(await commit('{"a":1}')).toEqual({
      commit: first.commit,
      previous: first.commit,
      isNew: false,
    })
    expect(await show('rev-list', '--count', 'main')).toBe('1')
  })

  test('is none where its caller wants none by then, of a branch or of none', async () => {
    const isWanted = (): Promise<boolean> => Promise.resolve(false)
    const none = { commit: null, previous: null, isNew: false }
    expect(await commit('{}', { isWanted })).toEqual(none)
    const { commit: oid } = await commit('{}')
    expect(await commit('{"b":1}', { isWanted })).toMatchObject({ commit: oid, isNew: false })
  })

  test('names what it was made of as a parent', async () => {
    const { commit: schema } = await commit('{}')
    const wish = { branch: 'ejected', others: 'go' } as const
    const madeOf = schema ?? undefined
    const first = await commit('1', { ...wish, ...(madeOf && { madeOf }) })
    expect(await show('rev-list', '--parents', '-1', 'ejected')).toBe(`${first.commit} ${schema}`)
    const { commit: newer } = await commit('{"b":1}')
    const second = await commit('2', { ...wish, ...(newer && { madeOf: newer }) })
    expect(await show('rev-list', '--parents', '-1', 'ejected')).toBe(
      `${second.commit} ${first.commit} ${newer}`,
    )
  })

  test('keeps bytes as they are', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_zero, index) => index))
    const files = [{ path: 'schema.json', bytes }]
    const { commit: oid } = await commit('', { files })
    const [entry] = await server.repositories.listTree(project.id, oid ?? zeroOid)
    const kept = await server.repositories.readBlob(project.id, entry?.oid ?? '', 1_000)
    expect(kept).toEqual(bytes)
  })

  test('leaves no ref and no report of its own behind', async () => {
    await commit('{}')
    expect(await show('for-each-ref', '--format=%(refname)')).toBe('refs/heads/main')
    expect((await readdir(server.repositories.pathOf(project.id))).toSorted()).toEqual(
      expect.not.arrayContaining([expect.stringContaining('crash')]),
    )
  })
})

describe('many at once', () => {
  test('are all kept, one after another', async () => {
    const made = await Promise.all(
      Array.from({ length: 8 }, (_none, number) => commit(`{"n":${number}}`)),
    )
    expect(new Set(made.map(({ commit: oid }) => oid)).size).toBe(8)
    expect(await show('rev-list', '--count', 'main')).toBe('8')
  })

  test('of two servers, which know nothing of each other, are all kept', async () => {
    await commit('{}')
    const other = new GitRepositories({ dataDir: server.dir, hooksDir, limits, buildUser: null })
    const wish = (path: string): CommitWish => ({
      branch: 'main',
      message: 'x',
      author,
      files: [{ path, bytes: Buffer.from(path) }],
      others: 'stay',
    })
    const numbers = Array.from({ length: 5 }, (_none, number) => number)
    await Promise.all([
      ...numbers.map((n) => server.repositories.commitFiles(project.id, wish(`ours-${n}`))),
      ...numbers.map((n) => other.commitFiles(project.id, wish(`theirs-${n}`))),
    ])
    expect((await show('ls-tree', '--name-only', 'main')).split('\n')).toHaveLength(11)
  })

  test('and a push: whoever comes second builds upon the first, or is declined', async () => {
    await commit('{}')
    await git(work, ['clone', '--quiet', server.remote(), '.'])
    await git(work, ['config', 'user.name', 'Ada'])
    await git(work, ['config', 'user.email', 'ada@example.org'])
    await commitFiles(work, { 'a.txt': 'x' })
    const checks: (string | null)[] = []
    await commit('{"b":1}', {
      isWanted: async (head) => {
        checks.push(head?.commit ?? null)
        if (checks.length > 1) return true
        await git(work, ['push', '--quiet', server.remote(), 'HEAD:main'])
        return true
      },
    })
    expect(checks).toHaveLength(2)
    expect(await show('ls-tree', '--name-only', 'main')).toBe('a.txt\nschema.json')
  })
})

describe('what is refused', () => {
  test('by the caller’s own check moves nothing', async () => {
    await commit('{}')
    const isWanted = async (): Promise<boolean> => {
      throw new Error('no')
    }
    await expect(commit('{"b":1}', { isWanted })).rejects.toThrow('no')
    expect(await show('rev-list', '--count', 'main')).toBe('1')
  })

  test.each(['', '..', 'a..b', 'x.lock', 'a b', 'a\nb', '/a', 'a//b', '.a', 'x'.repeat(300)])(
    'is the branch %j',
    async (branch) => {
      await expect(commit('{}', { branch })).rejects.toMatchObject({ code: 'ref_name_refused' })
    },
  )

  test('is a branch below one that exists, and above one', async () => {
    await commit('{}')
    await expect(commit('{}', { branch: 'main/x' })).rejects.toMatchObject({
      code: 'ref_name_refused',
    })
    await commit('{}', { branch: 'a/b' })
    await expect(commit('{}', { branch: 'a' })).rejects.toMatchObject({ code: 'ref_name_refused' })
  })

  test('is a project that has gone', async () => {
    await server.repositories.remove(project.id)
    await expect(commit('{}')).rejects.toMatchObject({ code: 'project_gone' })
  })
})

test.each(['--upload-pack=x', '-x', '$(id)', "a;b'c", 'é', 'HEAD', 'a{b', '@'])(
  'a branch of the odd name %j is one like any other, or refused',
  async (branch) => {
    const made = await commit('{}', { branch }).catch((error: unknown) => error)
    if (made instanceof Error) {
      expect(made).toMatchObject({ code: 'ref_name_refused' })
      return
    }
    const ref = `refs/heads/${branch}`
    expect(await server.repositories.readRef(project.id, ref)).toBe((made as CommitMade).commit)
  },
)

test('whatever stands in a message, a name or a file, is no command', async () => {
  const odd = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom('x\nreset refs/heads/main\n', 'a> <b', 'done\n', '\n\n', 'data 5\n', '\u0000'),
  )
  let count = 0
  await fc.assert(
    fc.asyncProperty(odd, odd, odd, async (message, name, text) => {
      const { commit: oid } = await commit(`${text} ${(count += 1)}`, {
        message,
        author: { name, email: 'x@example.org' },
      })
      expect(await show('rev-parse', 'main')).toBe(oid)
      expect(await show('ls-tree', '--name-only', 'main')).toBe('schema.json')
      expect(await show('log', '-1', '--format=%an', 'main')).not.toMatch(/[<>]/)
    }),
    { numRuns: 25 },
  )
  expect(await show('fsck', '--no-dangling')).toBe('')
})

test('a path of a file never leads elsewhere', () => {
  for (const path of ['../x', '/x', 'a/../b', '', 'a\nb', '.', 'a//b', 'a b', '"x"']) {
    const wish: CommitWish = {
      branch: 'main',
      message: 'x',
      author,
      files: [{ path, bytes: Buffer.alloc(0) }],
      others: 'stay',
    }
    expect(() => renderCommitStream(wish, { parent: null, now: new Date() }), path).toThrow()
  }
  expect(() => parseCommitAnswer('nothing')).toThrow()
})
