/** When a domain is served, when it is no more, and when it is looked at again. */
import { describe, expect, test } from 'vitest'
import { limits } from '../../src/config.ts'
import type { CertificateState, DomainProblem, DomainRecord } from '../../src/contracts.ts'
import type { HostName, ProjectId } from '../../src/domain/names.ts'
import { describeState, lookDelaysMs, settleLook } from '../../src/domains/settle.ts'

const day = 24 * 3_600_000
const start = Date.UTC(2026, 10, 25)
const host = 'shop.example' as HostName
const added: DomainRecord = {
  host,
  projectId: '7' as ProjectId,
  redirectTo: null,
  provedAt: null,
  attachedAt: null,
  lostAt: null,
  problem: null,
  failures: 0,
  createdAt: new Date(start),
  checkedAt: null,
  nextCheck: new Date(start),
}
const missing: DomainProblem = { kind: 'missing', text: 'there is no TXT record' }
const wrong: DomainProblem = { kind: 'wrong', text: 'it leads elsewhere' }
const unknown: DomainProblem = { kind: 'unknown', text: 'nobody answers' }

function look(
  record: DomainRecord,
  afterMs: number,
  {
    proof = null,
    pointing = null,
  }: { proof?: DomainProblem | null; pointing?: DomainProblem | null } = {},
): DomainRecord {
  const now = new Date(start + afterMs)
  return settleLook(record, { proof, pointing }, { now, random: 0 })
}

const noCertificate: CertificateState = {
  host,
  state: 'none',
  notAfter: null,
  reason: null,
  nextTry: null,
}
const waiting: CertificateState = { ...noCertificate, state: 'waiting', reason: 'the CA is away' }
const valid: CertificateState = {
  ...noCertificate,
  state: 'valid',
  notAfter: new Date(start + day),
}

function state(record: DomainRecord, certificate = waiting, isCertified = true): string {
  const described = describeState(record, certificate, isCertified)
  return `${described.state}: ${described.reason ?? ''}`
}

describe('a new domain', () => {
  test('waits for its records, and is told what is missing', () => {
    expect(state(added)).toBe('pending_dns: it was not looked at yet')
    const looked = look(added, 1_000, { proof: missing })
    expect(looked.attachedAt).toBeNull()
    expect(state(looked)).toBe('pending_dns: there is no TXT record')
  })

  test('is in error where something is there that is wrong', () => {
    const looked = look(added, 1_000, { proof: missing, pointing: wrong })
    expect(state(looked)).toBe('error: there is no TXT record; it leads elsewhere')
  })

  test('is looked at again sooner first, and every day in the end', () => {
    let record = added
    let now = 0
    for (const delayMs of [...lookDelaysMs, day, day]) {
      record = look(record, now, { proof: missing })
      expect(record.nextCheck.getTime() - start - now).toBe(delayMs)
      now += delayMs
    }
    const spread = settleLook(
      record,
      { proof: missing, pointing: null },
      { now: added.createdAt, random: 1 },
    )
    expect(spread.nextCheck.getTime() - start).toBe(Math.round(1.1 * day))
  })

  test('is served when both stand, over HTTP until its certificate is there', () => {
    const looked = look(look(added, 0, { proof: missing }), 5_000)
    expect(looked).toMatchObject({
      attachedAt: new Date(start + 5_000),
      failures: 0,
      problem: null,
    })
    expect(looked.nextCheck.getTime() - start - 5_000).toBe(day)
    expect(state(looked)).toBe('pending_certificate: the CA is away')
    expect(state(looked, valid)).toBe('live: ')
    expect(state(looked, noCertificate, false)).toBe('live: ')
  })
})

describe('a domain that is served', () => {
  const served = look(added, 0)

  test('keeps its place as long as it is well', () => {
    expect(look(served, day).attachedAt).toEqual(served.attachedAt)
  })

  test.each([
    ['its proof has gone', { proof: missing }],
    ['it leads elsewhere', { pointing: wrong }],
  ])('is told that %s, and until when it is served', (_what, found) => {
    const lost = look(served, day, found)
    expect(lost).toMatchObject({ attachedAt: served.attachedAt, lostAt: new Date(start + day) })
    const until = new Date(start + day + limits.domainGraceMs).toISOString()
    expect(state(lost, valid)).toMatch(`error: `)
    expect(state(lost, valid)).toContain(`it is served until ${until}`)
    const last = look(lost, day + limits.domainGraceMs - 1, found)
    expect(last.attachedAt).not.toBeNull()
    const over = look(last, day + limits.domainGraceMs, found)
    expect(over).toMatchObject({ attachedAt: null, lostAt: null })
    expect(look(over, 99 * day).attachedAt).toEqual(new Date(start + 99 * day))
  })

  test('is as it was when they are back', () => {
    const lost = look(served, day, { proof: missing })
    const back = look(lost, 2 * day)
    expect(back).toMatchObject({ attachedAt: served.attachedAt, lostAt: null, failures: 0 })
    const lostAgain = look(back, 9 * day, { proof: missing })
    expect(lostAgain.lostAt).toEqual(new Date(start + 9 * day))
  })

  test('loses nothing by what could not be found out', () => {
    let record = served
    for (const days of [1, 10, 100]) {
      record = look(record, days * day, { pointing: unknown })
      expect(record).toMatchObject({ attachedAt: served.attachedAt, lostAt: null })
    }
    expect(state(record, valid)).toBe('live: nobody answers')
  })
})
