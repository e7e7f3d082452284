import { rm } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { git, makeTemporaryFolder, makeWorkingCopy, runGit } from '../tools/git-client.ts'
import { type GitServer, ScriptedHandler, startGitServer } from '../tools/git-server.ts'

let server: GitServer
let handler: ScriptedHandler
let work: string
const numbers = Array.from({ length: 20 }, (_, index) => index)

beforeEach(async () => {
  handler = new ScriptedHandler()
  server = await startGitServer(handler)
  work = await makeTemporaryFolder('work')
  await makeWorkingCopy(work)
})

afterEach(async () => {
  expect(server.problems).toEqual([])
  await server[Symbol.asyncDispose]()
  await rm(work, { recursive: true, force: true })
})

describe('twenty pushes at once', () => {
  test('to twenty projects all arrive, each at its own', async () => {
    const projects = await Promise.all(numbers.map(async (n) => server.addProject(`shop-${n}`)))
    const tree = await git(work, ['rev-parse', 'HEAD^{tree}'])
    const commits = await Promise.all(
      numbers.map(async (n) => git(work, ['commit-tree', tree, '-m', `shop ${n}`])),
    )
    const pushes = await Promise.all(
      numbers.map(async (n) =>
        runGit(work, ['push', server.remote(`shop-${n}`), `${commits[n]}:refs/heads/main`]),
      ),
    )
    expect(pushes.filter((push) => push.exitCode !== 0)).toEqual([])
    for (const [n, project] of projects.entries()) {
      expect(await server.repositories.readRef(project.id, 'refs/heads/main')).toBe(commits[n])
    }
    expect(handler.calls).toHaveLength(60)
  })

  test('to branches of one project all arrive, and no quarantine is swept too early', async () => {
    const project = await server.addProject()
    const tree = await git(work, ['rev-parse', 'HEAD^{tree}'])
    const commits = await Promise.all(
      numbers.map(async (n) => git(work, ['commit-tree', tree, '-m', `branch ${n}`])),
    )
    const pushes = await Promise.all(
      numbers.map(async (n) =>
        runGit(work, ['push', server.remote(), `${commits[n]}:refs/heads/branch-${n}`]),
      ),
    )
    expect(pushes.filter((push) => push.exitCode !== 0)).toEqual([])
    for (const n of numbers) {
      expect(await server.repositories.readRef(project.id, `refs/heads/branch-${n}`)).toBe(
        commits[n],
      )
    }
    expect(await server.quarantines(project)).toEqual([])
  })

  test('to the same branch of one project: exactly one moves it', async () => {
    const project = await server.addProject()
    const tree = await git(work, ['rev-parse', 'HEAD^{tree}'])
    const commits = await Promise.all(
      numbers.map(async (n) => git(work, ['commit-tree', tree, '-m', `rival ${n}`])),
    )
    // Nobody is answered before all of them have seen the branch absent.
    const arrived = Promise.withResolvers<void>()
    await server[Symbol.asyncDispose]()
    let waiting = 0
    handler = new ScriptedHandler({
      inspect: async () => {
        waiting += 1
        if (waiting === numbers.length) arrived.resolve()
        await arrived.promise
      },
    })
    server = await startGitServer(handler)
    await server.addProject()
    const pushes = await Promise.all(
      numbers.map(async (n) =>
        runGit(work, ['push', server.remote(), `${commits[n]}:refs/heads/main`]),
      ),
    )
    const winners = numbers.filter((n) => pushes[n]?.exitCode === 0)
    expect(winners).toHaveLength(1)
    expect(await server.repositories.readRef(project.id, 'refs/heads/main')).toBe(
      commits[winners[0] ?? -1],
    )
  })
})
