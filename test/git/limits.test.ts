import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Project } from '../../src/domain/project.ts'
import { type Oid, toOid } from '../../src/domain/names.ts'
import type { GitLimits } from '../../src/git/git-command.ts'
import { renderPacket } from '../../src/git/pkt-line.ts'
import { git, makeTemporaryFolder, makeWorkingCopy, runGit } from '../tools/git-client.ts'
import { type GitServer, ScriptedHandler, startGitServer } from '../tools/git-server.ts'

let server: GitServer
let handler: ScriptedHandler
let project: Project
let work: string

beforeEach(async () => {
  await start({})
  work = await makeTemporaryFolder('work')
})

afterEach(async () => {
  expect(server.problems).toEqual([])
  await server[Symbol.asyncDispose]()
  await rm(work, { recursive: true, force: true })
})

async function start(given: Partial<GitLimits>): Promise<void> {
  handler = new ScriptedHandler()
  server = await startGitServer(handler, given)
  project = await server.addProject()
}

async function restart(given: Partial<GitLimits>): Promise<void> {
  await server[Symbol.asyncDispose]()
  await start(given)
}

describe('a push', () => {
  test('that is too large is declined clearly although the client is still sending', async () => {
    await restart({ pushBytesMax: 1_000_000 })
    await makeWorkingCopy(work, { noise: randomBytes(30_000_000) })
    const push = await runGit(work, ['push', server.remote(), 'main'])
    expect(push.exitCode).toBe(1)
    expect(push.stderr).toContain('pack exceeds maximum allowed size')
    expect(push.stderr).toContain('main -> main')
    await server.idle()
    await server.untilQuiet()
    expect(await server.quarantines(project)).toEqual([])
    expect(handler.calls).toEqual([])
  })

  test('of more refs than are taken at once is declined with their number', async () => {
    await restart({ pushRefsMax: 3 })
    await makeWorkingCopy(work)
    const push = await runGit(work, ['push', server.remote(), 'main', 'main:a', 'main:b', 'main:c'])
    expect(push.exitCode).toBe(1)
    expect(push.stderr).toContain('This push changes 4 refs; at most 3 are taken at once.')
    expect(push.stderr).toContain('Push fewer branches and tags at a time.')
    expect(handler.calls).toEqual([])
    expect(
      (await runGit(work, ['push', server.remote(), 'main', 'main:a', 'main:b'])).exitCode,
    ).toBe(0)
  })

  test('of a list of refs without end is given up before git has it in memory', async () => {
    await restart({ fetchRequestBytesMax: 50_000 })
    const line = (index: number): string =>
      renderPacket(`${'1'.repeat(40)} ${'0'.repeat(40)} refs/heads/x${index}`)
    const response = await fetch(`${server.remote()}/git-receive-pack`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-git-receive-pack-request' },
      body: Array.from({ length: 1_000 }, (_, index) => line(index)).join(''),
    })
    expect(response.status).toBe(413)
    await server.untilQuiet()
  })

  test('of as many refs as are taken, with the longest names, goes through', async () => {
    await makeWorkingCopy(work)
    const refs = Array.from(
      { length: 100 },
      (_, index) => `main:refs/heads/${String(index).padStart(189, 'x')}`,
    )
    await git(work, ['push', '--quiet', server.remote(), ...refs])
    expect(handler.received[0]?.commands).toHaveLength(100)
    expect(handler.received[0]?.commands[0]?.ref).toHaveLength(200)
  })

  test.each([
    ['one byte too long', 'x'.repeat(190)],
    ['for the server alone', '../slipway/x'],
  ])('of a ref whose name is %s is declined', async (_, name) => {
    await makeWorkingCopy(work)
    const ref = name.startsWith('../') ? `refs/${name.slice(3)}` : `refs/heads/${name}`
    const push = await runGit(work, ['push', server.remote(), `main:${ref}`])
    expect(push.exitCode).toBe(1)
    expect(push.stderr).toMatch(/is not taken here|hidden ref/)
    expect(handler.calls).toEqual([])
  })

  test('of names that look like something else stores just these names', async () => {
    const commit = await makeWorkingCopy(work)
    const names = ['--upload-pack=x', '-x', '$(id)', 'a;b', "a'b", 'é–₁', '`id`', '%s%n', 'HEAD']
    const refs = names.map((name) => `refs/heads/${name}`)
    await git(work, ['push', server.remote(), ...refs.map((ref) => `main:${ref}`)])
    expect(handler.received[0]?.commands.map(({ ref }) => ref).toSorted()).toEqual(refs.toSorted())
    for (const ref of refs) expect(await server.repositories.readRef(project.id, ref)).toBe(commit)
    for (const ref of ['refs/heads/HEAD~0', 'refs/heads/a*', 'refs/heads', '', '--all']) {
      expect(await server.repositories.readRef(project.id, ref)).toBeNull()
    }
  })

  test.each([
    ['a line end, and a second command behind it', Buffer.from('refs/heads/a\nX 0')],
    ['bytes that are no UTF-8', Buffer.from('726566732f68656164732fff', 'hex')],
    ['no refs/ in front', Buffer.from('HEAD')],
  ])('of a name with %s is declined', async (_, name) => {
    const commit = await makeWorkingCopy(work)
    const answer = await pushRaw(commit, name)
    expect(answer).toContain('is not taken here')
    expect(answer).not.toMatch(/ok refs/)
    expect(handler.calls).toEqual([])
    expect(await git(work, ['ls-remote', server.remote()])).toBe('')
  })

  test('that hides a command inside a name deploys nothing', async () => {
    const commit = await makeWorkingCopy(work)
    const hidden = `refs/heads/a\n${'0'.repeat(40)} ${commit} refs/heads/main`
    const answer = await pushRaw(commit, Buffer.from(hidden))
    expect(answer).toContain('is not taken here')
    expect(answer).not.toMatch(/ok refs/)
    expect(handler.calls).not.toContain('receive')
    expect(await git(work, ['ls-remote', server.remote()])).toBe('')
  })

  test.each(['.git', '.GIT', '..', 'a/../../b'])('of a file named %s is declined', async (name) => {
    await makeWorkingCopy(work)
    const blob = await git(work, ['hash-object', '-w', '--stdin'], { input: 'x' })
    const tree = await makeTree(work, [{ mode: '100644', name, oid: blob }])
    const commit = await git(work, ['commit-tree', tree, '-m', 'x'])
    const push = await runGit(work, ['push', server.remote(), `${commit}:refs/heads/main`])
    expect(push.exitCode).toBe(1)
    expect(push.stderr).toMatch(/fsck error|unpack/)
    expect(handler.calls).toEqual([])
  })
})

