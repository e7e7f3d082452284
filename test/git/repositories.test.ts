import { once } from 'node:events'
import { chmod, chown, lstat, readdir, readFile, readlink, rm, stat } from 'node:fs/promises'
import { Duplex } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { limits } from '../../src/config.ts'
import { type Oid, toOid } from '../../src/domain/names.ts'
import type { Project } from '../../src/domain/project.ts'
import { isFullDisk } from '../../src/git/checkout.ts'
import { parseBlobs } from '../../src/git/read-blobs.ts'
import { GitRepositories } from '../../src/git/repositories.ts'
import { runCommand, startProcess } from '../../src/machine/run-command.ts'
import {
  commitFiles,
  git,
  makeTemporaryFolder,
  makeWorkingCopy,
  runGit,
} from '../tools/git-client.ts'
import { type GitServer, hooksDir, startGitServer } from '../tools/git-server.ts'
import { patienceMs } from '../tools/patience.ts'

let server: GitServer
let project: Project
let work: string
let dir: string
const signal = new AbortController().signal
const builder = { uid: 65_534, gid: 65_534 }

beforeEach(async () => {
  server = await startGitServer()
  project = await server.addProject()
  work = await makeTemporaryFolder('work')
  dir = await makeTemporaryFolder('checkout')
  await makeWorkingCopy(work)
})

afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await rm(work, { recursive: true, force: true })
  await rm(dir, { recursive: true, force: true })
})

async function push(...files: readonly Readonly<Record<string, string | Buffer>>[]): Promise<Oid> {
  for (const some of files) await commitFiles(work, some)
  await git(work, ['push', '--quiet', server.remote(), 'HEAD:main'])
  const oid = toOid(await git(work, ['rev-parse', 'HEAD']))
  if (oid === null) throw new Error('no object id')
  return oid
}

describe('a repository', () => {
  test('is made once, and making it again changes nothing', async () => {
    const commit = await push()
    await server.repositories.create({ ...project, productionBranch: 'other' })
    expect(await server.repositories.readRef(project.id, 'refs/heads/main')).toBe(commit)
    expect(await readdir(`${server.dir}/repos`)).toEqual([`${project.id}.git`])
  })

  test('is whole or absent when two ask for it at once', async () => {
    await server.repositories.remove(project.id)
    await Promise.all([1, 2, 3].map(async () => server.repositories.create(project)))
    expect(await readdir(`${server.dir}/repos`)).toEqual([`${project.id}.git`])
    await push()
  })

  test('that is removed is gone, and removing it again is no error', async () => {
    await server.repositories.remove(project.id)
    await server.repositories.remove(project.id)
    expect(await readdir(`${server.dir}/repos`)).toEqual([])
  })

  test('checks out the branch that HEAD was set to', async () => {
    await git(work, ['push', server.remote(), 'HEAD:refs/heads/--live'])
    await server.repositories.setHead(project.id, '--live')
    await git(work, ['clone', '--quiet', server.remote(), 'copy'])
    expect(await git(`${work}/copy`, ['symbolic-ref', 'HEAD'])).toBe('refs/heads/--live')
  })

  test.each(['', 'a\nb', 'a b', '../x'])('has no HEAD named %j', async (branch) => {
    await expect(server.repositories.setHead(project.id, branch)).rejects.toMatchObject({
      code: 'ref_name_refused',
    })
  })

  test('gives a small file, and refuses one that is larger than asked for', async () => {
    await push({ 'package.json': '{"é":1}' })
    const oid = await git(work, ['rev-parse', 'HEAD:package.json'])
    expect((await server.repositories.readBlob(project.id, oid, 8)).toString()).toBe('{"é":1}')
    await expect(server.repositories.readBlob(project.id, oid, 7)).rejects.toMatchObject({
      code: 'tree_too_large',
    })
    await expect(server.repositories.readBlob(project.id, '--help', 7)).rejects.toThrow()
    await expect(server.repositories.readBlob(project.id, '1'.repeat(40), 7)).rejects.toThrow()
  })

  test('belonging to another user is read all the same', async () => {
    const commit = await push()
    await chown(server.repositories.pathOf(project.id), builder.uid, builder.gid)
    expect(await server.repositories.readRef(project.id, 'refs/heads/main')).toBe(commit)
    await git(work, ['clone', '--quiet', server.remote(), 'copy'])
  })
})

