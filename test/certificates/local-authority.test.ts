import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parsePair } from '../../src/certificates/certificate-files.ts'
import { openLocalAuthority } from '../../src/certificates/local-authority.ts'

const run = promisify(execFile)
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-ca-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** What openssl says of a leaf for the host, signed by the root. */
async function verify(root: string, chain: string, host: string): Promise<string> {
  await writeFile(join(folder, 'root.pem'), root)
  await writeFile(join(folder, 'chain.pem'), chain)
  const words = ['verify', '-CAfile', join(folder, 'root.pem'), '-verify_hostname', host]
  return run('openssl', [...words, join(folder, 'chain.pem')]).then(
    ({ stdout }) => stdout,
    (error: unknown) => String(error),
  )
}

test('its certificates are good for the names that they were made for', async () => {
  const authority = await openLocalAuthority(folder, 'apps.localhost')
  const pair = await authority.issue(['*.apps.localhost', 'apps.localhost'])
  expect(parsePair(pair).certificate.subjectAltName).toBe(
    'DNS:*.apps.localhost, DNS:apps.localhost',
  )
  for (const host of ['shop.apps.localhost', 'apps.localhost']) {
    expect(await verify(authority.root, pair.chain, host)).toContain('OK')
  }
  expect(await verify(authority.root, pair.chain, 'other.localhost')).toContain('mismatch')
})

test('a key that is there already is signed again, of whatever kind it is', async () => {
  const authority = await openLocalAuthority(folder, 'apps.localhost')
  const first = await authority.issue(['apps.localhost'])
  const again = await authority.issue(['apps.localhost'], first.key)
  expect(again.key).toBe(first.key)
  expect(again.chain).not.toBe(first.chain)
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const rsaKey = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const rsa = await authority.issue(['apps.localhost'], rsaKey)
  expect(parsePair(rsa).certificate.publicKey.asymmetricKeyType).toBe('rsa')
  for (const { chain } of [again, rsa]) {
    expect(await verify(authority.root, chain, 'apps.localhost')).toContain('OK')
  }
})

test('who trusts it trusts it for the one domain, and for nothing else', async () => {
  const authority = await openLocalAuthority(folder, 'apps.localhost')
  const { chain } = await authority.issue(['bank.example.com'])
  expect(await verify(authority.root, chain, 'bank.example.com')).toContain('permitted subtree')
})

test('it is the same at the next start, and its key is for nobody else', async () => {
  const { root } = await openLocalAuthority(folder, 'apps.localhost')
  expect((await openLocalAuthority(folder, 'apps.localhost')).root).toBe(root)
  expect((await stat(join(folder, 'local-root.key'))).mode & 0o777).toBe(0o600)
  expect(await readFile(join(folder, 'local-root.pem'), 'utf8')).toContain('BEGIN CERTIFICATE')
  expect((await openLocalAuthority(folder, 'other.localhost')).root).not.toBe(root)
})
