/** What this server is taken for by the world: asked seldom, and asked again where nobody knew. */
import { expect, test } from 'vitest'
import type { HostName } from '../../src/domain/names.ts'
import type { Looked } from '../../src/domains/look-up.ts'
import { OwnAddresses } from '../../src/domains/own-addresses.ts'

const below = 'shop.apps.example' as HostName

function makeWorld(domain = 'apps.example') {
  const asked: string[] = []
  const records = new Map<string, Looked<string>>()
  const clock = { now: 0 }
  const look = (type: string, name: string): Promise<Looked<string>> => {
    asked.push(`${type} ${name}`)
    return Promise.resolve(records.get(`${type} ${name}`) ?? { outcome: 'none' })
  }
  const own = new OwnAddresses({
    lookup: { ipv4: (name) => look('A', name), ipv6: (name) => look('AAAA', name) },
    domain: domain as HostName,
    now: () => new Date(clock.now),
  })
  return { asked, records, clock, own }
}

test('they are those of FRONTEND_DOMAIN, asked for once in a while', async () => {
  const { asked, records, clock, own } = makeWorld()
  records.set('A apps.example', { outcome: 'found', values: ['192.0.2.1'] })
  records.set('AAAA apps.example', { outcome: 'found', values: ['2001:db8::1'] })
  const many = await Promise.all([own.find(below), own.find(below), own.find(below)])
  expect(many).toEqual(Array.from({ length: 3 }, () => ['192.0.2.1', '2001:db8::1']))
  expect(asked).toEqual(['A apps.example', 'AAAA apps.example'])
  clock.now = 3_600_000
  await own.find(below)
  expect(asked).toHaveLength(4)
})

test('where it has none itself, they are those of a name below it', async () => {
  const { records, own } = makeWorld()
  records.set('A shop.apps.example', { outcome: 'found', values: ['192.0.2.2'] })
  expect(await own.find(below)).toEqual(['192.0.2.2'])
})

test('what nobody knew is asked for again soon, and not by everybody at once', async () => {
  const { asked, records, clock, own } = makeWorld()
  records.set('A apps.example', { outcome: 'failed', problem: 'ETIMEOUT' })
  records.set('A shop.apps.example', { outcome: 'failed', problem: 'ETIMEOUT' })
  expect(await own.find(below)).toEqual([])
  expect(await own.find(below)).toEqual([])
  expect(asked).toHaveLength(4)
  records.set('A apps.example', { outcome: 'found', values: ['192.0.2.1'] })
  clock.now = 31_000
  expect(await own.find(below)).toEqual(['192.0.2.1'])
})

test('of localhost no name server is asked', async () => {
  for (const domain of ['localhost', 'apps.localhost']) {
    const { asked, own } = makeWorld(domain)
    expect(await own.find(below)).toEqual(['127.0.0.1', '::1'])
    expect(asked).toEqual([])
  }
})
