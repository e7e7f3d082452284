/** Whether the platform's own hosts lead here, by a real name server and what answers where it says. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { HostName } from '../../src/domain/names.ts'
import { createNameLookup } from '../../src/domains/look-up.ts'
import { showOwnToken } from '../../src/domains/own-token.ts'
import { type PlatformHostParts, requireLeadsHere } from '../../src/domains/platform-hosts.ts'
import { findFreePort } from '../tools/free-port.ts'
import { type NameServer, startNameServer } from '../tools/name-server.ts'

let bind: NameServer
let nginx: Server
let challengesDir: string
const signal = new AbortController().signal

beforeAll(async () => {
  bind = await startNameServer('apps.example', [
    'deploy A 127.0.0.1',
    'alias CNAME deploy',
    'elsewhere A 127.0.0.2',
    'both A 127.0.0.1',
    'both A 127.0.0.2',
    'forbidden A 127.0.0.1',
    'forbidden CAA 0 issue "other.test"',
    'text TXT "no address"',
  ])
  challengesDir = await mkdtemp(join(tmpdir(), 'slipway-challenges-'))
  nginx = createServer((asked, answer) => {
    readFile(join(challengesDir, asked.url?.split('/').at(-1) ?? '')).then(
      (text) => answer.end(text),
      () => answer.writeHead(404).end(),
    )
  })
  await new Promise<void>((resolve) => {
    nginx.listen(0, '127.0.0.1', resolve)
  })
})
afterAll(async () => {
  nginx.close()
  await bind[Symbol.asyncDispose]()
  await rm(challengesDir, { recursive: true, force: true })
})

function look(host: string, changed: Partial<PlatformHostParts> = {}): Promise<void> {
  const { port } = nginx.address() as AddressInfo
  const parts = {
    lookup: createNameLookup([`127.0.0.1:${bind.port}`]),
    showOwnToken: () => showOwnToken({ challengesDir, port }),
    authority: 'letsencrypt.org',
    isPublic: true,
    machineAddresses: () => ['192.0.2.1', '2001:db8::1'],
  }
  return requireLeadsHere({ ...parts, ...changed }, host as HostName, signal)
}

test.each(['deploy.apps.example', 'alias.apps.example'])(
  'where this server answers a certificate can be asked for: %s',
  async (host) => {
    await look(host)
    expect(await readdir(challengesDir)).toEqual([])
  },
)

test.each(['missing.apps.example', 'text.apps.example'])(
  'without an address the record to set is told: %s',
  async (host) => {
    await expect(look(host)).rejects.toThrow(
      `there is no A or AAAA record ${host}; set ${host} A 192.0.2.1 and AAAA 2001:db8::1`,
    )
    await expect(look(host, { machineAddresses: () => [] })).rejects.toThrow(
      `; set ${host} to the public address of this server`,
    )
  },
)

test('where another server answers that is told, also at one of two addresses', async () => {
  const { port } = nginx.address() as AddressInfo
  const other = createServer((_, answer) => answer.end('hello'))
  await new Promise<void>((resolve) => {
    other.listen(port, '127.0.0.2', resolve)
  })
  try {
    for (const host of ['elsewhere.apps.example', 'both.apps.example']) {
      await expect(look(host), host).rejects.toThrow(
        'what answers at 127.0.0.2 is not this server (HTTP 200); set',
      )
    }
  } finally {
    other.close()
  }
})

test('a private address is no way for a public authority; one of the operator’s own may know it', async () => {
  await expect(look('elsewhere.apps.example')).rejects.toThrow(
    '127.0.0.2 is a private address, which nobody outside can visit; set',
  )
  await look('elsewhere.apps.example', { isPublic: false })
})

test('a CAA record that forbids the authority is told', async () => {
  await expect(look('forbidden.apps.example')).rejects.toThrow(
    'the CAA record of forbidden.apps.example: it lets only other.test issue',
  )
})

test('what nobody can say from here holds nothing up', async () => {
  const lookup = createNameLookup([`127.0.0.1:${await findFreePort()}`])
  await look('deploy.apps.example', { lookup })
  await look('deploy.localhost', { lookup })
})
