import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  commitFiles,
  git,
  makeTemporaryFolder,
  makeWorkingCopy,
  runGit,
  startGit,
} from '../tools/git-client.ts'
import { type GitServer, moveAll, ScriptedHandler, startGitServer } from '../tools/git-server.ts'
import { SlipwayError } from '../../src/domain/errors.ts'
import { type Oid, toOid } from '../../src/domain/names.ts'
import type { Project } from '../../src/domain/project.ts'
import type { PushHandler } from '../../src/contracts.ts'

let server: GitServer
let handler: ScriptedHandler
let script: { -readonly [Name in keyof PushHandler]?: PushHandler[Name] }
let project: Project
let work: string
let remote: string

beforeEach(async () => {
  script = {}
  handler = new ScriptedHandler({
    inspect: async (push, tell) => script.inspect?.(push, tell),
    receive: async (push, tell, signal) =>
      (await script.receive?.(push, tell, signal)) ?? moveAll(push),
  })
  server = await startGitServer(handler)
  project = await server.addProject()
  remote = server.remote()
  work = await makeTemporaryFolder('work')
})

afterEach(async () => {
  expect(server.problems).toEqual([])
  await server[Symbol.asyncDispose]()
  await rm(work, { recursive: true, force: true })
})

/** What the server says that a ref is now. */
async function readRef(ref: string): Promise<string | null> {
  return server.repositories.readRef(project.id, ref)
}

describe('clone and fetch', () => {
  test('a first commit is pushed and comes back in a clone', async () => {
    const commit = await makeWorkingCopy(work)
    const push = await runGit(work, ['push', remote, 'main'])
    expect(push.exitCode).toBe(0)
    expect(push.stderr).toContain('* [new branch]      main -> main')
    expect(await readRef('refs/heads/main')).toBe(commit)
    await git(work, ['clone', '--quiet', remote, 'copy'])
    expect(await readFile(`${work}/copy/index.html`, 'utf8')).toBe('<h1>one</h1>\n')
    expect(handler.calls).toEqual(['inspect', 'receive', 'settle'])
    expect(await server.quarantines(project)).toEqual([])
  })

  test('a fetch brings what others pushed', async () => {
    await makeWorkingCopy(work)
    await git(work, ['push', remote, 'main'])
    await git(work, ['clone', '--quiet', remote, 'copy'])
    const second = await commitFiles(work, { 'index.html': 'two' })
    await git(work, ['push', remote, 'main'])
    await git(`${work}/copy`, ['fetch', '--quiet'])
    expect(await git(`${work}/copy`, ['rev-parse', 'origin/main'])).toBe(second)
  })

  test('an empty project can be cloned, and its first branch has the right name', async () => {
    const clone = await runGit(work, ['clone', remote, 'copy'])
    expect(clone.exitCode).toBe(0)
    expect(clone.stderr).toContain('empty repository')
    expect(await git(`${work}/copy`, ['symbolic-ref', 'HEAD'])).toBe('refs/heads/main')
  })

  test('a shallow clone is one commit deep, can push, and can be deepened', async () => {
    await makeWorkingCopy(work)
    for (const text of ['two', 'three']) await commitFiles(work, { 'index.html': text })
    await git(work, ['push', remote, 'main'])
    await git(work, ['clone', '--quiet', '--depth=1', remote, 'copy'])
    const copy = `${work}/copy`
    expect(await git(copy, ['rev-list', '--count', 'HEAD'])).toBe('1')
    const commit = await commitFiles(copy, { 'index.html': 'four' })
    await git(copy, ['push', 'origin', 'main'])
    expect(await readRef('refs/heads/main')).toBe(commit)
    await git(copy, ['fetch', '--quiet', '--deepen=1'])
    expect(await git(copy, ['rev-list', '--count', 'HEAD'])).toBe('3')
  })

  test('a clone of depth 1 can be pushed to a repository that has nothing yet', async () => {
    const source = `${work}/source`
    await mkdir(source)
    await makeWorkingCopy(source)
    await commitFiles(source, { 'index.html': 'two' })
    await git(work, ['clone', '--quiet', '--depth=1', `file://${source}`, 'copy'])
    const push = await runGit(`${work}/copy`, ['push', remote, 'main'])
    expect(push.exitCode).toBe(0)
    const commit = await git(`${work}/copy`, ['rev-parse', 'HEAD'])
    expect(await readRef('refs/heads/main')).toBe(commit)
  })

  test('fetches speak version 2 of the protocol', async () => {
    await makeWorkingCopy(work)
    await git(work, ['push', remote, 'main'])
    const trace = await runGit(work, ['ls-remote', remote], {
      environment: { GIT_TRACE_PACKET: '1' },
    })
    expect(trace.stderr).toContain('< version 2')
    expect(trace.stderr).not.toContain('# service=')
  })

  test('fetches of version 0 work too', async () => {
    const commit = await makeWorkingCopy(work)
    await git(work, ['push', remote, 'main'])
    const old = ['-c', 'protocol.version=0', '-c', 'http.postBuffer=4096']
    const trace = await runGit(work, [...old, 'ls-remote', remote], {
      environment: { GIT_TRACE_PACKET: '1' },
    })
    expect(trace.stderr).toContain('# service=git-upload-pack')
    expect(trace.stdout).toContain(`${commit}\trefs/heads/main`)
    await git(work, [...old, 'clone', '--quiet', remote, 'copy'])
  })

  test('a client with a long history of its own sends gzip, and is understood', async () => {
    await makeWorkingCopy(work)
    await git(work, ['push', remote, 'main'])
    const other = `${work}/other`
    await git(work, ['init', '--quiet', other])
    await git(other, ['fast-import', '--quiet'], { input: renderHistory(1_500) })
    await git(other, ['fetch', '--quiet', remote, 'main'])
    expect(server.requests.some(({ encoding }) => encoding === 'gzip')).toBe(true)
    expect(await git(other, ['rev-parse', 'FETCH_HEAD'])).toBe(await readRef('refs/heads/main'))
  })
})

