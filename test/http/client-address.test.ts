import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { Secret } from '../../src/domain/secret.ts'
import { clientAddress, isLocal, readOrigin, requestIdOf } from '../../src/http/client-address.ts'

const secret = new Secret('c0ffee')
const nginxId = '0123456789abcdef0123456789abcdef'

interface Peer {
  readonly from?: string
  readonly to?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A request as it came from a peer, after the door has looked at it. */
function arrive({ from = '127.0.0.1', to = '127.0.0.1', headers = {} }: Peer): IncomingMessage {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: from })
  Object.defineProperty(socket, 'localAddress', { value: to })
  const request = new IncomingMessage(socket)
  Object.assign(request.headers, headers)
  readOrigin(request, secret)
  return request
}

const forwarded = { 'x-forwarded-for': '203.0.113.7', 'x-request-id': nginxId }
const proven = { ...forwarded, 'slipway-entrance': 'c0ffee' }

test.each<[string, Peer, string]>([
  ['of nobody but the peer', {}, '127.0.0.1'],
  ['through our nginx', { headers: proven }, '203.0.113.7'],
  [
    'through our nginx, of IPv6',
    { from: '::1', headers: { ...proven, 'x-forwarded-for': '2001:db8::7' } },
    '2001:db8::7',
  ],
  [
    'through our nginx by an address of this machine',
    { from: '10.0.0.5', to: '10.0.0.5', headers: proven },
    '203.0.113.7',
  ],
  ['of a process that claims to be another', { headers: forwarded }, '127.0.0.1'],
  ['with a guessed secret', { headers: { ...proven, 'slipway-entrance': 'c0ffef' } }, '127.0.0.1'],
  ['with an empty secret', { headers: { ...proven, 'slipway-entrance': '' } }, '127.0.0.1'],
  [
    'from elsewhere with a stolen secret',
    { from: '198.51.100.9', headers: proven },
    '198.51.100.9',
  ],
  [
    'with a list of addresses',
    { headers: { ...proven, 'x-forwarded-for': '1.1.1.1, 2.2.2.2' } },
    '127.0.0.1',
  ],
  [
    'with words for an address',
    { headers: { ...proven, 'x-forwarded-for': 'admin\n' } },
    '127.0.0.1',
  ],
  ['of IPv4 on a socket of IPv6', { from: '::ffff:198.51.100.9' }, '198.51.100.9'],
])('the address of a request %s', (_kind, peer, expected) => {
  expect(clientAddress(arrive(peer))).toBe(expected)
})

test('the secret is not among the headers any more', () => {
  expect(arrive({ headers: proven }).headers['slipway-entrance']).toBeUndefined()
  expect(arrive({ headers: { 'slipway-entrance': 'x' } }).headers).toEqual({})
})

test('the id of a request is that of our nginx, and of nobody else', () => {
  expect(requestIdOf(arrive({ headers: proven }))).toBe(nginxId)
  expect(requestIdOf(arrive({ headers: forwarded }))).toMatch(/^[0-9a-f-]{36}$/)
  const odd = { ...proven, 'x-request-id': 'a\nb' }
  expect(requestIdOf(arrive({ headers: odd }))).toMatch(/^[0-9a-f-]{36}$/)
})

test('a request is local only if it was sent on this machine and for nobody else', () => {
  const host = 'localhost:7080'
  const isLocalWith = (peer: Peer) =>
    isLocal(arrive({ ...peer, headers: { host, ...peer.headers } }))
  expect(isLocalWith({})).toBe(true)
  expect(isLocalWith({ from: '::1' })).toBe(true)
  expect(isLocalWith({ from: '::ffff:127.0.0.1' })).toBe(true)
  for (const own of ['127.0.0.1:7080', '[::1]:7080', 'localhost']) {
    expect(isLocalWith({ headers: { host: own } })).toBe(true)
  }
  expect(isLocalWith({ headers: proven })).toBe(false)
  expect(isLocalWith({ from: '198.51.100.9' })).toBe(false)
  expect(isLocalWith({ from: '10.0.0.5', to: '10.0.0.5' })).toBe(false)
  for (const name of ['x-forwarded-for', 'x-real-ip', 'forwarded', 'via']) {
    expect(isLocalWith({ headers: { [name]: 'x' } })).toBe(false)
  }
  for (const other of ['deploy.example.org', 'localhost.evil.example', '127.0.0.1.evil', '']) {
    expect(isLocalWith({ headers: { host: other } })).toBe(false)
  }
})

test('a request that nobody has looked at has the address of its peer, and is not local', () => {
  const request = new IncomingMessage(new Socket())
  expect(clientAddress(request)).toBe('unknown')
  expect(isLocal(request)).toBe(false)
})
