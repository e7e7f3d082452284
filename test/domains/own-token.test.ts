/** Whether an address leads to this server: only a text that nobody else can know decides. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { HostName } from '../../src/domain/names.ts'
import { showOwnToken } from '../../src/domains/own-token.ts'
import { findFreePort } from '../tools/site-lab.ts'

let challengesDir: string
let server: Server | null
beforeEach(async () => {
  challengesDir = await mkdtemp(join(tmpdir(), 'slipway-challenges-'))
  server = null
})
afterEach(async () => {
  server?.closeAllConnections()
  server?.close()
  await rm(challengesDir, { recursive: true, force: true })
})

async function listen(handle: RequestListener): Promise<number> {
  const started = createServer(handle)
  server = started
  await new Promise<void>((resolve) => {
    started.listen(0, '127.0.0.1', resolve)
  })
  return (started.address() as AddressInfo).port
}

async function askAt(port: number, signal = new AbortController().signal) {
  await using token = await showOwnToken({ challengesDir, port })
  return await token.ask({ host: 'shop.example' as HostName, address: '127.0.0.1', signal })
}

/** As nginx shows the folder. */
const showFolder: RequestListener = (asked, answer) => {
  const [, name = ''] = /^\/\.well-known\/acme-challenge\/([^/]+)$/.exec(asked.url ?? '') ?? []
  readFile(join(challengesDir, name)).then(
    (text) => answer.end(text),
    () => answer.writeHead(404).end(),
  )
}

test('this server is recognised, asked for the host by its name, and nothing is left', async () => {
  const hosts: (string | undefined)[] = []
  const port = await listen((asked, answer) => {
    hosts.push(asked.headers.host)
    showFolder(asked, answer)
  })
  expect(await askAt(port)).toEqual({ outcome: 'ours', said: 'HTTP 200' })
  expect(hosts).toEqual(['shop.example'])
  expect(await readdir(challengesDir)).toEqual([])
})

test.each<[string, RequestListener, string]>([
  ['knows nothing', (_asked, answer) => answer.writeHead(404).end(), 'HTTP 404'],
  ['answers everything with a page', (_asked, answer) => answer.end('<h1>hi'), 'HTTP 200'],
  ['says what it was asked', (asked, answer) => answer.end(asked.url), 'HTTP 200'],
  [
    'says the name of the token',
    (asked, answer) => answer.end(asked.url?.split('/').at(-1)),
    'HTTP 200',
  ],
  [
    'never stops talking',
    (_asked, answer) => {
      const talk = (): void => {
        if (!answer.destroyed && answer.write('x'.repeat(65_536))) setImmediate(talk)
      }
      answer.on('drain', talk)
      talk()
    },
    'HTTP 200',
  ],
  ['hangs up', (asked) => asked.socket.destroy(), 'ECONNRESET'],
])('a server that %s is another', async (_what, handle, said) => {
  expect(await askAt(await listen(handle))).toEqual({ outcome: 'other', said })
})

test('where it is sent on to is not visited', async () => {
  let visits = 0
  const elsewhere = createServer((_asked, answer) => {
    visits += 1
    answer.end()
  })
  await new Promise<void>((resolve) => {
    elsewhere.listen(0, '127.0.0.1', resolve)
  })
  const location = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`
  const port = await listen((_asked, answer) => answer.writeHead(302, { location }).end())
  expect(await askAt(port)).toEqual({ outcome: 'other', said: 'HTTP 302' })
  expect(visits).toBe(0)
  elsewhere.close()
})

test('what speaks no HTTP is another', async () => {
  const other = createTcpServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n'))
  const port = await findFreePort()
  await new Promise<void>((resolve) => {
    other.listen(port, '127.0.0.1', resolve)
  })
  expect((await askAt(port)).outcome).toBe('other')
  other.close()
})

test('where nobody listens it is silent', async () => {
  expect(await askAt(await findFreePort())).toEqual({ outcome: 'silent', said: 'ECONNREFUSED' })
})

test('who is ended meanwhile is told so, and leaves nothing', async () => {
  const ending = new AbortController()
  const port = await listen(() => {
    ending.abort(new Error('the server ends'))
  })
  await expect(askAt(port, ending.signal)).rejects.toThrow('the server ends')
  expect(await readdir(challengesDir)).toEqual([])
})
