/** What the domain doctor says of what it has seen, and which records it tells people to set. */
import { describe, expect, test } from 'vitest'
import type { CertificateState, DomainFinding } from '../../src/contracts.ts'
import type { HostName } from '../../src/domain/names.ts'
import { type Expected, judge } from '../../src/domains/judge.ts'
import type { Looked } from '../../src/domains/look-up.ts'
import type { Observation, Probe } from '../../src/domains/observe.ts'

const host = 'www.shop.example' as HostName
const apex = 'shop.example' as HostName
const certificate: CertificateState = {
  host,
  state: 'none',
  notAfter: null,
  reason: null,
  nextTry: null,
}
const expected: Expected = {
  host,
  isApex: false,
  token: 'abc',
  target: 'shop.apps.example' as HostName,
  addresses: ['192.0.2.1', '2001:db8::1'],
  authority: 'letsencrypt.org',
  isCaaRead: true,
  certificate,
}
const atApex: Expected = { ...expected, host: apex, isApex: true }

const none = { outcome: 'none' } as const
function found(value: string, ...others: readonly string[]): Looked<string> {
  return { outcome: 'found', values: [value, ...others] }
}

const bare: Observation = {
  texts: none,
  alias: none,
  ipv4: none,
  ipv6: none,
  caa: { at: host, looked: none },
  probes: null,
}
const proved = { texts: found('v=spf1 -all', 'slipway-verify=abc') }
const well: Observation = {
  ...bare,
  ...proved,
  alias: found('shop.apps.example'),
  ipv4: found('192.0.2.1'),
  probes: [{ address: '192.0.2.1', outcome: 'ours', said: 'HTTP 200' }],
}

function probed(...probes: readonly Probe[]): Observation {
  const of = (isFit: (address: string) => boolean): Looked<string> => {
    const [first, ...others] = probes.map(({ address }) => address).filter(isFit)
    return first === undefined ? none : found(first, ...others)
  }
  return {
    ...bare,
    ...proved,
    ipv4: of((address) => !address.includes(':')),
    ipv6: of((address) => address.includes(':')),
    probes,
  }
}

function find(seen: Observation, what: DomainFinding['what'], wanted = expected): DomainFinding {
  const finding = judge(seen, wanted).findings.find((one) => one.what === what)
  if (finding === undefined) throw new Error(`nothing is said of ${what}`)
  return finding
}

/** `shop.example A 192.0.2.1` */
function remedies(seen: Observation, what: DomainFinding['what'], wanted = expected): string[] {
  return find(seen, what, wanted).records.map(({ type, name, value }) => `${name} ${type} ${value}`)
}

test('a domain whose records stand is well', () => {
  const judged = judge(well, expected)
  expect(judged).toMatchObject({ proof: null, pointing: null, caa: null })
  expect(judged.findings.map(({ what, outcome }) => `${what}: ${outcome}`)).toEqual([
    'TXT: good',
    'CNAME: good',
    'A: good',
    'AAAA: none',
    'port 80: good',
    'CAA: none',
    'certificate: none',
  ])
  expect(judged.findings.flatMap(({ records }) => records)).toEqual([])
})

describe('of a domain of which nothing is set', () => {
  test('is told what to set below it', () => {
    const { proof, pointing } = judge(bare, expected)
    expect(proof?.text).toBe('there is no TXT record _slipway.www.shop.example')
    expect(pointing).toEqual({
      kind: 'missing',
      text: 'there is no A, AAAA or CNAME record www.shop.example',
    })
    expect(remedies(bare, 'TXT')).toEqual(['_slipway.www.shop.example TXT slipway-verify=abc'])
    expect(remedies(bare, 'CNAME')).toEqual(['www.shop.example CNAME shop.apps.example'])
    expect(find(bare, 'A').outcome).toBe('none')
    expect(find(bare, 'port 80').problem).toBe('it is asked once the TXT record is there')
  })

  test('is told the addresses to set at the domain itself', () => {
    expect(remedies(bare, 'A', atApex)).toEqual(['shop.example A 192.0.2.1'])
    expect(remedies(bare, 'AAAA', atApex)).toEqual(['shop.example AAAA 2001:db8::1'])
    expect(find(bare, 'CNAME', atApex).outcome).toBe('none')
  })
})

describe('the proof', () => {
  test.each([
    [found('v=spf1 -all'), 'wrong', 'says "v=spf1 -all"'],
    [found('slipway-verify=xyz'), 'wrong', 'is that of another project'],
    [found(`\u001b[31m${'x'.repeat(300)}`), 'wrong', `says "?[31m${'x'.repeat(75)}…"`],
    [{ outcome: 'failed', problem: 'ESERVFAIL' }, 'unknown', 'can not be looked up (ESERVFAIL)'],
  ] as const)('that is another is told as what it is: %j', (texts, kind, words) => {
    const { proof } = judge({ ...well, texts, probes: null }, expected)
    expect(proof).toEqual({ kind, text: expect.stringContaining(words) as string })
  })

  test('is not enough alone, and not asked for in vain', () => {
    expect(judge({ ...bare, ...proved, probes: [] }, expected)).toMatchObject({
      proof: null,
      pointing: { kind: 'missing' },
    })
    // Nobody was asked where it leads, so nothing is said of it.
    expect(judge({ ...well, texts: none, probes: null }, expected).pointing).toBeNull()
  })
})

