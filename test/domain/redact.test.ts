import { expect, test } from 'vitest'
import { redactSecrets } from '../../src/domain/redact.ts'

test.each([
  ['a push by slw_abc-DEF_123, again', 'a push by slw_[redacted], again'],
  ['signed by whsec_ab+/12==, again', 'signed by whsec_[redacted], again'],
  ['/x?token=slw%5Fabc123&a=1', '/x?token=slw_[redacted]&a=1'],
  ['Authorization: Basic eDpzbHdfYWJj', 'Authorization: Basic [redacted]'],
  ['bearer abcdefgh.ijkl', 'bearer [redacted]'],
  ['https://x:geheim@example.org/shop.git', 'https://[redacted]@example.org/shop.git'],
  ['{"slipway-entrance":"0123abcd"}', '{"slipway-entrance":"[redacted]"}'],
  ['["cookie","a=1; b=\\"2","x"]', '["cookie","[redacted]","x"]'],
  [
    '{"text":"{\\"authorization\\":\\"own scheme\\"}"}',
    '{"text":"{\\"authorization\\":\\"[redacted]\\"}"}',
  ],
  ['{"key":{"type":"Buffer","data":[115,108]}}', '{"key":"[bytes]"}'],
])('takes the secret out of %s', (text, expected) => {
  expect(redactSecrets(text)).toBe(expected)
})

test.each([
  'v12 live: http://shop.localhost:8080  (4.1 s)',
  'basic needs are met; the bearer of news',
  '{"msg":"token_missing","address":"a@example.org","path":"/shop.git/info/refs"}',
  'authorization is missing, cookie too',
])('leaves alone %s', (text) => {
  expect(redactSecrets(text)).toBe(text)
})
