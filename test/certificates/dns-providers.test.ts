/** DNS-01 against a real BIND: by signed updates, and by a program of the operator's. */
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAcmeAuthority } from '../../src/certificates/acme-authority.ts'
import { prepareAcmeTransport } from '../../src/certificates/acme-transport.ts'
import { parsePair } from '../../src/certificates/certificate-files.ts'
import { createDnsSolver } from '../../src/certificates/dns-challenges.ts'
import { createProgramProvider } from '../../src/certificates/dns-provider-exec.ts'
import type { DnsProvider } from '../../src/certificates/dns-provider.ts'
import { createUpdateProvider } from '../../src/certificates/dns-provider-rfc2136.ts'
import { keepProofs } from '../../src/certificates/kept-proofs.ts'
import { findProofName } from '../../src/certificates/proof-name.ts'
import { type NameServer, startNameServer } from '../tools/name-server.ts'
import { patienceMs } from '../tools/patience.ts'
import { startPebble } from '../tools/pebble.ts'
import { findFreePort } from '../tools/site-lab.ts'

let bind: NameServer
let folder: string
const signal = new AbortController().signal

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-dns-'))
  const fixed = {
    'delegated.example': ['_acme-challenge CNAME first', 'first CNAME proofs.apps.example.'],
    'wild.example': ['* CNAME visitors', 'visitors A 127.0.0.1'],
    'endless.example': ['_acme-challenge CNAME one', 'one CNAME two', 'two CNAME one'],
  }
  bind = await startNameServer('apps.example', [], { fixed })
})
afterAll(async () => {
  await bind[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

function provider(changed: { zone?: string; name?: string; secret?: Buffer; port?: number } = {}) {
  const { zone = bind.zone, port = bind.port, name = bind.key.name, secret } = changed
  const key = { name, secret: secret ?? bind.key.secret }
  return createUpdateProvider({ host: '127.0.0.1', port, zone, key, timeoutMs: patienceMs })
}

function createSolver(by: DnsProvider) {
  const servers = [`127.0.0.1:${bind.port}`]
  const waits = { propagationMs: patienceMs, extraWaitMs: 0 }
  return createDnsSolver({ provider: by, resolvers: servers, servers, ...waits })
}

async function values(name: string): Promise<readonly string[]> {
  const records = await bind.resolver.resolveTxt(name).catch(() => [])
  return records.map((parts) => parts.join('')).toSorted()
}

test('two proofs stand at one name, and each is taken away alone', async () => {
  const name = '_acme-challenge.apps.example'
  await provider().present(name, 'one', signal)
  await provider().present(name, 'two', signal)
  expect(await values(name)).toEqual(['one', 'two'])
  await provider().cleanUp(name, 'one', signal)
  expect(await values(name)).toEqual(['two'])
  await provider().cleanUp(name, 'two', signal)
  expect(await values(name)).toEqual([])
})

test.each([
  ['a key that it does not know', { name: 'other-key' }, /NOTAUTH|not signed/],
  ['a secret that is not the one', { secret: Buffer.alloc(32) }, /NOTAUTH|not signed/],
  ['a zone that it does not have', { zone: 'other.example' }, /NOTAUTH \(it does not know the key/],
])('%s is refused, and told', async (_, changed, words) => {
  await expect(provider(changed).present('_acme-challenge.x', 'v', signal)).rejects.toThrow(words)
})

test('a name outside of the zone is refused, and told', async () => {
  await expect(provider().present('_acme-challenge.example.org', 'v', signal)).rejects.toThrow(
    'NOTZONE (the name is not in the zone)',
  )
})

test('a name server that says nothing, hangs up or is away is not waited for', async () => {
  const silent = createServer((socket) => socket.resume())
  const port = await findFreePort()
  await new Promise<void>((resolve) => {
    silent.listen(port, '127.0.0.1', resolve)
  })
  const key = bind.key
  const asked = createUpdateProvider({
    host: '127.0.0.1',
    port,
    zone: 'apps.example',
    key,
    timeoutMs: 50,
  })
  await expect(asked.present('a.apps.example', 'v', signal)).rejects.toThrow('did not answer')
  silent.close()
  await expect(provider({ port: await findFreePort() }).present('a', 'v', signal)).rejects.toThrow(
    'ECONNREFUSED',
  )
})

test('an answer that is not signed by the key is not believed', async () => {
  const forger = createServer((socket) => {
    socket.once('data', (question: Buffer) => {
      const answer = Buffer.from(question)
      answer.writeUInt16BE(0xa800, 4)
      socket.end(answer)
    })
  })
  const port = await findFreePort()
  await new Promise<void>((resolve) => {
    forger.listen(port, '127.0.0.1', resolve)
  })
  await expect(provider({ port }).present('a.apps.example', 'v', signal)).rejects.toThrow(
    'is not signed by the key',
  )
  forger.close()
})

test('a program gets the three words that scripts for lego know', async () => {
  const program = join(folder, 'hook')
  const log = join(folder, 'log')
  await writeFile(program, `#!/bin/sh\necho "$#:$1:$2:$3:$HOME" >>${log}\n`)
  await chmod(program, 0o755)
  const hook = createProgramProvider({ program, timeoutMs: patienceMs })
  await hook.present('_acme-challenge.apps.example', 'a value; $(id)', signal)
  await hook.cleanUp('_acme-challenge.apps.example', 'a value; $(id)', signal)
  expect(await readFile(log, 'utf8')).toBe(
    '3:present:_acme-challenge.apps.example.:a value; $(id):\n' +
      '3:cleanup:_acme-challenge.apps.example.:a value; $(id):\n',
  )
})

test('a program that fails is told with its last line', async () => {
  const program = join(folder, 'failing')
  await writeFile(program, '#!/bin/sh\necho "zone not found at the provider" >&2\nexit 3\n')
  await chmod(program, 0o755)
  const hook = createProgramProvider({ program, timeoutMs: patienceMs })
  await expect(hook.present('a.example', 'v', signal)).rejects.toThrow(
    'present a.example ended with 3: zone not found at the provider',
  )
})

test('a wildcard is issued to who changes the zone, and no record is left', async () => {
  await using pebble = await startPebble({
    httpPort: await findFreePort(),
    dnsServer: `127.0.0.1:${bind.port}`,
  })
  prepareAcmeTransport(pebble.rootPem)
  const { directory } = pebble
  const authority = createAcmeAuthority({ directory, email: 'ops@example.org', folder })
  const names = ['*.apps.example', 'apps.example']
  const solver = createSolver(provider())
  const pair = await authority.issue({ names, solver, replaces: null, signal })
  expect(parsePair(pair).certificate.subjectAltName?.split(', ').toSorted()).toEqual([
    'DNS:*.apps.example',
    'DNS:apps.example',
  ])
  expect(await values('_acme-challenge.apps.example')).toEqual([])
})

test('a zone that nothing may change leaves its proofs to another one by a CNAME', async () => {
  await using pebble = await startPebble({
    httpPort: await findFreePort(),
    dnsServer: `127.0.0.1:${bind.port}`,
  })
  prepareAcmeTransport(pebble.rootPem)
  const { directory } = pebble
  const accountFolder = await mkdtemp(join(folder, 'account-'))
  const account = { directory, email: 'ops@example.org', folder: accountFolder }
  const set: string[] = []
  const told: DnsProvider = {
    ...provider(),
    present: (name, value, ending) => {
      set.push(name)
      return provider().present(name, value, ending)
    },
  }
  const names = ['*.delegated.example', 'delegated.example']
  const solver = createSolver(told)
  const pair = await createAcmeAuthority(account).issue({ names, solver, replaces: null, signal })
  expect(parsePair(pair).certificate.subjectAltName).toContain('DNS:*.delegated.example')
  expect(set).toEqual(['proofs.apps.example', 'proofs.apps.example'])
  expect(await values('proofs.apps.example')).toEqual([])
})

test('a CNAME of all names is for visitors, and one without an end is told', async () => {
  const servers = [`127.0.0.1:${bind.port}`]
  expect(await bind.resolver.resolveCname('_acme-challenge.wild.example')).toHaveLength(1)
  expect(await findProofName('wild.example', servers)).toBe('_acme-challenge.wild.example')
  await expect(findProofName('endless.example', servers)).rejects.toThrow(
    'the CNAMEs of _acme-challenge.endless.example have no end',
  )
})

test('where nobody says where a name leads, its proof is set there itself', async () => {
  const nowhere = [`127.0.0.1:${await findFreePort()}`]
  expect(await findProofName('apps.example', nowhere)).toBe('_acme-challenge.apps.example')
})

test('what a server that went away has left in the zone is taken away by the next one', async () => {
  const logged: string[] = []
  const notes = await mkdtemp(join(folder, 'proofs-'))
  const open = (by = provider()) =>
    keepProofs({
      provider: by,
      folder: notes,
      timeoutMs: patienceMs,
      logError: (message, error) => logged.push(`${message}: ${String(error)}`),
    })
  const names = ['_acme-challenge.apps.example', '_acme-challenge.a.apps.example'] as const
  const before = await open()
  for (const name of names) await before.present(name, 'left', signal)
  await before.present(names[0], 'done', signal)
  await before.cleanUp(names[0], 'done', signal)
  expect(await values(names[0])).toEqual(['left'])

  // The name server is away meanwhile; what it was asked for is not forgotten.
  const away = await open(provider({ port: await findFreePort() }))
  await expect(away.present(names[0], 'new', signal)).rejects.toThrow('ECONNREFUSED')
  expect(logged.map((line) => line.replace(/:.*ECONNREFUSED.*/s, ''))).toEqual([
    'the proof of an order that was cut short is still in the zone',
    'the proof of an order that was cut short is still in the zone',
  ])

  const after = await open()
  await after.present(names[0], 'new', signal)
  expect(await values(names[0]), 'the zone was clean before the next proof').toEqual(['new'])
  expect(await values(names[1])).toEqual([])
  await after.cleanUp(names[0], 'new', signal)
  expect(await readdir(notes)).toEqual([])
  expect(logged).toHaveLength(2)
})
