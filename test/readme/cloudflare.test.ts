/** The README's program for Cloudflare does what it says, against an API that answers as theirs. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProgramProvider } from '../../src/certificates/dns-provider-exec.ts'
import { readmePath } from './render.ts'
import { patienceMs } from '../tools/patience.ts'

interface DnsRecord {
  readonly id: string
  readonly type: string
  readonly name: string
  readonly content: string
}

const zone = '0123456789abcdef0123456789abcdef'
const records = new Map<string, DnsRecord>()
let folder: string
let program: string
let made = 0

/** As the API writes them: without blanks, objects within them, and TXT in quotes. */
const server = createServer((request, response) => {
  const answer = (status: number, result: unknown): void => {
    const body = { result, success: status === 200, errors: [], messages: [] }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  const url = new URL(request.url ?? '', 'http://api')
  const [, id] =
    new RegExp(`^/client/v4/zones/${zone}/dns_records(?:/(.+))?$`).exec(url.pathname) ?? []
  if (request.headers.authorization !== 'Bearer a-token') answer(403, null)
  else if (request.method === 'POST') {
    readBody(request).then(
      (record) => {
        made += 1
        const known = { ...record, id: `${made}`.padStart(32, 'a') }
        records.set(known.id, known)
        answer(200, known)
      },
      () => {
        answer(400, null)
      },
    )
  } else if (request.method === 'DELETE') answer(records.delete(id ?? '') ? 200 : 404, { id })
  else {
    const found = [...records.values()]
      .filter(({ name, type }) => name === url.searchParams.get('name') && type === 'TXT')
      .map((record) => ({ ...record, proxied: false, settings: {}, meta: {}, tags: [] }))
    answer(200, found)
  }
})

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-readme-'))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  const readme = await readFile(readmePath, 'utf8')
  const [, text = ''] =
    /^```sh\n(#!\/bin\/sh\n# \/etc\/slipway\/cloudflare[^]*?)^```$/m.exec(readme) ?? []
  program = join(folder, 'cloudflare')
  await writeFile(join(folder, 'token'), 'a-token\n')
  await writeFile(
    program,
    text
      .replace('https://api.cloudflare.com', `http://127.0.0.1:${port}`)
      .replace('/etc/slipway/cloudflare.token', join(folder, 'token')),
  )
  await chmod(program, 0o700)
})
afterAll(async () => {
  server.close()
  await rm(folder, { recursive: true, force: true })
})

async function readBody(request: IncomingMessage): Promise<Omit<DnsRecord, 'id'>> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return JSON.parse(text) as Omit<DnsRecord, 'id'>
}

test('it sets the value of a proof, and takes away that value alone', async () => {
  const provider = createProgramProvider({ program, timeoutMs: patienceMs })
  const { signal } = new AbortController()
  const name = '_acme-challenge.example.org'
  // Of the wildcard and of the domain itself: two values at one name, and one begins like a flag.
  const [one, other] = ['-gDxvW_UJKLmnopqrstuvwxyz0123456789ABCDEFGH', 'x2'.repeat(21)]
  await provider.present(name, one, signal)
  await provider.present(name, other, signal)
  expect([...records.values()].map(({ content }) => content)).toEqual([`"${one}"`, `"${other}"`])
  expect([...records.values()].every((record) => record.name === name)).toBe(true)
  await provider.cleanUp(name, one, signal)
  expect([...records.values()].map(({ content }) => content)).toEqual([`"${other}"`])
  await provider.cleanUp(name, one, signal)
  await provider.cleanUp(name, other, signal)
  expect(records.size).toBe(0)
})

test('what the API refuses is told', async () => {
  await writeFile(join(folder, 'token'), 'another\n')
  const provider = createProgramProvider({ program, timeoutMs: patienceMs })
  const { signal } = new AbortController()
  await expect(provider.present('_acme-challenge.example.org', 'x', signal)).rejects.toThrow(/403/)
})
