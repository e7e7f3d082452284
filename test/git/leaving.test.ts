import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { PushHandler } from '../../src/contracts.ts'
import { SlipwayError } from '../../src/domain/errors.ts'
import type { Project } from '../../src/domain/project.ts'
import { endGroup } from '../../src/machine/run-command.ts'
import { git, makeTemporaryFolder, makeWorkingCopy, runGit, startGit } from '../tools/git-client.ts'
import { type GitServer, moveAll, ScriptedHandler, startGitServer } from '../tools/git-server.ts'
import { until } from '../tools/until.ts'

let server: GitServer
let project: Project
let work: string
let commit: string
let receive: PushHandler['receive']
let inspect: PushHandler['inspect']
let handler: ScriptedHandler

beforeEach(async () => {
  inspect = async () => undefined
  receive = async (push) => moveAll(push)
  handler = new ScriptedHandler({
    inspect: async (push, tell) => inspect(push, tell),
    receive: async (push, tell, signal) => receive(push, tell, signal),
  })
  server = await startGitServer(handler)
  project = await server.addProject()
  work = await makeTemporaryFolder('work')
  commit = await makeWorkingCopy(work)
})

afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await rm(work, { recursive: true, force: true })
})

/** Rejects with its reason when the signal aborts, as a pipeline does. */
async function untilAborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort')
  throw signal.reason
}

describe('a pusher who leaves', () => {
  test('while a deployment runs has changed nothing, and no process is left', async () => {
    const started = Promise.withResolvers<void>()
    receive = async (_push, _tell, signal) => {
      started.resolve()
      return untilAborted(signal)
    }
    const client = startGit(work, ['push', server.remote(), 'main'])
    await started.promise
    endGroup(client)
    await server.idle()
    expect(handler.calls).toEqual(['inspect', 'receive', 'settle'])
    expect(await server.repositories.readRef(project.id, 'refs/heads/main')).toBeNull()
    await server.untilQuiet()
    expect(await server.quarantines(project)).toEqual([])
    expect(server.problems).toEqual([])
  })

  test('when the site was live already still has the ref moved', async () => {
    const started = Promise.withResolvers<void>()
    receive = async (push, tell, signal) => {
      tell('started')
      await untilAborted(signal).catch(() => undefined)
      // More than the pipes hold, for a terminal that nobody reads any more.
      for (let line = 0; line < 5_000; line += 1) tell(`${line} `.padEnd(100, 'x'))
      return moveAll(push)
    }
    const client = startGit(work, ['push', server.remote(), 'main'])
    client.stderr?.on('data', (part: Buffer) => {
      if (part.includes('started')) started.resolve()
    })
    await started.promise
    endGroup(client)
    await server.idle()
    expect(handler.calls).toEqual(['inspect', 'receive', 'settle'])
    expect(await server.repositories.readRef(project.id, 'refs/heads/main')).toBe(commit)
    await server.untilQuiet()
  })

  test('while the push is looked at leaves no objects, and is never received', async () => {
    const started = Promise.withResolvers<void>()
    const left = Promise.withResolvers<void>()
    inspect = async () => {
      started.resolve()
      await left.promise
    }
    const client = startGit(work, ['push', server.remote(), 'main'])
    await started.promise
    expect(await server.quarantines(project)).toHaveLength(1)
    endGroup(client)
    await server.clientGone()
    left.resolve()
    await server.idle()
    expect(handler.calls).toEqual(['inspect'])
    expect(await server.repositories.readRef(project.id, 'refs/heads/main')).toBeNull()
    expect(await server.quarantines(project)).toEqual([])
    await server.untilQuiet()
  })

  test('in the middle of the upload leaves nothing', async () => {
    const socket = connect(server.port, '127.0.0.1')
    const head = [
      'POST /shop.git/git-receive-pack HTTP/1.1',
      'Host: localhost',
      'Content-Type: application/x-git-receive-pack-request',
      'Content-Length: 100000000',
    ]
    const command = `${'0'.repeat(40)} ${commit} refs/heads/main\0report-status`
    const length = (command.length + 4).toString(16).padStart(4, '0')
    socket.write(`${head.join('\r\n')}\r\n\r\n${length}${command}0000`)
    // A pack of 1000 objects whose first is a large blob that never ends: 65,535 bytes of it come
    // as they are, so git has nothing to complain of while it waits for the rest of them.
    socket.write(Buffer.from('5041434b00000002000003e8b0808010780100ffff0000', 'hex'))
    socket.write(randomBytes(1_000))
    await until(async () => (await server.quarantines(project)).length > 0)
    socket.destroy()
    await server.idle()
    expect(handler.calls).toEqual([])
    await server.untilQuiet()
    expect(await server.quarantines(project)).toEqual([])
    await git(work, ['push', server.remote(), 'main'])
    expect(await server.repositories.readRef(project.id, 'refs/heads/main')).toBe(commit)
  })

  test('in the middle of a clone leaves no process', async () => {
    const big = await makeTemporaryFolder('big')
    await makeWorkingCopy(big, { noise: randomBytes(12_000_000) })
    await git(big, ['push', server.remote(), 'main:big'])
    const response = await fetch(`${server.remote()}/git-upload-pack`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-git-upload-pack-request' },
      body: renderWantOf(await git(big, ['rev-parse', 'HEAD'])),
    })
    const reader = response.body?.getReader()
    await reader?.read()
    expect(await server.processes()).not.toEqual([])
    await reader?.cancel()
    await server.idle()
    await server.untilQuiet()
    await rm(big, { recursive: true, force: true })
  })
})

