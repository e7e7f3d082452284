/** What a start of the server makes of the certificates, by its settings. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  type OpenCertificates,
  openCertificates,
} from '../../src/certificates/open-certificates.ts'
import { readConfig } from '../../src/config.ts'
import type { HostName } from '../../src/domain/names.ts'
import { createCertificateStore } from '../../src/store/certificates.ts'
import { openDatabase } from '../../src/store/database.ts'

let folder: string
let database: ReturnType<typeof openDatabase>
let untilIssued: (name: string) => Promise<void>
let told: string[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-open-'))
  database = openDatabase(folder)
  told = []
})
afterEach(async () => {
  database.close()
  await rm(folder, { recursive: true, force: true })
})

function open(directory: string): Promise<OpenCertificates> {
  const waiting = new Map<string, () => void>()
  const issued = new Set<string>()
  untilIssued = (name) =>
    new Promise((resolve) => {
      if (issued.has(name)) resolve()
      else waiting.set(name, resolve)
    })
  return openCertificates({
    config: readConfig(
      { FRONTEND_DOMAIN: 'apps.test', ACME_DIRECTORY: directory, SLIPWAY_DATA: folder },
      2,
    ),
    store: createCertificateStore(database),
    certificatesDir: join(folder, 'certs'),
    challengesDir: join(folder, 'challenges'),
    hosts: hosts(),
    preflight: () => Promise.reject(new Error('nobody is asked for a proof')),
    tellWildcard: () => told.push('wildcard'),
    logError: (message, error) => told.push(`${message}: ${String(error)}`),
    tellTry: ({ name, result }) => {
      if (result !== 'issued') return
      issued.add(name)
      waiting.get(name)?.()
    },
  })
}

async function* hosts(...names: readonly string[]): AsyncGenerator<HostName> {
  for (const name of names) yield await Promise.resolve(name as HostName)
}

/** What OpenSSL says of the certificate to somebody who trusts one root only. */
async function verify(name: string, root: string): Promise<string> {
  const chain = join(folder, 'certs', name, 'fullchain.pem')
  const args = ['verify', '-CAfile', join(folder, 'acme', root), '-untrusted', chain, chain]
  const run = promisify(execFile)('openssl', args)
  return run.then(
    ({ stdout }) => stdout.trim().split(': ').at(-1) ?? '',
    (error: unknown) => String((error as { stderr: string }).stderr),
  )
}

test.each(['off', 'local'])(
  'answers to an authority that a server has left are gone (%s)',
  async (directory) => {
    await mkdir(join(folder, 'challenges'))
    await writeFile(join(folder, 'challenges', 'some-token'), 'its proof')
    await using _opened = await open(directory)
    expect(await readdir(join(folder, 'challenges'))).toEqual([])
  },
)

test('the wildcard of an authority of our own is there before nginx starts', async () => {
  await using opened = await open('local')
  expect(await verify('_wildcard.apps.test', 'local-root.pem')).toBe('OK')
  opened.certificates.request('shop.apps.test' as HostName)
  await expect
    .poll(() => opened.certificates.stateOf('shop.apps.test' as HostName).state)
    .toBe('valid')
  expect(told).toContain('wildcard')
})

test('domains of others are signed as well, each by a root that is good for nothing else', async () => {
  await using opened = await open('local')
  opened.start(hosts('www.shop.example', 'bank.test', 'apps.test'))
  await untilIssued('www.shop.example')
  await untilIssued('bank.test')
  expect(await verify('www.shop.example', 'local/shop.example/local-root.pem')).toBe('OK')
  expect(await verify('bank.test', 'local/bank.test/local-root.pem')).toBe('OK')
  for (const root of ['local-root.pem', 'local/bank.test/local-root.pem']) {
    expect(await verify('www.shop.example', root), root).not.toContain('OK')
  }
})
