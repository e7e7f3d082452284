/** The file with the tokens. */
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findSettingsDir, readLogins, withLogin, writeLogins } from '../../src/cli/saved-logins.ts'
import { Secret } from '../../src/domain/secret.ts'

const url = 'https://deploy.example.org'
const login = { url, token: new Secret('slw_one'), gitUrl: null }

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-logins-'))
  path = join(folder, 'config/slipway/logins.json')
})
afterEach(() => rm(folder, { recursive: true }))

test('what was saved is read again, and only its owner can', async () => {
  const saved = withLogin({ current: url, logins: [] }, { ...login, gitUrl: 'https://git' })
  await writeLogins(path, saved)
  const read = await readLogins(path)
  expect(read.current).toBe(url)
  expect(read.logins.map((one) => [one.url, one.token.reveal(), one.gitUrl])).toEqual([
    [url, 'slw_one', 'https://git'],
  ])
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect((await stat(dirname(path))).mode & 0o777).toBe(0o700)
})

test('a file that others could read is so no longer after the next login', async () => {
  await writeLogins(path, { current: url, logins: [login] })
  await chmod(path, 0o644)
  await writeLogins(path, { current: url, logins: [login] })
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readdir(dirname(path))).toEqual(['logins.json'])
})

test('a login takes the place of the one to the same server', () => {
  const other = { ...login, url: 'https://other.example.org' }
  const newer = { ...login, token: new Secret('slw_two') }
  const { logins } = withLogin({ current: url, logins: [login, other] }, newer)
  expect(logins).toEqual([other, newer])
})

test('where there is no file there is no login', async () => {
  expect(await readLogins(path)).toEqual({ current: null, logins: [] })
})

test.each(['', 'no JSON', '[]', '{"servers": 3}', 'null'])(
  'a file that holds %j is told by its path',
  async (text) => {
    const file = join(folder, 'logins.json')
    await writeFile(file, text)
    await expect(readLogins(file)).rejects.toThrow(`The file ${file} can not be used`)
  },
)

test('it is where the XDG specification has it', () => {
  expect(findSettingsDir({ XDG_CONFIG_HOME: '/x' }, '/home-of-ada')).toBe('/x/slipway')
  expect(findSettingsDir({}, '/home-of-ada')).toBe('/home-of-ada/.config/slipway')
  expect(findSettingsDir({ XDG_CONFIG_HOME: 'x' }, '/home-of-ada')).toBe(
    '/home-of-ada/.config/slipway',
  )
})
