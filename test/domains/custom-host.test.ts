/** Which names may be domains of a project's own, and in which form they are kept. */
import { describe, expect, test } from 'vitest'
import {
  findLookalike,
  isApex,
  parseCustomHost,
  showHost,
  toAsciiHost,
} from '../../src/domains/custom-host.ts'
import type { SlipwayError } from '../../src/domain/errors.ts'
import type { HostName } from '../../src/domain/names.ts'

const own = {
  frontendDomain: 'apps.example' as HostName,
  reservedHosts: ['deploy.example.org', 'backend.example.net'] as HostName[],
}

function refusal(text: string): readonly [code: string, message: string] {
  try {
    return ['taken as', parseCustomHost(text, own)]
  } catch (error) {
    const { code, message } = error as SlipwayError
    return [code, message]
  }
}

test.each([
  ['shop.example', 'shop.example'],
  ['WWW.Shop.Example', 'www.shop.example'],
  ['shop.example.', 'shop.example'],
  ['  shop.example \n', 'shop.example'],
  ['café.fr', 'xn--caf-dma.fr'],
  ['cafe\u0301.fr', 'xn--caf-dma.fr'],
  ['CAFÉ.FR', 'xn--caf-dma.fr'],
  ['xn--caf-dma.fr', 'xn--caf-dma.fr'],
  ['faß.de', 'xn--fa-hia.de'],
  ['日本語のブログ.jp', 'xn--u9j4g9dxd4143acvb2w6i.jp'],
  ['me.github.io', 'me.github.io'],
  ['example.co.uk', 'example.co.uk'],
  ['apps.example.org', 'apps.example.org'],
  ['notapps.example', 'notapps.example'],
  ['0x.example', '0x.example'],
  ['0xcafe.example', '0xcafe.example'],
])('%j is kept as %s', (text, host) => {
  expect(parseCustomHost(text, own)).toBe(host)
})

test.each([
  ['an empty name', ' ', 'it is empty'],
  ['an IPv4 address', '192.0.2.7', 'it is an address'],
  ['a short one', '127.1', 'it is an address'],
  ['a hexadecimal one', '0x7f.1', 'it is an address'],
  ['an octal one at the end', 'a.0x7f', 'it is no host name'],
  ['an IPv6 address', '[2001:db8::1]', 'it is an address'],
  ['an IPv6 address without brackets', '2001:db8::1', 'it is an address'],
  ['a public suffix', 'co.uk', 'it is a public suffix'],
  ['a public suffix of a company', 'github.io', 'it is a public suffix'],
  ['a top-level domain', 'com', 'a name needs a dot'],
  ['a single label', 'localhost', 'a name needs a dot'],
  ['a port', 'shop.example:8080', 'without a port'],
  ['a URL', 'https://shop.example', 'without https://'],
  ['a path', 'shop.example/a', 'without a path'],
  ['a wildcard', '*.shop.example', 'a wildcard can not be had'],
  ['a wildcard in a label', 'a*.shop.example', 'a wildcard can not be had'],
  ['254 characters', `${'a.'.repeat(123)}example`.padStart(254, 'a'), 'at most 253 characters'],
  ['one whose proof has no name', `${'a.'.repeat(115)}example`, 'at most 235 characters'],
  ['a label of 64', `${'a'.repeat(64)}.example`, 'it is no host name'],
  ['letters whose form is too long', `${'é'.repeat(60)}.example`, 'it is no host name'],
  ['an underscore', '_dmarc.shop.example', 'no underscore'],
  ['a user', 'me@shop.example', 'a character that no name has'],
  ['an escape', '%65xample.com', 'a character that no name has'],
  ['a blank within', 'shop .example', 'a character that no name has'],
  ['a line within', 'shop.example\nother.example', 'a character that no name has'],
  ['a NUL', 'shop\0.example', 'a character that no name has'],
  ['what nobody sees', 'sh\u200bop.example', 'a character that no name has'],
  ['a dot of another script', 'shop。example', 'a character that no name has'],
  ['an empty label', 'shop..example', 'it is no host name'],
  ['a hyphen in front', '-shop.example', 'it is no host name'],
  ['a hyphen at the end', 'shop-.example', 'it is no host name'],
  ['a form that stands for nothing', 'xn--a.example', 'it is no host name'],
  ['a symbol', 'a;b.example', 'a character that no name has'],
])('%s is refused, and told why', (_what, text, words) => {
  const [code, message] = refusal(text)
  expect([code, message]).toEqual(['domain_invalid', expect.stringContaining(words)])
})

test.each([
  'apps.example',
  'shop.apps.example',
  'a.b.apps.example',
  'APPS.example.',
  'deploy.example.org',
  'backend.example.net',
])('%s is the platform’s, and refused', (text) => {
  expect(refusal(text)[0]).toBe('domain_reserved')
})

describe('names of other scripts', () => {
  test('are shown as people write them', () => {
    expect(showHost('xn--caf-dma.fr' as HostName)).toBe('café.fr')
    expect(showHost('shop.example' as HostName)).toBe('shop.example')
  })

  test('are told where they may be taken for another', () => {
    const lookalike = parseCustomHost('раypal.com', own)
    expect(lookalike).toBe('xn--ypal-43d9g.com')
    expect(findLookalike(lookalike)).toBe(
      'раypal.com has letters of several scripts and may be taken for another name: it is xn--ypal-43d9g.com',
    )
  })

  test.each(['café.fr', 'почта.рф', 'mail.почта.рф', '日本語のブログ.jp', 'shop-24.example'])(
    'are not told where nobody is misled: %s',
    (text) => {
      expect(findLookalike(parseCustomHost(text, own))).toBeNull()
    },
  )
})

test('the name that was registered is told from those below it', () => {
  for (const host of ['example.org', 'example.co.uk', 'me.github.io', 'shop.example']) {
    expect([host, isApex(host as HostName)]).toEqual([host, true])
    expect(isApex(`www.${host}` as HostName)).toBe(false)
  }
})

test('a name is found again however it is typed, and a text that is none is not', () => {
  expect(toAsciiHost('CAFÉ.fr.')).toBe('xn--caf-dma.fr')
  for (const text of ['', '*', 'a/b', '../x', '\0', 'x'.repeat(5_000)]) {
    expect(toAsciiHost(text)).toBeNull()
  }
})
