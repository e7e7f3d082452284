/** What DNS says, by a real name server: what is not there is told from what nobody could say. */
import { createSocket } from 'node:dgram'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createNameLookup, type NameLookup } from '../../src/domains/look-up.ts'
import { type NameServer, startNameServer } from '../tools/name-server.ts'
import { findFreePort } from '../tools/site-lab.ts'

let bind: NameServer
let lookup: NameLookup
beforeAll(async () => {
  bind = await startNameServer(
    'shop.example',
    [
      '@ A 192.0.2.1',
      '@ AAAA 2001:db8::1',
      'www CNAME @',
      'far CNAME www',
      'dangling CNAME nowhere',
      'ring1 CNAME ring2',
      'ring2 CNAME ring1',
      '_slipway TXT "slipway-" "verify=abc"',
      '_slipway TXT "v=spf1 -all"',
      '@ CAA 0 issue "letsencrypt.org; validationmethods=http-01"',
      '@ CAA 128 tbs "unknown"',
    ],
    'ANY',
  )
  lookup = createNameLookup([`127.0.0.1:${bind.port}`])
})
afterAll(async () => {
  await bind[Symbol.asyncDispose]()
})

const none = { outcome: 'none' }

test('records are found, the parts of a text joined', async () => {
  const texts = await lookup.texts('_slipway.shop.example')
  expect(texts.outcome === 'found' && texts.values.toSorted()).toEqual([
    'slipway-verify=abc',
    'v=spf1 -all',
  ])
  expect(await lookup.ipv4('shop.example')).toEqual({ outcome: 'found', values: ['192.0.2.1'] })
  expect(await lookup.ipv6('shop.example')).toEqual({ outcome: 'found', values: ['2001:db8::1'] })
  expect(await lookup.alias('www.shop.example')).toMatchObject({ values: ['shop.example'] })
  expect(await lookup.ipv4('far.shop.example')).toMatchObject({ values: ['192.0.2.1'] })
  const caa = await lookup.caa('shop.example')
  expect(caa.outcome === 'found' && caa.values).toEqual(
    expect.arrayContaining([
      {
        isCritical: false,
        tag: 'issue',
        value: 'letsencrypt.org; validationmethods=http-01',
      },
      { isCritical: true, tag: 'tbs', value: 'unknown' },
    ]),
  )
})

test('what is not there is none', async () => {
  expect(await lookup.texts('_slipway.www.shop.example')).toEqual(none)
  expect(await lookup.texts('shop.example')).toEqual(none)
  expect(await lookup.alias('shop.example')).toEqual(none)
  expect(await lookup.ipv4('nowhere.shop.example')).toEqual(none)
  expect(await lookup.ipv4('dangling.shop.example')).toEqual(none)
})

test('what nobody could say is told as that', async () => {
  expect(await lookup.texts('_slipway.other.example')).toEqual({
    outcome: 'failed',
    problem: 'EREFUSED',
  })
  expect(await lookup.ipv4('ring1.shop.example')).toMatchObject({ outcome: 'failed' })
  const nobody = createNameLookup([`127.0.0.1:${await findFreePort()}`])
  expect(await nobody.texts('_slipway.shop.example')).toEqual({
    outcome: 'failed',
    problem: 'ECONNREFUSED',
  })
})

test('what was changed a moment ago is seen', async () => {
  expect(await lookup.ipv4('new.shop.example')).toEqual(none)
  await bind.change('add new.shop.example. 3600 A 192.0.2.9')
  expect(await lookup.ipv4('new.shop.example')).toMatchObject({ values: ['192.0.2.9'] })
  await bind.change('delete new.shop.example. A')
  expect(await lookup.ipv4('new.shop.example')).toEqual(none)
})

test('who answers slowly keeps nobody waiting', async () => {
  const silent = createSocket('udp4')
  await new Promise<void>((resolve) => {
    silent.bind(0, '127.0.0.1', resolve)
  })
  const ports = [silent.address().port, silent.address().port, silent.address().port]
  const slow = createNameLookup(ports.map((port) => `127.0.0.1:${port}`))
  expect(await slow.texts('shop.example')).toEqual({ outcome: 'failed', problem: 'ETIMEOUT' })
  silent.close()
})
