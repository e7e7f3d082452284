import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseGitPath } from '../../src/git/git-path.ts'
import { renderPacket } from '../../src/git/pkt-line.ts'
import { commitFiles, git, makeTemporaryFolder, makeWorkingCopy } from '../tools/git-client.ts'
import { type GitServer, startGitServer } from '../tools/git-server.ts'

let server: GitServer
let work: string
let commit: string

beforeAll(async () => {
  server = await startGitServer(undefined, { fetchRequestBytesMax: 100_000 })
  await server.addProject()
  work = await makeTemporaryFolder('work')
  commit = await makeWorkingCopy(work)
  await git(work, ['push', server.remote(), 'main'])
})

afterAll(async () => {
  expect(server.problems).toEqual([])
  await server[Symbol.asyncDispose]()
  await rm(work, { recursive: true, force: true })
})

/** What a fetch of version 0 asks for when the client has nothing. */
function renderWant(oid: string): string {
  return `${renderPacket(`want ${oid} ofs-delta\n`)}0000${renderPacket('done\n')}`
}

async function post(
  body: Uint8Array<ArrayBuffer> | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${server.remote()}/git-upload-pack`, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/x-git-upload-pack-request', ...headers },
  })
}

describe('the address of a repository', () => {
  test('is one of three forms', () => {
    expect(parseGitPath('/my-shop.git/info/refs?service=git-upload-pack')).toEqual({
      slug: 'my-shop',
      kind: 'info-refs',
      service: 'git-upload-pack',
    })
    expect(parseGitPath('/my-shop.git/git-upload-pack')).toEqual({
      slug: 'my-shop',
      kind: 'rpc',
      service: 'git-upload-pack',
    })
    expect(parseGitPath('/my-shop.git/git-receive-pack')).toEqual({
      slug: 'my-shop',
      kind: 'rpc',
      service: 'git-receive-pack',
    })
  })

  test.each([
    '/../etc.git/git-upload-pack',
    '/...git/git-upload-pack',
    '/%2e%2e.git/git-upload-pack',
    '/..%2fshop.git/git-upload-pack',
    '//etc.git/git-upload-pack',
    '/a/shop.git/git-upload-pack',
    '/shop;id.git/git-upload-pack',
    '/$(id).git/git-upload-pack',
    '/shop%00.git/git-upload-pack',
    '/shop\0.git/git-upload-pack',
    '/--help.git/../shop.git/git-upload-pack',
    '/SHOP.git/git-upload-pack',
    '/.git/git-upload-pack',
    `/${'a'.repeat(64)}.git/git-upload-pack`,
    '/shop.git',
    '/shop.git/',
    '/shop.git/objects/info/packs',
    '/shop.git/HEAD',
    '/shop.git/config',
    '/shop.git/info/refs',
    '/shop.git/info/refs?service=git-upload-archive',
    '/shop.git/info/refs?service=git-upload-pack&x=1',
    '/shop.git/info/refs?x=1&service=git-upload-pack',
    '/shop.git/git-upload-pack?x',
    '/shop.git/git-upload-archive',
    '/shop.git/git-upload-pack\n',
    'http://other/shop.git/git-upload-pack',
    '',
  ])('%j is none', (url) => {
    expect(parseGitPath(url)).toBeNull()
  })

  test('that names no project is answered 404, whatever it holds', async () => {
    for (const path of ['--help.git/git-upload-pack', 'x/../../etc.git/git-receive-pack']) {
      const response = await fetch(`http://127.0.0.1:${server.port}/${path}`, { method: 'POST' })
      expect(response.status).toBe(404)
    }
  })
})

