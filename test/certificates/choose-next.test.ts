import { expect, test } from 'vitest'
import { unknownRecord } from '../../src/certificates/certificate-record.ts'
import { chooseNext } from '../../src/certificates/choose-next.ts'
import type { CertificateRecord } from '../../src/contracts.ts'
import type { HostName, ProjectId } from '../../src/domain/names.ts'

/** `shop:a` is the domain a of the project shop; `a` a host of the platform. */
function record(text: string): CertificateRecord {
  const [name = '', project = null] = text.split(':').toReversed()
  const nextTry = new Date()
  return { ...unknownRecord(name as HostName, project as ProjectId | null), nextTry }
}

test.each([
  ['the one that has waited longest', { due: 'a b', running: '' }, 'a'],
  ['hosts of the platform as they come', { due: 'a b', running: 'c d e' }, 'a'],
  [
    'another project before the second of one',
    { due: 'shop:a shop:b blog:c', running: 'shop:d' },
    'c',
  ],
  ['a second of one where nobody else waits', { due: 'shop:a', running: 'shop:d blog:e' }, 'a'],
  ['no third of one', { due: 'shop:a shop:b', running: 'shop:c shop:d' }, undefined],
  ['whoever is behind all of those', { due: 'shop:a blog:b', running: 'shop:c shop:d' }, 'b'],
])('%s', (_, { due, running }, expected) => {
  const busy = running === '' ? [] : running.split(' ').map(record)
  expect(chooseNext(due.split(' ').map(record), busy)?.name).toBe(expected)
})
