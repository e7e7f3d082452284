import { format, inspect } from 'node:util'
import { expect, test } from 'vitest'
import { Secret } from '../../src/domain/secret.ts'

const text = 'slw_hunter2'

test('a secret is shown to the one who asks for it by name', () => {
  expect(new Secret(text).reveal()).toBe(text)
})

test.each<[string, (secret: Secret) => unknown]>([
  ['string conversion', (secret) => String(secret)],
  ['a template', (secret) => String.raw({ raw: ['token: ', ''] }, secret)],
  ['adding it to a text', (secret) => ['token: ', secret].join('')],
  ['JSON', (secret) => JSON.stringify({ secret, list: [secret] })],
  ['inspection', (secret) => inspect({ deep: { secret } }, { depth: 9, showHidden: true })],
  ['a log line', (secret) => format('%s %o %j %O', secret, secret, secret, secret)],
  ['an error that carries it', (secret) => inspect(new Error('x', { cause: secret }))],
  ['its keys', (secret) => Object.getOwnPropertyNames(secret).join()],
  ['its entries', (secret) => JSON.stringify(Object.entries(secret))],
  ['a copy', (secret) => inspect(structuredClone(secret))],
])('a secret is not shown by %s', (_how, show) => {
  expect(show(new Secret(text))).not.toContain('hunter2')
})
