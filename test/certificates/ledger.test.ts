import { expect, test } from 'vitest'
import { findLedgerWait, type LedgerWish } from '../../src/certificates/ledger.ts'
import type { LedgerEntry } from '../../src/contracts.ts'
import type { ProjectId } from '../../src/domain/names.ts'

const now = new Date('2026-12-01T12:00:00Z')
const hour = 3_600_000
const ago = (hours: number): Date => new Date(now.getTime() - hours * hour)

function entry(hours: number, changed: Partial<LedgerEntry> = {}): LedgerEntry {
  const usual = { names: ['a.shop.org'], projectId: null, outcome: 'issued' } as const
  return { at: ago(hours), ...usual, isRenewal: false, ...changed }
}

const wish: LedgerWish = {
  names: ['a.shop.org'],
  projectId: null,
  renewal: 'none',
  registeredDomain: 'shop.org',
  registeredDomainOf: (name) => name.split('.').slice(-2).join('.'),
}
const many = (count: number, make: (index: number) => LedgerEntry): readonly LedgerEntry[] =>
  Array.from({ length: count }, (_, index) => make(index))

test('a host that failed three times in an hour waits until the first of them is an hour old', () => {
  const failed = { outcome: 'failed' } as const
  const entries = [entry(0.9, failed), entry(0.5, failed), entry(0.1, failed)]
  const wait = findLedgerWait(entries, wish, now)
  expect(wait?.until).toEqual(new Date(ago(0.9).getTime() + hour))
  expect(wait?.reason).toBe('a.shop.org failed 3 times in the last hour')
  expect(findLedgerWait(entries.slice(1), wish, now)).toBeNull()
  expect(findLedgerWait(entries, { ...wish, names: ['b.shop.org'] }, now)).toBeNull()
  expect(findLedgerWait(entries, { ...wish, renewal: 'replaces' }, now)).not.toBeNull()
})

test('what a clock that was ahead has written down holds nothing up', () => {
  const failed = many(3, () => entry(-24 * 365, { outcome: 'failed' }))
  expect(findLedgerWait(failed, wish, now)).toBeNull()
})

test('the same names get no fifth certificate in a week', () => {
  const entries = many(4, (index) => entry(1 + index * 24))
  expect(findLedgerWait(entries, wish, now)?.until).toEqual(
    new Date(ago(73).getTime() + 168 * hour),
  )
  expect(findLedgerWait(entries, { ...wish, renewal: 'replaces' }, now)).toBeNull()
})

test('a registered domain gets 45 new names in a week, and renews as many as it has', () => {
  const entries = many(45, (index) => entry(10 + index, { names: [`n${index}.shop.org`] }))
  expect(findLedgerWait(entries, wish, now)?.reason).toContain('below shop.org')
  expect(findLedgerWait(entries, { ...wish, renewal: 'same-names' }, now)).toBeNull()
  expect(findLedgerWait(entries, { ...wish, registeredDomain: 'other.org' }, now)).toBeNull()
  const renewals = entries.map((each) => ({ ...each, isRenewal: true }))
  expect(findLedgerWait(renewals, wish, now)).toBeNull()
})

test('270 orders in three hours are enough', () => {
  const entries = many(270, (index) => entry(2.9, { names: [`x.domain${index}.org`] }))
  expect(findLedgerWait(entries, wish, now)?.until).toEqual(new Date(ago(2.9).getTime() + 3 * hour))
  expect(findLedgerWait(entries.slice(1), wish, now)).toBeNull()
})

test('where several limits hold, the longest wait is told', () => {
  const failed = many(3, () => entry(0.1, { outcome: 'failed' }))
  const issued = many(4, () => entry(1))
  const wait = findLedgerWait([...failed, ...issued], wish, now)
  expect(wait?.until).toEqual(new Date(ago(1).getTime() + 168 * hour))
})

test('below a registered domain where nothing works 15 orders an hour may fail, and no more', () => {
  const failed = many(15, (index) =>
    entry(0.5, { names: [`host-${index}.shop.org`], outcome: 'failed' }),
  )
  const wait = findLedgerWait(failed, { ...wish, names: ['new.shop.org'] }, now)
  expect(wait?.reason).toBe('15 orders of names below shop.org failed in the last hour')
  expect(wait?.until).toEqual(new Date(ago(0.5).getTime() + hour))
  expect(findLedgerWait(failed.slice(1), { ...wish, names: ['new.shop.org'] }, now)).toBeNull()
  const other = { ...wish, names: ['a.other.org'], registeredDomain: 'other.org' }
  expect(findLedgerWait(failed, other, now)).toBeNull()
  expect(
    findLedgerWait(failed, { ...wish, names: ['new.shop.org'], renewal: 'same-names' }, now),
  ).toBeNull()
})

test('a project whose domains fail, or that has many, takes nobody else’s orders', () => {
  const [greedy, modest] = ['greedy', 'modest'] as readonly string[] as readonly ProjectId[]
  const ofGreedy = (hours: number, count: number, changed: Partial<LedgerEntry>) =>
    many(count, (index) =>
      entry(hours, { names: [`www.zone-${index}.org`], projectId: greedy ?? null, ...changed }),
    )
  const failed = ofGreedy(0.5, 20, { outcome: 'failed' })
  const ordered = ofGreedy(2.5, 60, {})
  const another = { ...wish, names: ['www.new.org'], registeredDomain: 'new.org' }
  const ofProject = { ...another, projectId: greedy ?? null }
  const wait = findLedgerWait(failed, ofProject, now)
  expect(wait?.reason).toBe('20 orders for domains of the project failed in the last hour')
  expect(wait?.until).toEqual(new Date(ago(0.5).getTime() + hour))
  const later = findLedgerWait(ordered, ofProject, now)
  expect(later?.reason).toContain('60 certificates for domains of the project were ordered')
  expect(later?.until).toEqual(new Date(ago(2.5).getTime() + 3 * hour))
  for (const entries of [failed, ordered]) {
    expect(findLedgerWait(entries.slice(1), ofProject, now)).toBeNull()
    expect(findLedgerWait(entries, { ...ofProject, renewal: 'same-names' }, now)).toBeNull()
    expect(findLedgerWait(entries, { ...another, projectId: modest ?? null }, now)).toBeNull()
    expect(findLedgerWait(entries, another, now), 'a host of the platform').toBeNull()
  }
})
