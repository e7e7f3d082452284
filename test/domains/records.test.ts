/** What the owner of a domain is asked to set, and that nobody else can know it. */
import { expect, test } from 'vitest'
import type { HostName, ProjectId } from '../../src/domain/names.ts'
import { createProofs } from '../../src/domains/proofs.ts'
import { wantedRecords } from '../../src/domains/records.ts'

const parts = {
  host: 'www.shop.example' as HostName,
  isApex: false,
  token: 'abc',
  target: 'shop.apps.example' as HostName,
  addresses: ['192.0.2.1', '2001:db8::1'],
}
const shown = (records: ReturnType<typeof wantedRecords>) =>
  records.map(({ type, name, value }) => `${name} ${type} ${value}`)

test('a proof is asked for always, and a CNAME below the domain', () => {
  expect(shown(wantedRecords(parts))).toEqual([
    '_slipway.www.shop.example TXT slipway-verify=abc',
    'www.shop.example CNAME shop.apps.example',
  ])
})

test('at the domain itself, where no CNAME can be, the addresses are told', () => {
  const apex = { ...parts, host: 'shop.example' as HostName, isApex: true }
  expect(shown(wantedRecords(apex))).toEqual([
    '_slipway.shop.example TXT slipway-verify=abc',
    'shop.example A 192.0.2.1',
    'shop.example AAAA 2001:db8::1',
  ])
  const [, alias] = wantedRecords({ ...apex, addresses: [] })
  expect(alias).toMatchObject({
    type: 'CNAME',
    purpose: expect.stringContaining('ALIAS') as string,
  })
})

test('a proof is bound to the host, to the project, and to this server', () => {
  const tokenOf = createProofs(Buffer.alloc(32, 1))
  const project = { id: '7' as ProjectId, createdAt: new Date(1_000) }
  const host = 'shop.example' as HostName
  const token = tokenOf(project, host)
  expect(token).toMatch(/^[A-Za-z0-9_-]{32}$/)
  expect(tokenOf({ ...project }, host)).toBe(token)
  const others = [
    tokenOf(project, 'shop.example.org' as HostName),
    tokenOf({ ...project, id: '8' as ProjectId }, host),
    // One that is made anew under the id of a project that has gone.
    tokenOf({ ...project, createdAt: new Date(2_000) }, host),
    createProofs(Buffer.alloc(32, 2))(project, host),
  ]
  expect(new Set([token, ...others]).size).toBe(5)
})