describe('a checkout', () => {
  test('writes every file byte for byte, whatever the attributes of the commit say', async () => {
    const files = {
      '.gitattributes':
        'hidden export-ignore\nsubst export-subst\ncrlf text eol=crlf\nid ident\n* filter=evil\n',
      hidden: 'here',
      subst: '$Format:%H$\n',
      crlf: 'a\nb\n',
      id: '$Id$\n',
      bytes: Buffer.from([0, 255, 13, 10, 0]),
      '-rf': 'x',
      'é – ₁': 'y',
    }
    await git(work, ['config', 'filter.evil.clean', 'cat'])
    const commit = await push(files)
    await server.repositories.checkout(project.id, commit, { dir, signal })
    for (const [name, data] of Object.entries(files)) {
      expect(await readFile(`${dir}/${name}`)).toEqual(Buffer.from(data))
    }
    expect((await readdir(dir)).toSorted()).toEqual(
      [...Object.keys(files), 'index.html'].toSorted(),
    )
  })

  test('belongs to the user that builds, and keeps no mode that the commit did not say', async () => {
    await chmod(`${work}/index.html`, 0o755)
    const commit = await push({ plain: 'x' })
    const building = new GitRepositories({
      dataDir: server.dir,
      hooksDir,
      limits,
      buildUser: builder,
    })
    await chown(dir, builder.uid, builder.gid)
    await building.checkout(project.id, commit, { dir, signal })
    const [script, plain] = [await stat(`${dir}/index.html`), await stat(`${dir}/plain`)]
    expect([script.uid, script.gid, script.mode & 0o111]).toEqual([65_534, 65_534, 0o111])
    expect([plain.uid, plain.mode & 0o7111]).toEqual([65_534, 0])
  })

  test('writes links as links and an empty folder for a submodule', async () => {
    const target = await git(work, ['hash-object', '-w', '--stdin'], { input: '/etc' })
    await git(work, ['update-index', '--add', '--cacheinfo', `120000,${target},link`])
    await git(work, ['update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},module`])
    await git(work, ['commit', '--quiet', '--message=links'])
    const commit = await push()
    await server.repositories.checkout(project.id, commit, { dir, signal })
    expect(await readlink(`${dir}/link`)).toBe('/etc')
    expect((await lstat(`${dir}/module`)).isDirectory()).toBe(true)
  })

  test('that is aborted rejects with the reason and leaves no process', async () => {
    const commit = await push({ noise: Buffer.alloc(20_000_000, 'x') })
    const abort = new AbortController()
    const writing = server.repositories.checkout(project.id, commit, {
      dir,
      signal: abort.signal,
    })
    abort.abort(new Error('enough'))
    await expect(writing).rejects.toThrow('enough')
    await server.untilQuiet()
    const before = server.repositories.checkout(project.id, commit, { dir, signal: abort.signal })
    await expect(before).rejects.toThrow('enough')
  })

  test('rejects where either of its programs fails', async () => {
    const commit = await push()
    const unknown = toOid('1'.repeat(40)) ?? commit
    const missing = server.repositories.checkout(project.id, unknown, { dir, signal })
    await expect(missing).rejects.toThrow(/git ended with 128/)
    const nowhere = server.repositories.checkout(project.id, commit, { dir: `${dir}/no`, signal })
    await expect(nowhere).rejects.toThrow(/tar with 2/)
  })

  test('tells a full disk as a full disk', () => {
    expect(isFullDisk('tar: noise: Wrote only 2560 of 10240 bytes\ntar: Exiting\n')).toBe(true)
    expect(isFullDisk('tar: a: Cannot open: No space left on device\n')).toBe(true)
    expect(isFullDisk('tar: a: Cannot open: Permission denied\n')).toBe(false)
  })
})

describe('a hook that somebody runs by hand', () => {
  test.each(['pre-receive', 'proc-receive'])('declines: %s', async (hook) => {
    for (const environment of [{}, { SLIPWAY_PUSH: '1' }]) {
      const result = await runCommand({
        program: `${hooksDir}/${hook}`,
        args: [],
        environment,
        input: '',
        timeoutMs: patienceMs,
      })
      expect(result.exitCode).toBe(1)
      expect(result.stderr).toBe(
        'Pushes to this repository go through the Slipway server; nothing was changed.\n',
      )
      expect(result.stdout.toString()).toBe('')
    }
  })

  test('declines a push over the file system too', async () => {
    const path = server.repositories.pathOf(project.id)
    const program = `git -c core.hooksPath=${hooksDir} receive-pack`
    const pushed = await runGit(work, ['push', `--receive-pack=${program}`, path, 'main'])
    expect(pushed.exitCode).toBe(1)
    expect(pushed.stderr).toContain('go through the Slipway server')
  })

  test.each(['pre-receive', 'proc-receive'])(
    'declines when the server goes away: %s',
    async (hook) => {
      const child = startProcess(
        { program: `${hooksDir}/${hook}`, args: [], environment: { SLIPWAY_PUSH: '1' } },
        ['pipe', 'pipe', 'pipe', 'pipe'],
      )
      let text = ''
      child.stderr?.on('data', (part: Buffer) => (text += part.toString()))
      child.stdin?.end()
      const socket = child.stdio[3]
      if (!(socket instanceof Duplex)) throw new Error('no socket')
      socket.once('data', () => {
        socket.destroy()
      })
      expect(await once(child, 'close')).toEqual([1, null])
      expect(text).toBe("Slipway's server went away; nothing was changed, push again.\n")
    },
  )

  test('declines an option that would say more than one line', async () => {
    const child = startProcess(
      {
        program: `${hooksDir}/pre-receive`,
        args: [],
        environment: {
          SLIPWAY_PUSH: '1',
          GIT_PUSH_OPTION_COUNT: '1',
          GIT_PUSH_OPTION_0: 'detach\nend',
        },
      },
      ['pipe', 'pipe', 'pipe', 'pipe'],
    )
    const said = { toServer: '', toPusher: '' }
    child.stdin?.end()
    child.stderr?.on('data', (part: Buffer) => (said.toPusher += part.toString()))
    const socket = child.stdio[3]
    if (!(socket instanceof Duplex)) throw new Error('no socket')
    socket.on('data', (part: Buffer) => (said.toServer += part.toString()))
    expect(await once(child, 'close')).toEqual([1, null])
    expect(said.toPusher).toBe('A push option must be one line.\n')
    expect(said.toServer).toBe('pre-receive\nquarantine \n')
  })
})

describe('the files of a commit, read all at once', () => {
  const files = {
    'index.html': '<h1>one</h1>',
    'image.bin': Buffer.from(Array.from({ length: 700 }, (_none, index) => index % 256)),
    'sub/empty': '',
    'sub/again.html': '<h1>one</h1>',
    'sub/lines': '\n\nblob 3\n\n',
  }
  const contents = Object.values(files).map((content) => Buffer.from(content))

  async function list(commit: Oid): Promise<readonly { oid: string; bytes: number }[]> {
    const entries = await server.repositories.listTree(project.id, commit)
    return Object.keys(files).map((name) => {
      const entry = entries.find(({ path }) => path === name)
      if (entry === undefined) throw new Error(`no ${name}`)
      return entry
    })
  }
  const read = (wanted: readonly { oid: string; bytes: number }[]): Promise<readonly Buffer[]> =>
    server.repositories.readFiles(project.id, wanted, signal)
  const repack = async (): Promise<unknown> =>
    git(server.repositories.pathOf(project.id), ['repack', '-adq'])

  test('are byte for byte as they were committed, one by one, packed, or some of each', async () => {
    const blobs = await list(await push(files))
    expect(await read(blobs)).toEqual(contents)
    await repack()
    expect(await read(blobs)).toEqual(contents)
    const more = await list(await push({ 'index.html': 'two' }))
    const mixed = [...more, ...blobs.toReversed()]
    expect(await read(mixed)).toEqual([
      Buffer.from('two'),
      ...contents.slice(1),
      ...contents.toReversed(),
    ])
    expect(await read([])).toEqual([])
  })

  test('are not read where one is no blob, is not there, or is no id at all', async () => {
    const commit = await push(files)
    const [first] = await list(commit)
    if (first === undefined) throw new Error('nothing is listed')
    for (const oid of [commit, 'f'.repeat(40)]) {
      await expect(read([first, { oid, bytes: 12 }])).rejects.toThrow('git cat-file')
    }
    for (const oid of ['HEAD', '--batch', '', `${first.oid}\n${first.oid}`]) {
      await expect(read([first, { oid, bytes: 12 }])).rejects.toThrow('no object id')
    }
  })

  test('are not read where one has another size than it was listed with', async () => {
    const blobs = await list(await push(files))
    const resized = (change: number) =>
      blobs.map((blob) => ({ ...blob, bytes: blob.bytes + change }))
    for (const _how of ['one by one', 'packed']) {
      await expect(read(resized(1))).rejects.toThrow('bytes')
      await expect(read(resized(-1).filter(({ bytes }) => bytes > 0))).rejects.toThrow(
        'git cat-file',
      )
      await repack()
    }
  })

  test('are not read for a deployment that is cancelled', async () => {
    const blobs = await list(await push(files))
    const cancelled = AbortSignal.abort(new Error('cancelled'))
    const reading = server.repositories.readFiles(project.id, blobs, cancelled)
    await expect(reading).rejects.toThrow('cancelled')
  })

  test('are what git says of them, and nothing in another form', () => {
    const oid = 'a'.repeat(40)
    const answer = (text: string) => parseBlobs(Buffer.from(text), [{ oid, bytes: 2 }])
    expect(answer(`${oid} blob 2\nhi\n`)).toEqual([Buffer.from('hi')])
    for (const text of [
      '',
      `${oid} missing\n`,
      `${oid} tree 2\nhi\n`,
      `${oid} blob 3\nhi!\n`,
      `${oid} blob 2\nhi`,
      `${oid} blob 2\nhi!`,
      `${oid} blob 2\nhi\nmore`,
      `${'b'.repeat(40)} blob 2\nhi\n`,
    ]) {
      expect(() => answer(text), text).toThrow('git cat-file')
    }
  })
})