describe('where it leads', () => {
  const ours: Probe = { address: '192.0.2.1', outcome: 'ours', said: 'HTTP 200' }
  const other: Probe = { address: '198.51.100.7', outcome: 'other', said: 'HTTP 404' }
  const oldIpv6: Probe = { address: '2001:db8::7', outcome: 'other', said: 'HTTP 404' }
  const silent: Probe = { address: '198.51.100.8', outcome: 'silent', said: 'ECONNREFUSED' }

  test('is wrong where something else answers, and the record that is to go is named', () => {
    const seen = probed(other)
    expect(judge(seen, expected).pointing).toEqual({
      kind: 'wrong',
      text: 'what answers at 198.51.100.7 is not this server (HTTP 404)',
    })
    expect(find(seen, 'A').problem).toContain('take the A record away')
    expect(remedies(seen, 'CNAME')).toEqual(['www.shop.example CNAME shop.apps.example'])
    expect(remedies(seen, 'A', atApex)).toEqual(['shop.example A 192.0.2.1'])
  })

  test('is wrong where only the IPv6 address is somebody else’s', () => {
    const seen = probed(ours, oldIpv6)
    expect(judge(seen, expected).pointing?.kind).toBe('wrong')
    expect(find(seen, 'A').outcome).toBe('good')
    expect(find(seen, 'AAAA')).toMatchObject({
      outcome: 'wrong',
      found: ['2001:db8::7'],
      problem: expect.stringContaining('take the AAAA record away') as string,
    })
  })

  test('is wrong where a CNAME leads to another host', () => {
    const seen = { ...probed(other), alias: found('old.host.example') }
    expect(find(seen, 'CNAME')).toMatchObject({
      outcome: 'wrong',
      problem: 'it leads to old.host.example',
    })
    expect(find(seen, 'A').problem).not.toContain('take')
    const dangling = { ...bare, ...proved, alias: found('gone.example'), probes: [] }
    expect(judge(dangling, expected).pointing?.text).toContain('gone.example, which has no address')
  })

  test('is good by any way that comes here', () => {
    const proxied = { ...probed({ ...ours, address: '203.0.113.5' }), alias: found('cdn.example') }
    expect(judge(proxied, expected).pointing).toBeNull()
    expect(find(proxied, 'CNAME').outcome).toBe('good')
    const behindRouter = probed({ ...ours, outcome: 'assumed', said: 'ECONNREFUSED' })
    expect(judge(behindRouter, expected).pointing).toBeNull()
    expect(find(behindRouter, 'port 80').found).toEqual(['192.0.2.1: this server, not asked'])
    expect(judge(probed(ours, silent), expected).pointing).toBeNull()
  })

  test('is wrong where nobody outside could follow', () => {
    const seen = probed({ address: '10.0.0.7', outcome: 'private', said: '' })
    expect(judge(seen, expected).pointing).toEqual({
      kind: 'wrong',
      text: '10.0.0.7 is a private address, which nobody outside can visit',
    })
  })

  test('is not known where nothing answers, or DNS does not', () => {
    expect(judge(probed(silent), expected).pointing).toEqual({
      kind: 'unknown',
      text: '198.51.100.8 does not answer by HTTP (ECONNREFUSED)',
    })
    const ipv6 = { outcome: 'failed', problem: 'ETIMEOUT' } as const
    expect(judge({ ...well, ipv6 }, expected).pointing).toMatchObject({ kind: 'unknown' })
    expect(find({ ...well, ipv6 }, 'AAAA').outcome).toBe('unknown')
  })
})

describe('the certificate', () => {
  const forbidding: Observation = {
    ...well,
    caa: {
      at: 'shop.example',
      looked: {
        outcome: 'found',
        values: [{ isCritical: false, tag: 'issue', value: 'other.test' }],
      },
    },
  }

  test('that a CAA record forbids is told, with the record that lets it be', () => {
    const { caa, pointing } = judge(forbidding, expected)
    expect([caa?.kind, pointing]).toEqual(['wrong', null])
    expect(find(forbidding, 'CAA').found).toEqual(['0 issue "other.test"'])
    expect(remedies(forbidding, 'CAA')).toEqual(['shop.example CAA 0 issue "letsencrypt.org"'])
    expect(judge(forbidding, { ...expected, isCaaRead: false }).caa).toBeNull()
  })

  test('whose CAA records nobody can read is not to be had', () => {
    const looked = { outcome: 'failed', problem: 'ESERVFAIL' } as const
    const seen = { ...well, caa: { at: 'example', looked } }
    expect(judge(seen, expected).caa?.text).toContain('of example can not be looked up')
  })

  test('that is waited for is told with its reason and its next try', () => {
    const waiting: CertificateState = {
      ...certificate,
      state: 'waiting',
      reason: 'a limit of the authority is reached',
      nextTry: new Date(0),
    }
    expect(find(well, 'certificate', { ...expected, certificate: waiting })).toMatchObject({
      outcome: 'unknown',
      problem: 'a limit of the authority is reached; next try 1970-01-01T00:00:00.000Z',
    })
    const valid = { ...certificate, state: 'valid', notAfter: new Date(0) } as const
    expect(find(well, 'certificate', { ...expected, certificate: valid })).toMatchObject({
      outcome: 'good',
      found: ['until 1970-01-01T00:00:00.000Z'],
    })
  })
})