describe('an answer', () => {
  test('of version 0 begins with the name of the service, and is kept by no cache', async () => {
    const response = await fetch(`${server.remote()}/info/refs?service=git-receive-pack`, {
      headers: { 'Git-Protocol': 'version=2' },
    })
    expect(response.headers.get('content-type')).toBe(
      'application/x-git-receive-pack-advertisement',
    )
    expect(response.headers.get('cache-control')).toContain('no-cache')
    expect(response.headers.get('x-accel-buffering')).toBe('no')
    const text = await response.text()
    expect(text.startsWith('001f# service=git-receive-pack\n0000')).toBe(true)
    expect(text).toContain('atomic')
    expect(text).toContain('push-options')
    expect(text).toContain(`${commit} refs/heads/main`)
  })

  test('of version 2 begins with its version', async () => {
    const response = await fetch(`${server.remote()}/info/refs?service=git-upload-pack`, {
      headers: { 'Git-Protocol': 'version=2' },
    })
    expect((await response.text()).startsWith('000eversion 2\n')).toBe(true)
  })

  test('does not come from a header that is no version', async () => {
    const response = await fetch(`${server.remote()}/info/refs?service=git-upload-pack`, {
      headers: { 'Git-Protocol': 'version=2 $(id)' },
    })
    expect((await response.text()).startsWith('001e# service=git-upload-pack\n')).toBe(true)
  })
})

describe('a request', () => {
  test('in gzip is understood under both of its names', async () => {
    for (const encoding of ['gzip', 'x-gzip']) {
      const response = await post(new Uint8Array(gzipSync(renderWant(commit))), {
        'Content-Encoding': encoding,
      })
      expect(response.status).toBe(200)
      expect(await response.text()).toContain('PACK')
    }
  })

  test('that is broken gzip is answered 400, and the server lives', async () => {
    const whole = gzipSync(renderWant(commit))
    for (const body of [Buffer.from('garbage'), whole.subarray(0, 30)]) {
      const response = await post(new Uint8Array(body), { 'Content-Encoding': 'gzip' })
      expect(response.status).toBe(400)
      expect(await response.text()).toContain('Content-Encoding')
    }
    expect((await post(renderWant(commit))).status).toBe(200)
    await server.untilQuiet()
  })

  test('that inflates to more than git ever sends is given up', async () => {
    const bomb = gzipSync(renderPacket(`want ${commit}\n`).repeat(4_000))
    expect(bomb.length).toBeLessThan(5_000)
    const response = await post(new Uint8Array(bomb), { 'Content-Encoding': 'gzip' })
    expect(response.status).toBe(413)
    await server.untilQuiet()
  })

  test('of another type, encoding or method is answered before git is started', async () => {
    expect((await post('', { 'Content-Type': 'text/plain' })).status).toBe(415)
    expect((await post('', { 'Content-Encoding': 'br' })).status).toBe(415)
    expect((await fetch(`${server.remote()}/git-upload-pack`)).status).toBe(405)
    const advertisement = `${server.remote()}/info/refs?service=git-upload-pack`
    expect((await fetch(advertisement, { method: 'POST' })).status).toBe(405)
  })

  test('may arrive in pieces of any size', async () => {
    const body = renderWant(commit)
    const socket = connect(server.port, '127.0.0.1')
    socket.setNoDelay(true)
    await once(socket, 'connect')
    const parts: Buffer[] = []
    socket.on('data', (part: Buffer) => parts.push(part))
    const ended = once(socket, 'end')
    const head = [
      'POST /shop.git/git-upload-pack HTTP/1.1',
      'Host: localhost',
      'Connection: close',
      'Content-Type: application/x-git-upload-pack-request',
      `Content-Length: ${body.length}`,
    ]
    const before = server.requests.length
    socket.write(`${head.join('\r\n')}\r\n\r\n${body.slice(0, 4)}`)
    // The rest is sent only after the server has the first piece.
    while (server.requests.length === before) await new Promise(setImmediate)
    for (const letter of body.slice(4)) {
      await new Promise((written) => socket.write(letter, written))
    }
    await ended
    expect(Buffer.concat(parts).toString('latin1')).toContain('PACK')
  })

  test('for a commit that no ref leads to any more is refused in version 0', async () => {
    await git(work, ['checkout', '--quiet', '--detach'])
    const secret = await commitFiles(work, { secret: 'x' })
    await git(work, ['push', server.remote(), 'HEAD:refs/heads/gone'])
    expect(await (await post(renderWant(secret))).text()).toContain('PACK')
    await git(work, ['push', server.remote(), ':gone'])
    expect(await (await post(renderWant(secret))).text()).toContain('not our ref')
  })

  test('for a project whose repository is not there is answered 404', async () => {
    const project = await server.addProject('empty')
    await server.repositories.remove(project.id)
    const path = 'info/refs?service=git-upload-pack'
    expect((await fetch(`${server.remote('empty')}/${path}`)).status).toBe(404)
  })
})
