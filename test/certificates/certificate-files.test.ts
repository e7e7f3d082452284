import {
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createCertificateFiles, type KeyPair } from '../../src/certificates/certificate-files.ts'
import { openLocalAuthority } from '../../src/certificates/local-authority.ts'

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'slipway-certs-'))
})
afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true })
})

const folder = (): string => join(dataDir, 'certs')
const day = 24 * 3_600_000

async function issue(names: readonly string[], daysAgo = 0): Promise<KeyPair> {
  const now = (): Date => new Date(Date.now() - daysAgo * day)
  return (await openLocalAuthority(dataDir, 'example.org', now)).issue(names)
}

test('a certificate and its key change together, and nginx alone may read the key', async () => {
  const files = createCertificateFiles(folder(), 33)
  const host = 'shop.example.org'
  const link = join(folder(), host)
  await files.write(host, await issue([host], 10), [host])
  const first = await files.read(host)
  const before = await readlink(link)
  await files.write(host, await issue([host]), [host])
  const second = await files.read(host)
  expect(second?.notAfter.getTime()).toBeGreaterThan(first?.notAfter.getTime() ?? 0)
  expect(await readlink(link)).not.toBe(before)
  const key = await stat(join(link, 'privkey.pem'))
  expect([key.mode & 0o777, key.gid]).toEqual([0o640, 33])
  expect(((await stat(link)).mode & 0o777).toString(8)).toBe('750')
  await files.write(host, await issue([host]), [host])
  expect(await readdir(join(folder(), '.versions', host))).toHaveLength(2)
})

test('what does not fit is never served', async () => {
  const files = createCertificateFiles(folder(), null)
  const host = 'shop.example.org'
  const good = await issue([host])
  const other = await issue(['other.example.org'])
  const refused = [
    [{ ...good, key: other.key }, 'made for another key'],
    [other, 'does not name shop.example.org'],
    [{ ...good, chain: good.chain.slice(0, 300) }, 'no certificate'],
    [await issue([host], 200), 'one of the two clocks is wrong'],
    [await issue([host], -2), 'one of the two clocks is wrong'],
  ] as const
  for (const [pair, words] of refused) {
    await expect(files.write(host, pair, [host])).rejects.toThrow(words)
  }
  expect(await files.read(host)).toBeNull()
  await files.write(host, good, [host])
  await expect(files.write(host, other, [host])).rejects.toThrow()
  expect((await files.read(host))?.certificate.subjectAltName).toBe(`DNS:${host}`)
})

test('a wildcard is no certificate of its domain, nor of what is two names below', async () => {
  const files = createCertificateFiles(folder(), null)
  const pair = await issue(['*.example.org'])
  await files.write('_wildcard.example.org', pair, ['*.example.org', 'a.example.org'])
  for (const name of ['example.org', 'a.b.example.org']) {
    await expect(files.write('_wildcard.example.org', pair, [name])).rejects.toThrow(
      'does not name',
    )
  }
})

test('files that were cut short on disk are as good as none', async () => {
  const files = createCertificateFiles(folder(), null)
  const host = 'shop.example.org'
  const place = join(folder(), host)
  await files.write(host, await issue([host]), [host])
  await truncate(join(place, 'fullchain.pem'), 100)
  expect(await files.read(host)).toBeNull()
  await files.write(host, await issue([host]), [host])
  await writeFile(join(place, 'privkey.pem'), '')
  expect(await files.read(host)).toBeNull()
})

test('no name leads out of the folder', async () => {
  const files = createCertificateFiles(folder(), null)
  for (const name of ['../x', '.versions', 'a/b', '', 'A.example', 'a..b']) {
    await expect(
      files.write(name, await issue(['a.example.org']), ['a.example.org']),
    ).rejects.toThrow()
  }
})

test('who is put away is served no more, and what somebody else has put there stays', async () => {
  const files = createCertificateFiles(folder(), null)
  const host = 'shop.example.org'
  const pair = await issue([host])
  await files.putAway(host)
  await files.write(host, pair, [host])
  await files.putAway(host)
  expect(await files.read(host)).toBeNull()
  await files.takeBack(host)
  expect((await files.read(host))?.key).toBe(pair.key)
  await Promise.all([files.putAway(host), files.takeBack(host)])
  expect((await files.read(host))?.key).toBe(pair.key)
  await truncate(join(folder(), host, 'fullchain.pem'), 100)
  await files.putAway(host)
  await files.takeBack(host)
  await files.takeBack('unknown.example.org')
  expect(await readdir(folder())).toEqual(['.versions'])
  await files.write(host, pair, [host])
  expect(await files.read(host)).not.toBeNull()
  const theirs = join(folder(), 'theirs.example.org')
  await mkdir(theirs)
  await writeFile(join(theirs, 'fullchain.pem'), pair.chain)
  await writeFile(join(theirs, 'privkey.pem'), pair.key)
  await files.putAway('theirs.example.org')
  expect(await files.read('theirs.example.org')).not.toBeNull()
})

test('a data folder that is brought elsewhere brings its certificates along', async () => {
  const host = 'shop.example.org'
  await createCertificateFiles(folder(), null).write(host, await issue([host]), [host])
  const elsewhere = join(dataDir, 'restored')
  await rename(folder(), elsewhere)
  expect(await createCertificateFiles(elsewhere, null).read(host)).not.toBeNull()
})
