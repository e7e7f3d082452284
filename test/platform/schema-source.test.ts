/** What a platform may answer where it is asked for a schema, and what is made of it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseProjectId } from '../../src/domain/names.ts'
import { createSchemaSource } from '../../src/platform/schema-source.ts'
import { patienceMs } from '../tools/patience.ts'
import { SchemaPlatform } from '../tools/schema-platform.ts'

const id = parseProjectId('0190f8a2-9a1c-7c55-8f5e-6a2b8f1f7f10')
const path = `/api/v1/runtime/projects/${id}/schema/`
const never = new AbortController().signal
const limits = { platformTimeoutMs: patienceMs, schemaBytesMax: 1_000 }

let platform: SchemaPlatform
beforeEach(async () => {
  platform = await SchemaPlatform.start()
})
afterEach(async () => {
  await platform[Symbol.asyncDispose]()
})

function read(signal = never, backendUrl = platform.url): Promise<Buffer> {
  return createSchemaSource({ backendUrl }, limits).read(id, signal)
}

test('a schema is read where the platform serves it, byte for byte', async () => {
  const body = Buffer.from([0xef, 0xbb, 0xbf, 0x7b, 0xff, 0x7d])
  platform.says = () => ({ body })
  expect(await read()).toEqual(body)
  expect(platform.asked).toEqual([path])
})

test('another form of the same address is followed', async () => {
  platform.says = (_path, count) =>
    count === 1 ? { status: 301, headers: { location: `${path}?format=json` } } : { body: '{}' }
  expect((await read()).toString()).toBe('{}')
})

describe('nothing is taken', () => {
  test('from elsewhere, whatever the platform says', async () => {
    await using other = await SchemaPlatform.start()
    other.says = () => ({ body: '{}' })
    platform.says = () => ({ status: 302, headers: { location: `${other.url}${path}` } })
    await expect(read()).rejects.toMatchObject({ code: 'platform_answer_unfit' })
    expect(other.asked).toEqual([])
  })

  test.each([
    ['platform_without_schema', { status: 404 }],
    ['platform_without_schema', { status: 410 }],
    ['platform_unreachable', { status: 500 }],
    ['platform_unreachable', { status: 503 }],
    ['platform_unreachable', { status: 429 }],
    ['platform_answer_unfit', { status: 401 }],
    ['platform_answer_unfit', { status: 403 }],
    ['platform_answer_unfit', { status: 204 }],
    ['platform_answer_unfit', { status: 302 }],
    ['platform_answer_unfit', { status: 302, headers: { location: 'file:///etc/passwd' } }],
    ['platform_answer_unfit', { status: 301, headers: { location: path } }],
    ['platform_answer_unfit', { body: 'x'.repeat(1_001) }],
  ] as const)('as %s from %j', async (code, says) => {
    platform.says = () => says
    await expect(read()).rejects.toMatchObject({
      code,
      message: expect.stringContaining(`${platform.url}${path}`) as string,
    })
  })

  test('from one who never answers, or not to the end', async () => {
    platform.says = () => null
    const hasty = { ...limits, platformTimeoutMs: 500 }
    const source = createSchemaSource({ backendUrl: platform.url }, hasty)
    await expect(source.read(id, never)).rejects.toMatchObject({
      code: 'platform_unreachable',
      message: expect.stringContaining('no whole answer in 0.5 s') as string,
    })
  })

  test('from one that is not there', async () => {
    const { url } = platform
    await platform[Symbol.asyncDispose]()
    await expect(read(never, url)).rejects.toMatchObject({
      code: 'platform_unreachable',
      message: expect.stringContaining('ECONNREFUSED') as string,
    })
    platform = await SchemaPlatform.start()
  })

  test('once nobody wants it any more', async () => {
    platform.says = () => null
    const controller = new AbortController()
    const reading = read(controller.signal)
    const reason = new Error('no more')
    controller.abort(reason)
    await expect(reading).rejects.toBe(reason)
  })
})
