import { expect, test } from 'vitest'
import {
  chooseCheckDelayMs,
  chooseRenewalTime,
  chooseRetryDelayMs,
} from '../../src/certificates/renewal.ts'

const day = 24 * 3_600_000
const notBefore = new Date('2026-12-01T00:00:00Z')
const ofDays = (days: number) => ({
  notBefore,
  notAfter: new Date(notBefore.getTime() + days * day),
})
const openWindow = (retryAfterMs: number | null) => ({
  start: new Date('2026-11-01T00:00:00Z'),
  end: new Date('2026-11-02T00:00:00Z'),
  retryAfterMs,
})

test('a certificate is renewed when two thirds of its own life are over, whatever that is', () => {
  for (const days of [90, 45, 6]) {
    const { notAfter } = ofDays(days)
    const latest = chooseRenewalTime({ notBefore, notAfter }, null, () => 0)
    const earliest = chooseRenewalTime({ notBefore, notAfter }, null, () => 1)
    expect(latest.getTime()).toBe(notBefore.getTime() + (days * day * 2) / 3)
    expect(earliest.getTime()).toBeLessThan(latest.getTime())
    expect(earliest.getTime()).toBeGreaterThan(notBefore.getTime() + days * day * 0.64)
  }
})

test('the authority may ask for any other time, also for one that is over', () => {
  const window = openWindow(null)
  expect(chooseRenewalTime(ofDays(90), window, () => 0)).toEqual(window.start)
  expect(chooseRenewalTime(ofDays(90), window, () => 1)).toEqual(window.end)
})

test('the authority says when it is asked again: not sooner than in a minute, not later than in a day', () => {
  const minutes = [null, 0, 59, 60, 7_200, 86_400, 999_999_999].map((seconds) => {
    const retryAfterMs = seconds === null ? null : seconds * 1_000
    return chooseCheckDelayMs(openWindow(retryAfterMs)) / 60_000
  })
  expect(minutes).toEqual([360, 1, 1, 1, 120, 1_440, 1_440])
  expect(chooseCheckDelayMs(null) / 60_000).toBe(360)
})

test('failures wait for 1, 10 and 100 minutes, then for a day, and as long as they are told', () => {
  const none = { retryAfterMs: null, isFree: false }
  const minutes = [1, 2, 3, 4, 50].map(
    (failures) => chooseRetryDelayMs(failures, none, () => 0) / 60_000,
  )
  expect(minutes).toEqual([1, 10, 100, 1_440, 1_440])
  const told = { ...none, retryAfterMs: 34 * 3_600_000 }
  expect(chooseRetryDelayMs(1, told, () => 0)).toBe(34 * 3_600_000)
  const oddly = { ...none, retryAfterMs: 1_000 * day }
  expect(
    chooseRetryDelayMs(1, oddly, () => 0),
    'a week at most',
  ).toBe(7 * day)
  expect(chooseRetryDelayMs(1, none, () => 1)).toBeGreaterThan(60_000)
})

test('what was not asked of the authority is looked at every hour', () => {
  const minutes = [1, 2, 3, 50].map(
    (failures) =>
      chooseRetryDelayMs(failures, { retryAfterMs: null, isFree: true }, () => 0) / 60_000,
  )
  expect(minutes).toEqual([1, 10, 60, 60])
})