describe('a server that stops', () => {
  test('tells the running deployment, waits for it, and takes no further request', async () => {
    const started = Promise.withResolvers<void>()
    receive = async (_push, _tell, signal) => {
      started.resolve()
      return untilAborted(signal)
    }
    const pushing = runGit(work, ['push', server.remote(), 'main'])
    await started.promise
    await server.transport[Symbol.asyncDispose]()
    await server.untilQuiet()
    const push = await pushing
    expect(push.exitCode).toBe(1)
    expect(push.stderr).toContain('main -> main (The server is stopping.)')
    expect((await runGit(work, ['ls-remote', server.remote()])).exitCode).not.toBe(0)
    expect(server.problems).toEqual([new SlipwayError('server_stopping')])
  })

  test('ends a deployment that does not listen after its time', async () => {
    await server[Symbol.asyncDispose]()
    server = await startGitServer(handler, { drainTimeoutMs: 100 })
    project = await server.addProject()
    const started = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<void>()
    receive = async (push, _tell, signal) => {
      started.resolve()
      await once(signal, 'abort')
      await ended.promise
      return moveAll(push)
    }
    const pushing = runGit(work, ['push', server.remote(), 'main'])
    await started.promise
    const stopping = server.transport[Symbol.asyncDispose]()
    const push = await pushing
    expect(push.exitCode).not.toBe(0)
    expect(push.stderr).toContain('503')
    ended.resolve()
    await stopping
    expect(await server.repositories.readRef(project.id, 'refs/heads/main')).toBeNull()
    expect(handler.calls).toEqual(['inspect', 'receive', 'settle'])
  })

  test('has a time after which any git is ended', async () => {
    await server[Symbol.asyncDispose]()
    server = await startGitServer(handler, { gitTimeoutMs: 300 })
    project = await server.addProject()
    receive = async (_push, _tell, signal) => untilAborted(signal)
    const push = await runGit(work, ['push', server.remote(), 'main'])
    expect(push.exitCode).not.toBe(0)
    await server.idle()
    expect(await server.repositories.readRef(project.id, 'refs/heads/main')).toBeNull()
    await server.untilQuiet()
  })
})

function renderWantOf(oid: string): string {
  return `0032want ${oid}\n00000009done\n`
}
