import { randomBytes } from 'node:crypto'
import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { Secret } from '../../src/domain/secret.ts'
import { createServerLog, type Logger } from '../../src/machine/server-log.ts'

const token = `slw_${randomBytes(32).toString('base64url')}`
const basic = `Basic ${Buffer.from(`x:${token}`).toString('base64')}`

const ways: Readonly<Record<string, (logger: Logger) => void>> = {
  'as a message': (logger) => logger.info(`who has ${token}?`),
  'as a value of a message': (logger) => logger.warn('who has %s or %j?', token, { token }),
  'as a field': (logger) => logger.info({ token, deep: [{ er: token }] }, 'fields'),
  'as a name of a field': (logger) => logger.info({ [token]: 1 }),
  'in an error': (logger) => logger.error(new Error(`no ${token}`)),
  'in the cause of an error': (logger) => {
    logger.error({ err: new Error('outer', { cause: new Error(token) }) }, 'failed')
  },
  'in a field of an error': (logger) => {
    logger.error({
      err: Object.assign(new Error('no'), { token, headers: { authorization: basic } }),
    })
  },
  'in what a child always says': (logger) => logger.child({ token }).info('child'),
  'in headers': (logger) => logger.info({ headers: { authorization: basic, cookie: token } }),
  'in headers as they came': (logger) => logger.info({ raw: ['Authorization', basic] }),
  'in a URL': (logger) => logger.info(`https://x:${token}@localhost/shop.git`),
  'as bytes': (logger) => logger.info({ bytes: Buffer.from(token) }),
  'as a Secret': (logger) => logger.info({ secret: new Secret(token) }, String(new Secret(token))),
}

test.each(Object.entries(ways))('a token that is logged %s is not in the log', (_way, log) => {
  const { logger, lines } = open()
  log(logger)
  expect(lines).toHaveLength(1)
  const [line = ''] = lines
  expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number) })
  expect(line).not.toContain(token)
  expect(line).not.toContain(basic.slice('Basic '.length))
  expect(line).not.toContain([...Buffer.from(token)].slice(0, 8).join())
  expect(line).toMatch(/\[(?:redacted|bytes)\]/)
})

test('a line without a secret stays as it is', () => {
  const { logger, lines } = open()
  logger.info({ deployment: 'p/v1', durationMs: 12 }, 'a deployment ended')
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 30,
    deployment: 'p/v1',
    durationMs: 12,
    msg: 'a deployment ended',
  })
})

function open(): { readonly logger: Logger; readonly lines: string[] } {
  const lines: string[] = []
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString())
      done()
    },
  })
  return { logger: createServerLog(destination), lines }
}