describe('a push', () => {
  test('may come in chunks', async () => {
    const commit = await makeWorkingCopy(work, { 'index.html': 'x', noise: noise(200_000) })
    await git(work, ['-c', 'http.postBuffer=4096', 'push', remote, 'main'])
    expect(server.requests.some(({ chunked }) => chunked)).toBe(true)
    expect(await readRef('refs/heads/main')).toBe(commit)
  })

  test('brings its options word for word', async () => {
    await makeWorkingCopy(work)
    const options = ['detach', 'a=b c', '$(id)', "it's", '  é%s\\n ', '-n']
    await git(work, ['push', ...options.flatMap((text) => ['-o', text]), remote, 'main'])
    expect(handler.inspected[0]?.options).toEqual(options)
    expect(handler.received[0]?.options).toEqual(options)
    expect(handler.received[0]?.id).toBe(handler.inspected[0]?.id)
  })

  test('moves several refs at once when it is atomic', async () => {
    await makeWorkingCopy(work)
    await git(work, ['tag', 'v1'])
    await git(work, ['push', '--atomic', remote, 'main', 'main:other', 'v1'])
    expect(handler.received[0]?.atomic).toBe(true)
    expect(await readRef('refs/heads/other')).toBe(await readRef('refs/heads/main'))
    expect(await readRef('refs/tags/v1')).not.toBeNull()
  })

  test('moves no ref when it is atomic and one is declined', async () => {
    script.receive = async (push) =>
      push.commands.map(({ ref }) =>
        ref === 'refs/heads/other'
          ? { ref, verdict: 'decline', reason: 'not today' }
          : { ref, verdict: 'move' },
      )
    await makeWorkingCopy(work)
    const push = await runGit(work, ['push', '--atomic', remote, 'main', 'main:other'])
    expect(push.exitCode).toBe(1)
    expect(push.stderr).toContain('main -> other (not today)')
    expect(push.stderr).toContain('main -> main (another ref of this push was declined)')
    expect(await readRef('refs/heads/main')).toBeNull()
    expect(await readRef('refs/heads/other')).toBeNull()
  })

  test('stores one ref while another is declined', async () => {
    script.receive = async (push) =>
      push.commands.map(({ ref }) =>
        ref === 'refs/heads/main'
          ? { ref, verdict: 'decline', reason: 'pipeline failed:\n build  exited\u001b[31m 1' }
          : { ref, verdict: 'move' },
      )
    const commit = await makeWorkingCopy(work)
    const push = await runGit(work, ['push', remote, 'main', 'main:other'])
    expect(push.exitCode).toBe(1)
    expect(push.stderr).toContain('main -> main (pipeline failed: build exited\uFFFD[31m 1)')
    expect(push.stderr).toContain('* [new branch]      main -> other')
    expect(await readRef('refs/heads/main')).toBeNull()
    expect(await readRef('refs/heads/other')).toBe(commit)
  })

  test('leaves alone a ref that the handler forgot', async () => {
    script.receive = async () => []
    await makeWorkingCopy(work)
    const push = await runGit(work, ['push', remote, 'main'])
    expect(push.stderr).toContain('main -> main (not answered)')
    expect(await readRef('refs/heads/main')).toBeNull()
  })

  test('deletes a branch, and the branch that HEAD names where the handler agrees', async () => {
    await makeWorkingCopy(work)
    await git(work, ['push', remote, 'main', 'main:other'])
    await git(work, ['push', remote, ':other', ':main'])
    expect(await readRef('refs/heads/other')).toBeNull()
    expect(await readRef('refs/heads/main')).toBeNull()
  })

  test('replaces history when it is forced, and only then', async () => {
    await makeWorkingCopy(work)
    await git(work, ['push', remote, 'main'])
    await git(work, ['commit', '--quiet', '--amend', '--message=again'])
    expect((await runGit(work, ['push', remote, 'main'])).stderr).toContain('rejected')
    await git(work, ['push', '--force', remote, 'main'])
    expect(await readRef('refs/heads/main')).toBe(await git(work, ['rev-parse', 'HEAD']))
  })

  test('to refs/redeploy/ asks again each time and makes no ref', async () => {
    await makeWorkingCopy(work)
    await git(work, ['push', remote, 'main'])
    for (const _ of [1, 2]) {
      const push = await runGit(work, ['push', remote, 'HEAD:refs/redeploy/main'])
      expect(push.exitCode).toBe(0)
      expect(push.stderr).toContain('HEAD -> refs/redeploy/main')
    }
    expect(handler.received.map((push) => push.commands[0]?.ref)).toEqual([
      'refs/heads/main',
      'refs/redeploy/main',
      'refs/redeploy/main',
    ])
    expect(await git(work, ['ls-remote', remote, 'refs/*'])).not.toContain('redeploy')
  })

  test('is declined as a whole by inspect, with the reason and what to do, and nothing is kept', async () => {
    script.inspect = async (push) => {
      const [command] = push.commands
      if (command === undefined) throw new Error('no command')
      await server.repositories.listTree(project.id, command.newOid, push.quarantine)
      throw new SlipwayError('push_option_unknown', { option: 'x', known: 'detach' })
    }
    const commit = await makeWorkingCopy(work)
    const push = await runGit(work, ['push', remote, 'main'])
    expect(push.exitCode).toBe(1)
    expect(push.stderr).toContain('remote: The push option "x" is not known.')
    expect(push.stderr).toContain('remote: Known are: detach.')
    expect(handler.calls).toEqual(['inspect'])
    await expect(server.repositories.listTree(project.id, parseOid(commit))).rejects.toThrow(
      /ls-tree/,
    )
  })

  test('is declined with the reason of an error from receive', async () => {
    script.receive = async () => {
      throw new SlipwayError('build_script_missing')
    }
    await makeWorkingCopy(work)
    const push = await runGit(work, ['push', remote, 'main', 'main:other'])
    expect(push.exitCode).toBe(1)
    expect(push.stderr).toMatch(/main -> main \(package.json has no "build" script/)
    expect(push.stderr).toMatch(/main -> other \(package.json has no "build" script/)
    expect(push.stderr).toContain('remote: Add a script, for example "build": "vite build".')
    expect(handler.calls).toEqual(['inspect', 'receive', 'settle'])
    expect(await readRef('refs/heads/main')).toBeNull()
  })

  test('that met a defect is declined without its details, and the server hears of it', async () => {
    script.receive = async () => {
      throw new Error('password=hunter2')
    }
    await makeWorkingCopy(work)
    const push = await runGit(work, ['push', remote, 'main'])
    expect(push.exitCode).toBe(1)
    expect(push.stderr).toContain('Something went wrong in the server.')
    expect(push.stderr).not.toContain('hunter2')
    await server.idle()
    const [problem] = server.problems.splice(0)
    expect(problem).toMatchObject({ cause: { message: 'password=hunter2' } })
    expect(push.stderr).toContain(handler.received[0]?.id)
  })

  test('to a ref that moved meanwhile is declined by git', async () => {
    await makeWorkingCopy(work)
    await git(work, ['push', remote, 'main'])
    await commitFiles(work, { 'index.html': 'mine' })
    script.receive = async (push) => {
      script = {}
      await git(work, ['push', remote, '+HEAD:refs/heads/main'])
      return moveAll(push)
    }
    const push = await runGit(work, ['push', remote, 'HEAD~0:main', '--force'])
    expect(push.exitCode).toBe(1)
    expect(push.stderr).toContain('failed to update ref')
  })
})

describe('the lines of a push', () => {
  test('are seen while the deployment is still running', async () => {
    await makeWorkingCopy(work)
    const seen = Promise.withResolvers<void>()
    script.receive = async (push, tell) => {
      tell('building v1')
      await seen.promise
      return moveAll(push)
    }
    const client = startGit(work, ['push', remote, 'main'])
    const ended = once(client, 'close')
    let text = ''
    client.stderr?.on('data', (part: Buffer) => {
      text += part.toString()
      if (text.includes('remote: building v1')) seen.resolve()
    })
    expect(await ended).toEqual([0, null])
  })

  test('arrive whole, in order and in any script, however many', async () => {
    await makeWorkingCopy(work)
    const lines = Array.from({ length: 2_000 }, (_, index) => `✓ fertig – gebaut ${index}`)
    script.receive = async (push, tell) => {
      for (const line of lines) tell(line)
      return moveAll(push)
    }
    const push = await runGit(work, ['push', remote, 'main'])
    const told = push.stderr.split('\n').filter((line) => line.startsWith('remote: ✓'))
    expect(told.map((line) => line.slice('remote: '.length).trimEnd())).toEqual(lines)
  })

  test('cannot command the terminal of the pusher', async () => {
    await makeWorkingCopy(work)
    script.receive = async (push, tell) => {
      tell('\u001b]0;owned\u0007 \u009b31m a\rb \ud800 \u202e.gpj')
      tell('two\nlines')
      tell('R 0000')
      tell('x'.repeat(100_000))
      return moveAll(push)
    }
    const push = await runGit(work, ['push', remote, 'main'])
    expect(push.exitCode).toBe(0)
    const told = push.stderr
      .split('\n')
      .filter((line) => line.startsWith('remote: '))
      .map((line) => line.slice('remote: '.length).trimEnd())
    expect(told.slice(0, 5)).toEqual([
      '\uFFFD]0;owned\uFFFD \uFFFD31m a',
      'b \uFFFD \uFFFD.gpj',
      'two',
      'lines',
      'R 0000',
    ])
    expect(told[5]).toBe(`${'x'.repeat(1_999)}…`)
  })
})

/** A stream for `git fast-import`: commits that nobody else has. */
function renderHistory(commits: number): string {
  const author = 'committer Ada <ada@example.org> 1700000000 +0000'
  return Array.from(
    { length: commits },
    (_, index) => `commit refs/heads/b${index}\n${author}\ndata 6\n${100_000 + index}\n`,
  ).join('')
}

function noise(bytes: number): Buffer {
  return randomBytes(bytes)
}

function parseOid(text: string): Oid {
  const oid = toOid(text)
  if (oid === null) throw new Error('no object id')
  return oid
}
