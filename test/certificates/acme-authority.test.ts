/** Certificates by ACME from Pebble, proved over HTTP by files that a server of the test shows. */
import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Authority,
  createAcmeAuthority,
  renewalId,
} from '../../src/certificates/acme-authority.ts'
import { AcmeError } from '../../src/certificates/acme-error.ts'
import { prepareAcmeTransport } from '../../src/certificates/acme-transport.ts'
import { createHttpSolver } from '../../src/certificates/http-challenges.ts'
import { type Pebble, startPebble } from '../tools/pebble.ts'
import { findFreePort } from '../tools/site-lab.ts'

const run = promisify(execFile)
let folder: string
let pebble: Pebble
let authority: Authority
let challenges: string
const asked: string[] = []
const server = createServer((request, response) => {
  const path = request.url ?? ''
  asked.push(path)
  readFile(join(challenges, path.split('/').at(-1) ?? '')).then(
    (proof) => response.end(proof),
    () => response.writeHead(404).end(),
  )
})

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-acme-'))
  challenges = join(folder, 'challenges')
  const httpPort = await findFreePort()
  await new Promise<void>((resolve) => {
    server.listen(httpPort, '127.0.0.1', resolve)
  })
  pebble = await startPebble({ httpPort })
  prepareAcmeTransport(pebble.rootPem)
  authority = openAuthority()
})
afterAll(async () => {
  server.close()
  await pebble[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

function openAuthority(): Authority {
  const { directory } = pebble
  return createAcmeAuthority({ directory, email: 'ops@example.org', folder })
}

function order(names: readonly string[], replaces: string | null = null) {
  const signal = new AbortController().signal
  return authority.issue({ names, solver: createHttpSolver(challenges), replaces, signal })
}

test('a host that shows its proof gets a certificate that its root vouches for', async () => {
  const { chain, key } = await order(['shop.example.org'])
  const certificate = new X509Certificate(chain)
  expect(certificate.subjectAltName).toBe('DNS:shop.example.org')
  expect(certificate.publicKey.asymmetricKeyType).toBe('ec')
  expect(key).toContain('PRIVATE KEY')
  await writeFile(join(folder, 'root.pem'), await pebble.issuingRoot())
  await writeFile(join(folder, 'chain.pem'), chain)
  const files = [join(folder, 'root.pem'), '-untrusted', join(folder, 'chain.pem')]
  const { stdout } = await run('openssl', [
    'verify',
    '-CAfile',
    ...files,
    join(folder, 'chain.pem'),
  ])
  expect(stdout).toContain('OK')
  expect(asked.some((path) => path.startsWith('/.well-known/acme-challenge/'))).toBe(true)
  expect(await readdir(challenges)).toEqual([])
})

test('the account is made once, and its key is for nobody else', async () => {
  const key = join(folder, 'account.key')
  expect((await stat(key)).mode & 0o777).toBe(0o600)
  const before = await readFile(key, 'utf8')
  authority = openAuthority()
  await order(['again.example.org'])
  expect(await readFile(key, 'utf8')).toBe(before)
})

test('who does not show the proof is told what the authority found', async () => {
  const nowhere = createHttpSolver(join(folder, 'elsewhere'))
  const failed = authority.issue({
    names: ['wrong.example.org'],
    solver: nowhere,
    replaces: null,
    signal: new AbortController().signal,
  })
  const error: unknown = await failed.catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(AcmeError)
  expect(error).toMatchObject({ type: 'unauthorized' })
  expect(String(error)).toMatch(/do its records lead here/)
  expect(await readdir(join(folder, 'elsewhere'))).toEqual([])
})

test('a name that the authority signs for nobody is refused with its words', async () => {
  const error: unknown = await order(['under_score!.example.org']).catch(
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(AcmeError)
  expect(String(error)).toMatch(/certificate authority/)
})

describe('the id by which an authority knows a certificate', () => {
  test('is made of the key of its issuer and its serial number', () => {
    // The example of RFC 9773, section 4.1.
    const chain = `-----BEGIN CERTIFICATE-----
MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt
cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS
BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu
7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf
qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B
yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb
+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK
-----END CERTIFICATE-----`
    expect(renewalId(chain)).toBe('aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE')
  })
})

test('an authority that is away is told as that, at once', async () => {
  const away = createAcmeAuthority({
    directory: `https://localhost:${await findFreePort()}/dir`,
    email: 'ops@example.org',
    folder,
  })
  const solver = createHttpSolver(challenges)
  const signal = new AbortController().signal
  const issued = away.issue({ names: ['a.example.org'], solver, replaces: null, signal })
  const error: unknown = await issued.catch((reason: unknown) => reason)
  expect(error).toMatchObject({ type: 'network' })
  expect(String(error)).toContain('does not answer')
})
