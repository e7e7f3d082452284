/** How often one may ask: the sums behind it, with a clock of the test's. */
import type { IncomingMessage } from 'node:http'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { limits } from '../../src/config.ts'
import { SlipwayError } from '../../src/domain/errors.ts'
import { Admission, addressKey } from '../../src/http/admission.ts'
import { TooManyRequests } from '../../src/http/problem.ts'
import { RateLimit } from '../../src/http/rate-limit.ts'
import { type Stores, withStores } from '../tools/store.ts'

describe('a limit', () => {
  test('is met by the request after the last that it allows, and is over when it says', () => {
    const clock = { now: 0 }
    const limit = new RateLimit({ perMinute: 60, keysMax: 10, now: () => clock.now })
    for (let asked = 0; asked < 60; asked += 1) expect(limit.take('ada')).toBe(0)
    expect(limit.take('ada')).toBe(1)
    clock.now += 999
    expect(limit.take('ada')).toBe(1)
    clock.now += 1
    expect(limit.take('ada')).toBe(0)
    expect(limit.take('ada')).toBe(1)
    clock.now += 60_000
    for (let asked = 0; asked < 60; asked += 1) expect(limit.take('ada')).toBe(0)
  })

  test('never lets more through than it promises, and never keeps anybody out for longer', () => {
    const waits = fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 300 })
    fc.assert(
      fc.property(waits, fc.integer({ min: 1, max: 50 }), (pauses, perMinute) => {
        const clock = { now: 0 }
        const limit = new RateLimit({ perMinute, keysMax: 3, now: () => clock.now })
        const taken: number[] = []
        for (const pause of pauses) {
          clock.now += pause
          const seconds = limit.take('ada')
          if (seconds === 0) taken.push(clock.now)
          else {
            clock.now += seconds * 1_000
            expect(limit.take('ada')).toBe(0)
            taken.push(clock.now)
          }
        }
        for (const [index, from] of taken.entries()) {
          const inMinute = taken.slice(index).filter((at) => at <= from + 60_000)
          expect(inMinute.length).toBeLessThanOrEqual(2 * perMinute + 1)
        }
      }),
    )
  })

  test('a million addresses take no more memory than its keys, and lock nobody out', () => {
    const clock = { now: 0 }
    const limit = new RateLimit({ perMinute: 20, keysMax: 1_000, now: () => clock.now })
    let refused = 0
    for (let address = 0; address < 1_000_000; address += 1) {
      if (address % 100 === 0) clock.now += 1
      if (limit.take(`10.${address}`) > 0) refused += 1
    }
    expect(limit.size).toBeLessThanOrEqual(1_000)
    expect(refused).toBe(0)
    expect(limit.take('192.0.2.1')).toBe(0)
    clock.now += 60_000
    for (let asked = 0; asked < 600; asked += 1) limit.take('192.0.2.1')
    expect(limit.size).toBe(1)
  })
})

/** A request as far as admission looks at it. */
function requestOf(secret: string | null, address = '192.0.2.1'): IncomingMessage {
  const headers = secret === null ? {} : { authorization: `Bearer ${secret}` }
  return { headers, socket: { remoteAddress: address } } as unknown as IncomingMessage
}

function openDoor({ tokens }: Stores) {
  const clock = { now: 0 }
  const admission = new Admission({ tokens, isLimiting: true, now: () => clock.now })
  const makeSecret = (): string =>
    tokens.create({ projectId: null, scope: 'admin', name: 'x', expiresAt: null }).secret.reveal()
  return { admission, clock, makeSecret }
}

function codeOf(act: () => unknown): string {
  try {
    act()
    return 'none'
  } catch (error) {
    return error instanceof SlipwayError ? error.code : 'defect'
  }
}

const unknown = `slw_${'x'.repeat(43)}`