describe('the list of a tree', () => {
  test('of a thousand million files is given up early', async () => {
    const commit = await makeBomb(work, { width: 10, depth: 9 })
    await git(work, ['push', server.remote(), `${commit}:refs/heads/main`])
    await expect(server.repositories.listTree(project.id, commit)).rejects.toMatchObject({
      code: 'tree_too_large',
    })
    await server.untilQuiet()
  })

  test('is given up at the bytes of the files too, however small the push', async () => {
    await restart({ treeBytesMax: 1_000_000 })
    const commit = toOidOrThrow(await makeWorkingCopy(work, { zeros: Buffer.alloc(1_000_001) }))
    await git(work, ['push', server.remote(), 'main'])
    await expect(server.repositories.listTree(project.id, commit)).rejects.toMatchObject({
      code: 'tree_too_large',
    })
  })

  test('names every file, folder, link and submodule, with sizes', async () => {
    await makeWorkingCopy(work, { 'a b\té\n.txt': 'four' })
    await git(work, ['update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},module`])
    const target = await git(work, ['hash-object', '-w', '--stdin'], { input: '/etc/passwd' })
    await git(work, ['update-index', '--add', '--cacheinfo', `120000,${target},dir/link`])
    await git(work, ['commit', '--quiet', '--message=more'])
    await git(work, ['push', server.remote(), 'HEAD:main'])
    const commit = toOidOrThrow(await git(work, ['rev-parse', 'HEAD']))
    const entries = await server.repositories.listTree(project.id, commit)
    expect(entries.map(({ path, type, mode, bytes }) => [path, type, mode, bytes])).toEqual([
      ['a b\té\n.txt', 'blob', '100644', 4],
      ['dir', 'tree', '040000', 0],
      ['dir/link', 'blob', '120000', 11],
      ['module', 'commit', '160000', 0],
    ])
  })
})

/** Sends a command that no git client would, with the objects of a commit behind it. */
async function pushRaw(commit: string, ref: Buffer): Promise<string> {
  const pack = await git(work, ['pack-objects', '--revs', '--quiet', '--stdout'], {
    input: `${commit}\n`,
    raw: true,
  })
  const command = Buffer.concat([
    Buffer.from(`${'0'.repeat(40)} ${commit} `),
    ref,
    Buffer.from('\0 report-status side-band-64k'),
  ])
  const body = Buffer.concat([
    Buffer.from((command.length + 4).toString(16).padStart(4, '0')),
    command,
    Buffer.from('0000'),
    Buffer.from(pack, 'latin1'),
  ])
  const response = await fetch(`${server.remote()}/git-receive-pack`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-git-receive-pack-request' },
    body: new Uint8Array(body),
  })
  return response.text()
}

interface TreeLine {
  readonly mode: string
  readonly name: string
  readonly oid: string
}

/** A tree as bytes, since git's own commands refuse to make a bad one. */
async function makeTree(dir: string, lines: readonly TreeLine[]): Promise<string> {
  const input = Buffer.concat(
    lines.flatMap(({ mode, name, oid }) => [
      Buffer.from(`${mode} ${name}\0`),
      Buffer.from(oid, 'hex'),
    ]),
  )
  return git(dir, ['hash-object', '-w', '-t', 'tree', '--literally', '--stdin'], { input })
}

/** A commit of width^depth files in `depth` small objects. */
async function makeBomb(
  dir: string,
  { width, depth }: { readonly width: number; readonly depth: number },
): Promise<Oid> {
  await git(dir, ['init', '--quiet'])
  let oid = await git(dir, ['hash-object', '-w', '--stdin'], { input: '' })
  for (let level = 0; level < depth; level += 1) {
    const mode = level === 0 ? '100644' : '40000'
    const lines = Array.from({ length: width }, (_, index) => ({ mode, name: `d${index}`, oid }))
    oid = await makeTree(dir, lines)
  }
  return toOidOrThrow(await git(dir, ['commit-tree', oid, '-m', 'bomb']))
}

function toOidOrThrow(text: string): Oid {
  const oid = toOid(text)
  if (oid === null) throw new Error('no object id')
  return oid
}
