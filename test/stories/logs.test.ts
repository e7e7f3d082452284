/** A deployment's log as REST gives it: whole, in parts, and while it is written. */
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { forAllTests } from '../tools/for-all-tests.ts'
import { scriptedApp, waitForFile, writeOutput } from '../tools/scripted-app.ts'
import { startSlipwayServer } from '../tools/slipway-server.ts'

const server = forAllTests(startSlipwayServer)

interface Event {
  readonly seq: number
  readonly deployment: number
  readonly text: string
  readonly stream: string | null
}

async function askLog(slug: string, rest: string, accept?: string): Promise<Response> {
  return fetch(`${server.url}/api/v1/runtime/projects/${slug}/deployments/${rest}`, {
    headers: { authorization: `Bearer ${await server.adminToken()}`, ...(accept && { accept }) },
  })
}

async function readEvents(slug: string, rest: string): Promise<readonly Event[]> {
  const lines = (await (await askLog(slug, rest)).text()).split('\n')
  expect(lines.pop()).toBe('')
  return lines.map((line) => JSON.parse(line) as Event)
}

function finishing(...lines: readonly string[]): string {
  return [writeOutput('index.html', '<!doctype html>done'), ...lines].join('\n')
}

test('a whole log is read at once or in parts, and is the same', async () => {
  const script = finishing('for (let line = 0; line < 300; line += 1) console.log(`line ${line}`)')
  const copy = await server.createWorkingCopy('talker', scriptedApp(script))
  expect((await copy.push()).exitCode).toBe(0)
  const all = await readEvents('talker', '2/logs')
  expect(all.every(({ deployment }) => deployment === 2)).toBe(true)
  const [first] = all
  expect(all.map(({ seq }) => seq)).toEqual(all.map((_event, at) => (first?.seq ?? 0) + at))
  expect(all.filter(({ text }) => /^line \d+$/.test(text))).toHaveLength(300)
  const parts: Event[] = []
  for (let more = [...all]; more.length > 0; parts.push(...more)) {
    more = [...(await readEvents('talker', `v2/logs?limit=37&after=${parts.at(-1)?.seq ?? 0}`))]
  }
  expect(parts).toEqual(all)
})

test('as text it is what the pusher saw', async () => {
  const copy = await server.createWorkingCopy(
    'shown',
    scriptedApp(finishing("console.log('  indented, and ünïcode')", "console.error('a warning')")),
  )
  const push = await copy.push()
  const answer = await askLog('shown', '2/logs', 'text/plain')
  expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8')
  const seen = push.stderr
    .split('\n')
    .filter((line) => line.startsWith('remote:'))
    .map((line) => line.replace(/^remote: ?/, '').trimEnd())
  expect(seen.length).toBeGreaterThan(8)
  const lines = (await answer.text()).split('\n').map((line) => line.trimEnd())
  expect(lines.join('\n').trim()).toBe(seen.join('\n').trim())
})

test('as text a failure ends with its reason and what to do', async () => {
  const copy = await server.createWorkingCopy('broken', scriptedApp('process.exit(3)'))
  expect((await copy.push()).exitCode).not.toBe(0)
  const text = await (await askLog('broken', '2/logs', 'text/plain')).text()
  expect(text).toMatch(/npm run build ended with exit code 3\.\n {2}Run it on your machine/)
})

test.each([
  [undefined, 'application/x-ndjson'],
  ['*/*', 'application/x-ndjson'],
  ['application/json', 'application/x-ndjson'],
  ['text/html, text/plain;q=0.5', 'text/plain; charset=utf-8'],
  ['text/*', 'text/plain; charset=utf-8'],
  ['text/plain;q=0.4, application/x-ndjson;q=0.5', 'application/x-ndjson'],
  ['TEXT/PLAIN', 'text/plain; charset=utf-8'],
])('one who accepts %s gets %s', async (accept, type) => {
  const { headers } = await askLog('shown', '1/logs', accept)
  expect([headers.get('content-type'), headers.get('vary')]).toEqual([type, 'accept'])
})

test('who follows sees a line as it is printed, and the end when it has come', async () => {
  const copy = await server.createWorkingCopy(
    'followed',
    scriptedApp(`${waitForFile('go')}${finishing("console.log('went on')")}`),
  )
  const push = copy.startPush('main')
  await push.untilLine(/waiting for go/)
  const answer = await askLog('followed', '2/logs?follow=1')
  let read = ''
  const decoder = new TextDecoder()
  for await (const chunk of answer.body ?? []) {
    read += decoder.decode(chunk as Uint8Array, { stream: true })
    if (read.includes('waiting for go') && !read.includes('went on')) {
      await writeFile(server.pathInBuild('followed', 2, 'go'), '')
    }
  }
  expect((await push.ended).exitCode).toBe(0)
  const lines = read.split('\n').filter((line) => line !== '')
  expect(lines.map((line) => JSON.parse(line) as Event)).toEqual(
    await readEvents('followed', '2/logs'),
  )
  expect(read).toContain('v2 live')
})

test('one who asks for the head of a log that is followed is answered at once', async () => {
  const answer = await fetch(
    `${server.url}/api/v1/runtime/projects/followed/deployments/2/logs?follow=1`,
    { method: 'HEAD', headers: { authorization: `Bearer ${await server.adminToken()}` } },
  )
  expect([answer.status, await answer.text()]).toEqual([200, ''])
})

test('who follows a log is cut off when the token is revoked, not told that it has ended', async () => {
  const copy = await server.createWorkingCopy(
    'private',
    scriptedApp(`${waitForFile('go')}${finishing()}`),
  )
  const push = copy.startPush('main')
  await push.untilLine(/waiting for go/)
  const { body } = await server.rest('POST', '/projects/private/tokens', {
    body: { name: 'a reader', scope: 'read' },
  })
  const answer = await fetch(
    `${server.url}/api/v1/runtime/projects/private/deployments/2/logs?follow=1`,
    { headers: { authorization: `Bearer ${String(body['secret'])}` } },
  )
  const isCutOff = expect(answer.text()).rejects.toThrow('terminated')
  const id = String(body['id'])
  expect((await server.rest('DELETE', `/projects/private/tokens/${id}`)).status).toBe(204)
  await isCutOff
  await writeFile(server.pathInBuild('private', 2, 'go'), '')
  expect((await push.ended).exitCode).toBe(0)
})

test('followers who go away in the middle, or read nothing, keep nothing from being done', async () => {
  const script = `${waitForFile('go')}
${finishing("for (let line = 0; line < 5000; line += 1) console.log('x'.repeat(500))")}`
  const copy = await server.createWorkingCopy('rude', scriptedApp(script))
  const push = copy.startPush('main')
  await push.untilLine(/waiting for go/)
  const path = '/api/v1/runtime/projects/rude/deployments/2/logs?follow=1'
  const token = await server.adminToken()
  const sockets = Array.from({ length: 50 }, () => {
    const socket = connect(server.listenPort, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`)
    return socket
  })
  await Promise.all(
    sockets.map(async (socket, at) => {
      await once(socket, 'data')
      if (at % 2 === 0) socket.destroy()
      else socket.pause()
    }),
  )
  await writeFile(server.pathInBuild('rude', 2, 'go'), '')
  expect((await push.ended).exitCode).toBe(0)
  for (const socket of sockets) socket.destroy()
  const printed = (await readEvents('rude', '2/logs')).filter(({ text }) => /^x+$/.test(text))
  expect(printed).toHaveLength(5_000)
  expect(server.printed).not.toContain('could not be sent')
})