describe('whoever comes with a token', () => {
  test('may ask so often by REST, then waits; another token is not disturbed', () =>
    withStores((stores) => {
      const { admission, clock, makeSecret } = openDoor(stores)
      const [ada, bob] = [makeSecret(), makeSecret()]
      for (let asked = 0; asked < limits.restRequestsPerMinuteMax; asked += 1) {
        admission.admit(requestOf(ada), 'rest')
      }
      expect(() => admission.admit(requestOf(ada), 'rest')).toThrow(TooManyRequests)
      expect(codeOf(() => admission.admit(requestOf(ada), 'git'))).toBe('none')
      expect(codeOf(() => admission.admit(requestOf(bob), 'rest'))).toBe('none')
      clock.now += 1_000
      expect(codeOf(() => admission.admit(requestOf(ada), 'rest'))).toBe('none')
    }))

  test('from one address asks so often, and keeps no other address out', () =>
    withStores((stores) => {
      const { admission, clock } = openDoor(stores)
      for (let asked = 0; asked < limits.addressRequestsPerMinuteMax; asked += 1) {
        expect(codeOf(() => admission.admit(requestOf(null), 'git'))).toBe('token_missing')
      }
      const refused = (): string => codeOf(() => admission.admit(requestOf(null), 'git'))
      expect(refused()).toBe('too_many_requests')
      const other = requestOf(null, '192.0.2.2')
      expect(codeOf(() => admission.admit(other, 'git'))).toBe('token_missing')
      clock.now += 1_000
      expect(refused()).toBe('token_missing')
    }))

  test('that is not known is told so a few times; who has a good one gets in all the same', () =>
    withStores((stores) => {
      const { admission, clock, makeSecret } = openDoor(stores)
      const guess = (): string => codeOf(() => admission.admit(requestOf(unknown), 'rest'))
      for (let asked = 0; asked < limits.failedTokensPerMinuteMax; asked += 1) {
        expect(guess()).toBe('token_unknown')
      }
      expect(guess()).toBe('too_many_requests')
      expect(codeOf(() => admission.admit(requestOf(makeSecret()), 'rest'))).toBe('none')
      clock.now += 3_000
      expect(guess()).toBe('token_unknown')
    }))

  test('pushes sixty times an hour, even if all sixty come at once, and meets no limit', () =>
    withStores((stores) => {
      const { admission, clock, makeSecret } = openDoor(stores)
      const secret = makeSecret()
      const push = (): void => {
        expect(codeOf(() => admission.admit(requestOf(null), 'git'))).toBe('token_missing')
        admission.admit(requestOf(secret), 'git', 20)
        admission.admit(requestOf(secret), 'git')
      }
      for (let pushed = 0; pushed < 50; pushed += 1) push()
      for (let pushed = 0; pushed < 600; pushed += 1) {
        clock.now += 60_000
        push()
      }
    }))

  test('what git has begun it may finish: the first request of an exchange is refused, not the next', () =>
    withStores((stores) => {
      const { admission, makeSecret } = openDoor(stores)
      const secret = makeSecret()
      let begun = 0
      while (codeOf(() => admission.admit(requestOf(secret), 'git', 20)) === 'none') begun += 1
      expect(begun).toBe(limits.gitRequestsPerMinuteMax - 20)
      for (let asked = 0; asked < 20; asked += 1) admission.admit(requestOf(secret), 'git')
      expect(codeOf(() => admission.admit(requestOf(secret), 'git'))).toBe('too_many_requests')
    }))

  test('is not counted where something in front of the server counts', () =>
    withStores(({ tokens }) => {
      const admission = new Admission({ tokens, isLimiting: false, now: () => 0 })
      for (let asked = 0; asked < 2_000; asked += 1) {
        expect(codeOf(() => admission.admit(requestOf(unknown), 'rest'))).toBe('token_unknown')
      }
    }))
})

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['unknown', 'unknown'],
])('%s counts as %s', (address, key) => {
  expect(addressKey(address)).toBe(key)
})
