/** What the operator reads of certificates in the log of the server. */
import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import type { CertificateTry } from '../../src/contracts.ts'
import type { HostName } from '../../src/domain/names.ts'
import { createCertificateLog } from '../../src/http/log-certificates.ts'
import { createServerLog } from '../../src/machine/server-log.ts'

const now = new Date('2026-12-01T12:00:00Z')
const day = 24 * 3_600_000
const after = (days: number): Date => new Date(now.getTime() + days * day)

function tell(end: Partial<CertificateTry>): readonly object[] {
  const lines: object[] = []
  const destination = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(JSON.parse(String(chunk)) as object)
      done()
    },
  })
  const log = createCertificateLog(createServerLog(destination), () => now.getTime())
  log.onCertificateTry?.({
    name: 'shop.example.org' as HostName,
    result: 'issued',
    isRenewal: false,
    notAfter: after(90),
    reason: null,
    nextTry: after(0.25),
    ...end,
  })
  return lines
}

const [info, warn, error] = [30, 40, 50]

test('one that was issued is a line with its host and its end', () => {
  expect(tell({ isRenewal: true })).toMatchObject([
    {
      level: info,
      msg: 'certificate issued',
      certificate: 'shop.example.org',
      isRenewal: true,
      notAfter: after(90).toISOString(),
    },
  ])
})

test('one that failed is a warning with the reason and the time of the next try', () => {
  const failed = { result: 'failed', reason: 'port 80 is closed', nextTry: after(1) } as const
  expect(tell({ ...failed, notAfter: null })).toMatchObject([
    {
      level: warn,
      msg: 'certificate failed',
      reason: 'port 80 is closed',
      nextTry: after(1).toISOString(),
    },
  ])
})

test('one that waits for a limit is told, and is no failure', () => {
  expect(tell({ result: 'held_back', reason: '45 were made', notAfter: null })).toMatchObject([
    { level: info, msg: 'certificate waits for a limit of the authority', reason: '45 were made' },
  ])
})

test('one that was not renewed and ends within seven days is an error too', () => {
  for (const result of ['failed', 'held_back'] as const) {
    const lines = tell({ result, isRenewal: true, reason: 'why', notAfter: after(6.9) })
    expect(lines[1]).toMatchObject({ level: error, msg: 'certificate ends soon', reason: 'why' })
    expect(tell({ result, isRenewal: true, notAfter: after(7.1) })).toHaveLength(1)
    expect(tell({ result, isRenewal: true, notAfter: after(-1) })).toHaveLength(2)
  }
  expect(tell({ notAfter: after(6) }), 'a short life is no fault').toHaveLength(1)
})
