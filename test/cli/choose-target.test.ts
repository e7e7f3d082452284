/** Which server is asked, and with which token. */
import { expect, test } from 'vitest'
import { chooseTarget, type TargetSources } from '../../src/cli/choose-target.ts'
import { parseRemote, parseServerUrl, toHttpUrl } from '../../src/cli/server-url.ts'
import { SlipwayError } from '../../src/domain/errors.ts'
import { Secret } from '../../src/domain/secret.ts'

const a = 'https://a.example.org'
const b = 'http://127.0.0.1:7080'
const saved = {
  current: a,
  logins: [
    { url: a, token: new Secret('token-a'), gitUrl: null },
    { url: b, token: new Secret('token-b'), gitUrl: 'https://deploy.b.example.org' },
  ],
}

function choose(sources: Partial<TargetSources>): string {
  const none = { flagUrl: null, flagToken: null, environment: {}, saved, remote: null }
  try {
    const { url, token } = chooseTarget({ ...none, ...sources })
    return `${url} ${token.reveal()}`
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error
    return `${error.code} ${error.message}`
  }
}

const remote = (serverUrl: string) => ({ serverUrl, project: 'harbour' })
const environment = { SLIPWAY_URL: 'https://e.example.org', SLIPWAY_TOKEN: 'token-e' }

test.each<[string, Partial<TargetSources>, string]>([
  ['the last login', {}, `${a} token-a`],
  ['the environment before the last login', { environment }, 'https://e.example.org token-e'],
  [
    'flags before the environment',
    { environment, flagUrl: a, flagToken: 'token-f' },
    `${a} token-f`,
  ],
  [
    'a token of the environment for the last login',
    { environment: { SLIPWAY_TOKEN: 'e' } },
    `${a} e`,
  ],
  [
    'an empty setting is none',
    { environment: { SLIPWAY_URL: '', SLIPWAY_TOKEN: '' } },
    `${a} token-a`,
  ],
  ['the server of the remote before the last login', { remote: remote(b) }, `${b} token-b`],
  [
    'the server whose git remotes are elsewhere',
    { remote: remote('https://deploy.b.example.org') },
    `${b} token-b`,
  ],
  [
    'never another server than that of the remote',
    { remote: remote('https://c.example.org') },
    'login_missing There is no token for https://c.example.org.',
  ],
  [
    'never a token of the environment for a server that only a remote names',
    { remote: remote('https://c.example.org'), environment: { SLIPWAY_TOKEN: 'e' } },
    'login_missing There is no token for https://c.example.org.',
  ],
  [
    'no token of another server',
    { flagUrl: 'https://c.example.org' },
    'login_missing There is no token for https://c.example.org.',
  ],
  [
    'nothing where nothing is known',
    { saved: { current: null, logins: [] } },
    'server_unknown No server is known here yet.',
  ],
])('%s', (_title, sources, expected) => {
  expect(choose(sources)).toBe(expected)
})

test.each([
  ['deploy.example.org', 'https://deploy.example.org'],
  ['HTTPS://Deploy.Example.org/', 'https://deploy.example.org'],
  ['http://127.0.0.1:7080//', 'http://127.0.0.1:7080'],
  ['https://example.org/slipway/', 'https://example.org/slipway'],
])('the address %s is %s', (text, url) => {
  expect(parseServerUrl(text)).toBe(url)
})

test.each(['', 'ftp://example.org', 'https://ada:secret@example.org', 'https://', 'a b'])(
  '%j is no address of a server',
  (text) => {
    expect(() => parseServerUrl(text)).toThrow('is no address of a server')
  },
)

test.each([
  ['https://deploy.example.org/harbour.git', 'https://deploy.example.org', 'harbour'],
  ['https://ada:secret@deploy.example.org/harbour.git/', 'https://deploy.example.org', 'harbour'],
  ['http://127.0.0.1:7080/harbour', 'http://127.0.0.1:7080', 'harbour'],
  ['https://example.org/slipway/harbour.git', 'https://example.org/slipway', 'harbour'],
])('the remote %s is a project', (text, serverUrl, project) => {
  expect(parseRemote(text)).toEqual({ serverUrl, project })
})

test.each([
  'git@example.org:harbour.git',
  'ssh://example.org/harbour.git',
  '../harbour',
  'https://x/',
])('the remote %s is none of ours', (text) => {
  expect(parseRemote(text)).toBeNull()
})

test.each([
  'ext::sh -c true',
  'javascript:alert(1)',
  'file:///etc/passwd',
  'http://x/\n',
  '--help',
])('a server can not make git or a browser open %j', (text) => {
  expect(toHttpUrl(text)).toBeNull()
})
